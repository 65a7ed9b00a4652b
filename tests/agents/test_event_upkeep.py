"""Events go by their kind, and a repeated one is known for 90 days all the same."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg

from segue.agents.event_upkeep import let_events_go
from segue.core.database import open_database
from segue.core.retention import event_retention


def let_go(url: str, retention: str, now: datetime) -> tuple[int, int]:
    async def run() -> tuple[int, int]:
        async with open_database(url, 3) as database, database.connection() as connection:
            return await let_events_go(connection, event_retention(retention), now)

    return asyncio.run(run())


def rows(url: str, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(query).fetchall()


def test_each_kind_has_its_time(store: str) -> None:
    now = datetime.now(UTC)
    with psycopg.connect(store) as connection:
        connection.execute(
            "INSERT INTO segue.accounts (account_id, event_traits_until) VALUES ('a', %s), ('b', NULL)",
            (now + timedelta(days=9),),
        )
        for kind in ("page", "track"):
            for days in (1, 40, 100, 500):
                connection.execute(
                    "INSERT INTO segue.events (source, message_id, kind, at, received_at, visitor, account_id, path,"
                    " properties) VALUES ('k', %s, %s, %s, %s, 'v', 'a', '/p', '{\"x\": 1}')",
                    (f"{kind}-{days}", kind, now, now - timedelta(days=days)),
                )
    assert let_go(store, "page=30,track=400", now) == (3, 1)
    left = rows(
        store, "SELECT message_id, visitor, account_id, path, properties, mark FROM segue.events ORDER BY 1"
    )
    whole = ("v", "a", "/p", {"x": 1}, None)
    assert left == [
        ("page-1", *whole), ("page-40", None, None, None, {}, "expired"),
        ("track-1", *whole), ("track-100", *whole), ("track-40", *whole),
    ]  # fmt: skip
    due = rows(store, "SELECT account_id, event_traits_until, label_due_at FROM segue.accounts ORDER BY 1")
    assert due == [("a", now, now), ("b", None, None)], "what counted them is worked out anew"
    assert let_go(store, "page=30,track=400", now) == (0, 0)
    assert let_go(store, "page=30,track=400", now + timedelta(days=51)) == (1, 1), (
        "then the blank row goes too"
    )
