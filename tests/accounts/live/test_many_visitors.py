"""Any number of anonymous ids of one person or one company: what an event costs does not grow with them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from segue.accounts.companies import Companies
from tests.accounts.company_files import ACME, write_companies
from tests.accounts.live.conftest import Store
from tests.accounts.live.test_taking import event

BATCH, MANY = 100, 40_000
_ALIKE = {
    "events": """jsonb_populate_record(old, jsonb_build_object('message_id', 'x' || n, 'visitor', 'x' || n))""",
    "links": """jsonb_populate_record(old, jsonb_build_object('from_id', 'x' || n))""",
    "visitors": """jsonb_populate_record(old, jsonb_build_object('visitor', 'x' || n))""",
}
"""What makes so many more rows like the first of each table."""


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The statements that were sent, in their order."""
    sent: list[str] = []
    execute = psycopg.AsyncCursor.execute

    async def counted(self: Any, query: Any, *more: Any, **named: Any) -> Any:
        sent.append(str(query)[:60])
        return await execute(self, query, *more, **named)

    monkeypatch.setattr(psycopg.AsyncCursor, "execute", counted)
    yield sent


def rows_read(store: Store) -> int:
    """How many rows were read of the tables of events and of who is who, in all."""
    while store.rows(
        "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    ):
        pass  # a connection tells what it read as it ends
    return int(
        store.rows(
            "SELECT sum(seq_tup_read + coalesce(idx_tup_fetch, 0)) FROM pg_stat_user_tables WHERE schemaname = 'segue'"
            " AND relname IN ('events', 'links', 'visitors', 'contacts', 'accounts', 'consents')"
        )[0][0]
    )


@pytest.mark.parametrize("known", ["by name", "by address"])
def test_many_visitors_cost_the_same_each(
    store: Store, statements: list[str], tmp_path: Path, known: str
) -> None:
    companies = Companies(str(write_companies(tmp_path / "companies.mmdb")))
    companies.open()

    def take(first: int, count: int) -> tuple[int, int]:
        """Return the statements that a batch took, and the rows that were read for it."""
        said = {"userId": "ada", "traits": {"email": "ada@acme.com"}} if known == "by name" else {}
        batch = [
            event("identify" if said else "page", n, 5, anonymousId=f"v{n}", **said)
            for n in range(first, first + count)
        ]
        before = rows_read(store)
        statements.clear()
        store.take(batch, trusted=known == "by name", address=ACME, companies=companies)
        return len(statements), rows_read(store) - before

    take(0, 10)
    store.rows("ANALYZE")
    few = take(10, BATCH)
    for table, columns in _ALIKE.items():
        store.rows(
            f"INSERT INTO segue.{table} SELECT ({columns}).* FROM segue.{table} AS old, generate_series(1, {MANY}) AS n"
            f" WHERE {'message_id' if table == 'events' else 'from_id' if table == 'links' else 'visitor'} IN ('m0', 'v0')"
        )
    store.rows("ANALYZE")
    many = take(10 + BATCH, BATCH)
    assert store.rows("SELECT account_id, count(*) FROM segue.events GROUP BY 1") == [
        ("acme.com", 10 + 2 * BATCH + MANY)
    ]
    assert many[0] <= few[0] + 2 and many[0] < 40, "no statement an event"
    assert many[1] <= few[1] + 4 * BATCH and many[1] < 20 * BATCH, (few, many)
