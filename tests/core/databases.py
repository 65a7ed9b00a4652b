"""One private server for the tests of a worker, and databases of their own on it."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from itertools import count
from pathlib import Path
from typing import TypeVar

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from segue.agents.live_policies import LivePolicies
from segue.core.database import Database, open_database
from segue.core.schema import migrate
from segue.evals.differential_servers import postgres_server

T = TypeVar("T")
_numbers = count()
_TEMPLATE = "segue_template"


@pytest.fixture(scope="session")
def server_url() -> Iterator[str]:
    """A private server of this worker, ended with its tests.

    It does not wait for the disk: what a stop of PostgreSQL may lose is tested on servers of its own.
    """
    with postgres_server() as url:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("ALTER SYSTEM SET fsync = off")
            connection.execute("SELECT pg_reload_conf()")
        yield url


@pytest.fixture(scope="session")
def template(server_url: str) -> str:
    """The name of a database with an empty store, from which others are made."""
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {_TEMPLATE}")
    migrate(make_conninfo(server_url, dbname=_TEMPLATE))
    return _TEMPLATE


@pytest.fixture
def data_folder() -> Iterator[Path]:
    """A data folder outside of pytest's own, which every run of root's closes to the server's user."""
    with tempfile.TemporaryDirectory(prefix="segue-test-") as folder:
        yield Path(folder) / "data"


@pytest.fixture
def new_database(server_url: str) -> Iterator[Callable[[], str]]:
    """Make an empty database and return its URL; all of them are dropped after the test."""
    yield from maker(server_url, "template1")


@pytest.fixture
def new_store(server_url: str, template: str) -> Iterator[Callable[[], str]]:
    """Make a database with an empty store and return its URL; all of them are dropped after the test."""
    yield from maker(server_url, template)


@pytest.fixture(scope="session")
def new_lasting_store(server_url: str, template: str) -> Iterator[Callable[[], str]]:
    """Make a database with an empty store and return its URL; all of them are dropped after the last test.

    A replica that several tests share has one of its own: what tests of another do to theirs, such as to turn a
    switch, does not reach it.
    """
    yield from maker(server_url, template)


@pytest.fixture
def url(new_database: Callable[[], str]) -> str:
    """An empty database."""
    return new_database()


@pytest.fixture
def store_url(new_store: Callable[[], str]) -> str:
    """A database with an empty store."""
    return new_store()


def with_database(url: str, do: Callable[[Database], Awaitable[T]], connections: int = 4) -> T:
    """Do something over a database."""

    async def run() -> T:
        async with open_database(url, connections) as database:
            return await do(database)

    return asyncio.run(run())


def start_packs(url: str, *packs: str) -> None:
    """Make packs the ones that serve over a store."""

    async def start(database: Database) -> None:
        await LivePolicies(database).start(packs, [], "test")

    with_database(url, start)


def maker(server_url: str, template: str) -> Iterator[Callable[[], str]]:
    """Give what makes databases from a template; all of them are dropped afterwards."""
    made: list[str] = []

    def make() -> str:
        name = f"test_{next(_numbers)}"
        with psycopg.connect(server_url, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        made.append(name)
        return make_conninfo(server_url, dbname=name)

    yield make
    with psycopg.connect(server_url, autocommit=True) as connection:
        for name in made:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
