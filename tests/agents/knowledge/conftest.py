"""Tests here may be coroutines: each runs in a loop of asyncio of its own."""

from __future__ import annotations

import pytest


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """The loop that the service runs on."""
    return "asyncio"
