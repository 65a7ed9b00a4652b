"""What a batch costs for one account that has many events already: folded in, against reading its windows again."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Awaitable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from segue.accounts.event_news import EventNews, fold_news
from segue.accounts.event_rows import PlacedEvent, counted, store_rows
from segue.accounts.event_state import refresh_states, states_of
from segue.accounts.event_values import EventState, values_at
from segue.accounts.events import Event, EventKind
from segue.core.database import Connection, open_database
from segue.core.private_server import PrivateServer
from segue.core.schema import migrate
from segue.core.server_places import server_folder
from segue.evals.bench.measure import Measurement
from segue.policies.load import load_pack
from segue.policies.pack import Pack

_PACK = "saas_pipeline"
_BATCH = 100
_PATHS = ("/pricing", "/compare/us", "/docs/start", "/blog/post")
_FILL = """
INSERT INTO segue.events (source, message_id, kind, at, received_at, visitor, contact_id, account_id, name, path)
SELECT 'fill', 'fill-' || n, 'page', %(now)s - make_interval(secs => n * %(step)s), %(now)s - INTERVAL '1 hour',
    'v' || n %% 200, 'c' || n %% 50, 'large', 'Page', (%(paths)s::text[])[1 + n %% 4]
FROM generate_series(1, %(events)s) AS n
"""


def measure_large_account(folder: Path, events: int, rounds: int) -> Measurement:
    """Measure what keeping the state of an account costs for a batch of 100 of its events.

    The account's events lie within the longest window of the pack. Both ways stand at the same instant
    in the same transaction, and must give the same values.
    """
    server = PrivateServer(server_folder(folder / "large"))
    try:
        url = server.start()
        migrate(url)
        ours, theirs, same = asyncio.run(_measured(url, events, rounds))
    finally:
        server.stop()
    return Measurement(
        f"100 events of an account of {events:,}", "its windows read again", "ms", ours * 1e3, theirs * 1e3, None, None,
        faster=True, same=same, note=f"{_PACK}; the median of {rounds} batches",
    )  # fmt: skip


async def _measured(url: str, events: int, rounds: int) -> tuple[float, float, bool]:
    pack, now = load_pack(_PACK), datetime.now(UTC)
    async with open_database(url, 2) as database, database.connection() as connection:
        await connection.execute("INSERT INTO segue.accounts (account_id) VALUES ('large')")
        step = timedelta(days=50).total_seconds() / events
        await connection.execute(_FILL, {"now": now, "step": step, "events": events, "paths": list(_PATHS)})
        await connection.execute("VACUUM ANALYZE segue.events")
        await refresh_states(connection, ["large"], [pack], now)
        times = [await _round(connection, pack, now, number) for number in range(1, rounds + 1)]
    ours, theirs, same = zip(*times, strict=True)
    return statistics.median(ours), statistics.median(theirs), all(same)


async def _round(
    connection: Connection, pack: Pack, start: datetime, number: int
) -> tuple[float, float, bool]:
    now = start + timedelta(milliseconds=10 * number)
    rows = _rows(now, number)
    async with connection.transaction():
        await store_rows(connection, rows, now)
        ours = await _seconds(fold_news(connection, ["large"], [pack], now, EventNews(counted(rows))))
        cursor = await connection.execute(
            "SELECT event_traits, event_traits_at, event_traits_until FROM segue.accounts WHERE account_id = 'large'"
        )
        (kept,) = await cursor.fetchall()
        theirs = await _seconds(refresh_states(connection, ["large"], [pack], now))
        anew = (await states_of(connection, ["large"], [pack], now))["large"]
        same = _shown(pack, EventState(*kept), now) == _shown(pack, anew, now)
        return ours, theirs, same


def _shown(pack: Pack, state: EventState, now: datetime) -> tuple[Any, ...]:
    return values_at(pack, state.kept, state.at, now), state.until, state.has_events


async def _seconds(work: Awaitable[None]) -> float:
    started = time.perf_counter()
    await work
    return time.perf_counter() - started


def _rows(now: datetime, number: int) -> list[PlacedEvent]:
    random = Random(number)  # noqa: S311 - made-up data
    found = []
    for each in range(_BATCH):
        contact, at = f"c{random.randrange(60)}", now - timedelta(seconds=random.randrange(60))
        event = Event(
            "bench", f"{number}-{each:03}", EventKind.PAGE, at, f"v{random.randrange(200)}", name="Page",
            path=random.choice(_PATHS),
        )  # fmt: skip
        found.append(PlacedEvent(event, None, contact, "large"))
    return found
