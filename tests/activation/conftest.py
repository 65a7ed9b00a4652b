"""A store with one account that came into a segment, and the fake systems of the tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from segue.core.schema import migrate
from segue.evals.fakes.receiver import Receiver
from segue.evals.fakes.slack import FakeSlack
from tests.activation.world import World
from tests.core.databases import new_database, server_url

__all__ = ["new_database", "server_url"]


@pytest.fixture
def world(new_database: Callable[[], str]) -> World:
    """A store of its own, in which one account is hot."""
    url = new_database()
    migrate(url)
    found = World(url)
    found.know("a1", "acme.example", "Acme", heat=90)
    return found


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver of webhooks."""
    server = Receiver()
    with server.running():
        yield server


@pytest.fixture
def slack() -> Iterator[FakeSlack]:
    """A Slack in which one rep is known."""
    server = FakeSlack(rep="U1")
    with server.running():
        yield server
