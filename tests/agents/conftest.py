"""An empty store for each test of this folder that asks."""

from __future__ import annotations

import pytest


@pytest.fixture
def store(store_url: str) -> str:
    """The URL of a database with an empty store of its own."""
    return store_url
