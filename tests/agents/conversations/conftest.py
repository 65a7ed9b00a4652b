"""Stores in which the pipeline pack serves and two accounts are known."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from tests.agents.conversations.talking import SALES_READY, know
from tests.core.databases import start_packs

_TEMPLATE = "talk_template"
_numbers = count()


@pytest.fixture(scope="session")
def talk_template(server_url: str, template: str) -> str:
    """The name of a database from which others are made: a sales-ready account, and one of unknown size."""
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {_TEMPLATE} TEMPLATE {template}")
    url = make_conninfo(server_url, dbname=_TEMPLATE)
    start_packs(url, "saas_pipeline")
    know(url, "acme", SALES_READY, owner="rep-1@example.com")
    know(url, "young", {"industry": "saas", "tech": ["salesforce"], "intent": 72})
    return _TEMPLATE


@pytest.fixture
def store(server_url: str, talk_template: str) -> Iterator[str]:
    """The URL of such a store."""
    name = f"talk_{next(_numbers)}"
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {talk_template}")
    yield make_conninfo(server_url, dbname=name)
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
