"""One private PostgreSQL for the tests of this folder, and an empty store in it for each that asks."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import psycopg
import pytest

from segue.core.schema import migrate
from segue.evals.differential_servers import postgres_server

_numbers = count()


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    with postgres_server() as url:
        yield url


@pytest.fixture
def store(server: str) -> Iterator[str]:
    """The URL of a migrated database of its own."""
    name = f"store_{next(_numbers)}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    url = server.replace("/postgres?", f"/{name}?")
    assert url != server
    migrate(url)
    yield url
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
