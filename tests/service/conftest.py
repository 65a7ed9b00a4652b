"""A replica over a store of its own that knows one account."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.service.running import Service, known_replica


@pytest.fixture(scope="session")
def service(
    new_lasting_store: Callable[[], str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    """A replica with a key of every kind, of which no limit of a rate is in the way."""
    folder: Path = tmp_path_factory.mktemp("replica")
    with known_replica(new_lasting_store(), folder) as found:
        yield found


@pytest.fixture(scope="module")
def fuzzed(
    new_lasting_store: Callable[[], str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    """A replica like it, of whose store no other test wants anything: calls made at random turn its switches."""
    folder: Path = tmp_path_factory.mktemp("fuzzed")
    with known_replica(new_lasting_store(), folder) as found:
        yield found
