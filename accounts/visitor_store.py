"""The visitors of events, read and written by two statements however many there are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from segue.accounts.events import Event
from segue.core.database import Connection
from segue.core.text_arrays import text_array

# most visitors of a batch are known, were seen this hour, and are nobody yet: of them nothing comes back
_READ = """
SELECT visitor, contact_id, account_id, first IS NOT NULL
    AND (old.visitor IS NULL OR first < first_seen OR last > last_seen)
FROM unnest(%s::text[], %s::timestamptz[], %s::timestamptz[]) AS asked(visitor, first, last)
LEFT JOIN segue.visitors AS old USING (visitor)
WHERE old.visitor IS NULL OR contact_id IS NOT NULL OR account_id IS NOT NULL
    OR first < first_seen OR last > last_seen
"""
_WRITE = """
INSERT INTO segue.visitors AS old (visitor, first_seen, last_seen)
SELECT * FROM unnest(%s::text[], %s::timestamptz[], %s::timestamptz[])
ON CONFLICT (visitor) DO UPDATE SET first_seen = least(old.first_seen, excluded.first_seen),
    last_seen = greatest(old.last_seen, excluded.last_seen)
"""
_Seen = tuple[datetime, datetime] | None
"""The first and the last instant; None where only marked events show a visitor."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who a visitor is held to be."""

    contact_id: str | None
    account_id: str | None
    """The account that they were linked to without being a known contact."""


async def store_visitors(connection: Connection, events: Iterable[Event]) -> dict[str, Visitor]:
    """Return those visitors of events who are held to be somebody; those whom an unmarked event shows are made.

    When they were first and last seen is kept, to the hour.
    """
    seen = _seen(events)
    if not seen:
        return {}
    names = sorted(seen)
    cursor = await connection.execute(_READ, _columns(names, seen))
    rows = await cursor.fetchall()
    news = sorted(row[0] for row in rows if row[3])
    if news:
        await connection.execute(_WRITE, _columns(news, seen))
    return {row[0]: Visitor(row[1], row[2]) for row in rows if row[1] is not None or row[2] is not None}


async def put_visitors(connection: Connection, seen: Mapping[str, tuple[datetime, datetime]]) -> None:
    """Make visitors, or keep of those who are there when they were first and last seen, to the hour."""
    if seen:
        await connection.execute(_WRITE, _columns(sorted(seen), seen))


def _seen(events: Iterable[Event]) -> dict[str, _Seen]:
    found: dict[str, _Seen] = {}
    for event in events:
        if event.visitor is not None:
            _see(found, event.visitor, event)
        if event.previous_id is not None:
            _see(found, event.previous_id, event)
    return found


def _see(found: dict[str, _Seen], visitor: str, event: Event) -> None:
    held, at = found.get(visitor), event.at
    if event.mark is not None:
        found[visitor] = held
    elif held is None:
        found[visitor] = (at, at)
    elif at < held[0]:
        found[visitor] = (at, held[1])
    elif at > held[1]:
        found[visitor] = (held[0], at)


def _columns(names: list[str], seen: Mapping[str, _Seen]) -> tuple[str, str, str]:
    times = [seen[each] for each in names]
    firsts, lasts = [each and each[0] for each in times], [each and each[1] for each in times]
    return text_array(names), _hours(firsts), _hours(lasts)


def _hours(instants: list[datetime | None]) -> str:
    """Return the hours of instants as an array: there are few of them, so that each is written once."""
    written: dict[tuple[int, int], str] = {}
    found = []
    for at in instants:
        hour = (0, 0) if at is None else (at.toordinal(), at.hour)
        text = written.get(hour)
        if text is None:
            text = written[hour] = "NULL" if at is None else f"{at.date()}T{at.hour:02}:00:00+00"
        found.append(text)
    return f"{{{','.join(found)}}}"
