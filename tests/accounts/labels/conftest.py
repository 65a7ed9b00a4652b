"""A store for each test of labels."""

from __future__ import annotations

import pytest

from tests.accounts.labels.live import Live


@pytest.fixture
def live(store_url: str) -> Live:
    """An empty store."""
    return Live(store_url)
