"""A private PostgreSQL for the tests of labels, and a store in it for each test."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import psycopg
import pytest

from segue.core.schema import migrate
from segue.evals.differential_servers import postgres_server
from tests.accounts.labels.live import Live

_numbers = count()


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    with postgres_server() as url:
        yield url


@pytest.fixture
def live(server: str) -> Iterator[Live]:
    """An empty store."""
    name = f"live_{next(_numbers)}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    url = server.replace("/postgres?", f"/{name}?")
    migrate(url)
    yield Live(url)
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
