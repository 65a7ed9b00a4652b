"""A store of a worker's own, a small pack with a limit and a daily cap, and replicas in this process."""

from __future__ import annotations

import asyncio
import itertools
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import psycopg
import pytest

from segue.api.services import Services, services
from segue.core.database import Database
from segue.core.private_server import PrivateServer
from segue.core.schema import migrate
from segue.core.server_places import server_folder
from segue.core.settings import Settings
from tests.core.databases import with_database

T = TypeVar("T")
_numbers = itertools.count(1)

FILES = {
    "pack.yaml": """
pack: race
title: One offer, and one rep who takes three a day
decision: What to show
dimensions: [size]
segments: [large, rest]
surfaces: [chat, web]
sources: {crm: 0.8}
""",
    "traits.yaml": "size: {type: integer, layer: firmographic, from: [crm]}",
    "segments/large.yaml": """
segment: large
title: Large
when: size >= 100
surfaces: {chat: {default: help}, web: {default: page}}
""",
    "segments/rest.yaml": """
segment: rest
title: Everybody else
surfaces:
  chat: {default: help, allow: [help, offer]}
  web: {default: page, allow: [page, call]}
limits:
  - {plays: [offer], at_most: 1, per: account, over: 7d}
""",
    "plays/help.yaml": "{play: help, title: Help, kind: reply, channel: chat, message: 'Hello'}",
    "plays/page.yaml": "{play: page, title: Page, kind: page, channel: web}",
    "plays/offer.yaml": "{play: offer, title: Offer, kind: reply, channel: chat, message: 'An offer', propensity: 0.5, value: 900}",
    "plays/call.yaml": "{play: call, title: Call, kind: route, channel: web, owner: pod, propensity: 0.5, value: 900}",
    "routing.yaml": """
pods:
  - pod: all
    reps: [{rep: a@example.com, daily_cap: 3}]
order: [pod, fallback]
fallback: {play: page}
""",
}


@dataclass(frozen=True)
class Store:
    """The database, past the service's own code."""

    url: str
    pack: Path

    def rows(self, query: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """Ask the database, or change it."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            found = connection.execute(query, parameters)
            return found.fetchall() if found.description else []

    def new_account(self) -> str:
        """Return the id of an account that nobody has asked for."""
        return f"account-{next(_numbers)}"

    @asynccontextmanager
    async def replica(self) -> AsyncIterator[Services]:
        """Open a replica with a pool of its own, as `segue serve` does in its process."""
        parts = services(Settings(data_dir=self.pack.parent / "data"), self.url)
        await parts.database.open()
        await parts.policies.start([self.pack], [], "test")
        await parts.open()
        try:
            yield parts
        finally:
            await parts.close()

    def over(self, do: Callable[[Database], Awaitable[T]]) -> T:
        """Do something with connections alone, no replica at work."""
        return with_database(self.url, do)

    def run(self, do: Callable[[Services], Awaitable[T]]) -> T:
        """Do something with one replica."""

        async def with_replica() -> T:
            async with self.replica() as parts:
                return await do(parts)

        return asyncio.run(with_replica())


@pytest.fixture(scope="session")
def race_pack(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the pack."""
    folder = tmp_path_factory.mktemp("packs") / "race"
    for name, text in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return folder


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """A data folder whose PostgreSQL can be started again at any time.

    Not one of pytest's: as root the server runs as another user, and whenever a session of pytest starts
    it closes the folder of all of them to others.
    """
    with tempfile.TemporaryDirectory(prefix="segue-test-") as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def store(race_pack: Path) -> Iterator[Store]:
    """A store with the partitions of this month and the next ones."""
    with tempfile.TemporaryDirectory(prefix="segue-test-") as folder:
        yield from _store(Path(folder), race_pack)


def _store(data_dir: Path, race_pack: Path) -> Iterator[Store]:
    server = PrivateServer(server_folder(data_dir))
    try:
        url = server.start()
        migrate(url)
        found = Store(url, race_pack)
        found.rows("SELECT segue.add_partitions((now() AT TIME ZONE 'UTC')::date, 4)")
        yield found
    finally:
        server.stop()
