"""A private server for the tests of the store, and databases of their own on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from segue.core.private_server import database_url


@pytest.fixture(scope="session")
def server_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A private server of this worker, ended with its tests."""
    folder: Path = tmp_path_factory.mktemp("store")
    with database_url(None, folder) as url:
        yield url


@pytest.fixture
def new_database(server_url: str) -> Iterator[Callable[[], str]]:
    """Make an empty database and return its URL; all of them are dropped after the test."""
    made: list[str] = []

    def make() -> str:
        name = f"test_{len(made)}"
        with psycopg.connect(server_url, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        made.append(name)
        return make_conninfo(server_url, dbname=name)

    yield make
    with psycopg.connect(server_url, autocommit=True) as connection:
        for name in made:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def url(new_database: Callable[[], str]) -> str:
    """An empty database."""
    return new_database()
