"""Events as rows of `segue.events`, many at once in PostgreSQL's text format for COPY."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import orjson
import psycopg

from segue.accounts.events import Event
from segue.accounts.identity import Identified
from segue.accounts.links import contact_of
from segue.core.database import Connection
from segue.policies.event_traits import EventRow

_COLUMNS = (
    "source, message_id, kind, at, received_at, visitor, user_id, contact_id, account_id, name, path, url, title,"
    " referrer, search, properties, mark, trusted"
)
_TABS = _COLUMNS.count(",")


@dataclass(slots=True)
class PlacedEvent:
    """An event, and of whom it counts."""

    event: Event
    stated: str | None
    """The contact whom the event itself names."""
    contact: str | None
    account: str | None


def placed(events: Sequence[Event], who: Identified) -> list[PlacedEvent]:
    """Return events with whom they are of."""
    found = []
    for event in events:
        stated = contact_of(event)
        found.append(PlacedEvent(event, stated, *who.of(event.visitor, stated)))
    return found


async def store_rows(
    connection: Connection, rows: Sequence[PlacedEvent], now: datetime
) -> Sequence[PlacedEvent]:
    """Store the events that are not there yet and return them. No two are the same; they are in order of their keys.

    Raises:
        psycopg.Error: one of them cannot be stored; none was.
    """
    if not rows:
        return ()
    text = copy_text(rows, now)
    try:
        async with connection.transaction():  # most often none is there: then this is all
            await _copy(connection, "segue.events", text)
        return rows
    except psycopg.errors.UniqueViolation:
        pass
    await connection.execute(
        f"CREATE TEMP TABLE staged_events ON COMMIT DROP AS SELECT {_COLUMNS} FROM segue.events WITH NO DATA"  # noqa: S608 - fixed names
    )
    await _copy(connection, "staged_events", text)
    cursor = await connection.execute(
        f"INSERT INTO segue.events ({_COLUMNS}) SELECT {_COLUMNS} FROM staged_events"  # noqa: S608
        " ORDER BY source, message_id ON CONFLICT DO NOTHING RETURNING source, message_id"
    )
    new = {(row[0], row[1]) for row in await cursor.fetchall()}
    return [each for each in rows if each.event.key in new]


async def _copy(connection: Connection, table: str, text: str) -> None:
    async with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY {table} ({_COLUMNS}) FROM STDIN".encode()) as copy,
    ):
        await copy.write(text)


def copy_text(rows: Sequence[PlacedEvent], now: datetime) -> str:
    """Return rows in the text format of COPY, received `now`."""
    received = now.isoformat()
    parts = [_cells(each, received) for each in rows]
    text = "".join(["\t".join(["\\N" if cell is None else cell for cell in cells]) + "\n" for cells in parts])
    nothing = sum([cells.count(None) for cells in parts])
    marks = text.count("\\"), text.count("\t"), text.count("\n"), text.count("\r")
    if marks == (nothing, _TABS * len(parts), len(parts), 0):
        return text  # nothing in it has to be escaped, which a look at the whole tells fastest
    return "".join(["\t".join(map(_escaped, cells)) + "\n" for cells in parts])


def _cells(row: PlacedEvent, received: str) -> list[str | None]:
    event = row.event
    return [
        event.source, event.message_id, event.kind, event.at.isoformat(), received, event.visitor, row.stated,
        row.contact, row.account, event.name, event.path, event.url, event.title, event.referrer, event.search,
        orjson.dumps(event.properties).decode() if event.properties else "{}", event.mark,
        "t" if event.trusted else "f",
    ]  # fmt: skip


def counted(rows: Iterable[PlacedEvent]) -> dict[str, list[EventRow]]:
    """Return account to those of its events that count, as traits over events read them."""
    found: dict[str, list[EventRow]] = {}
    for row in rows:
        event = row.event
        if row.account is not None and event.mark is None:
            found.setdefault(row.account, []).append(
                {
                    "key": event.key, "kind": event.kind.value, "at": event.at, "visitor": event.visitor,
                    "contact_id": row.contact, "name": event.name, "path": event.path, "url": event.url,
                    "title": event.title, "referrer": event.referrer, "search": event.search,
                    "properties": event.properties,
                }
            )  # fmt: skip
    return found


def _escaped(cell: str | None) -> str:
    if cell is None:
        return "\\N"
    return cell.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")
