"""Take events in: everything that they cause is one transaction.

Dedupe, who is who, the rows, what they declare of accounts, and then what those above make of the accounts
that were touched: it is all committed together, or none of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Protocol

import orjson
import psycopg

from segue.accounts.consent import store_consents
from segue.accounts.declared import Declared, of_account
from segue.accounts.declared_store import move_declared, put_declared
from segue.accounts.erased import refused
from segue.accounts.events import Event, Parked, Taken
from segue.accounts.identity import AloneNeededError, Identified, identify
from segue.accounts.link_store import lock_identity
from segue.accounts.links import contact_of, email_of
from segue.core.database import Connection, Database
from segue.policies.pack import Pack

_COLUMNS = (
    "source, message_id, kind, at, received_at, visitor, user_id, contact_id, account_id, name, path, url, title,"
    " referrer, search, properties, mark, trusted"
)
_TRIES = 5


class Afterwards(Protocol):
    """What is made of the accounts that were touched, within the transaction that stored their events."""

    async def __call__(
        self, connection: Connection, account_ids: Sequence[str], packs: Sequence[Pack], now: datetime
    ) -> None:
        """Work on accounts, which are locked and in order."""


async def take_events(
    database: Database,
    events: Sequence[Event],
    parked: Sequence[Parked],
    packs: Sequence[Pack],
    now: datetime,
    afterwards: Afterwards | None = None,
) -> Taken:
    """Store events and what they cause, in one transaction that is committed when this returns.

    An event whose id its source sent before is left out.

    Raises:
        UnavailableError: the database does not answer; whether they were stored is not known, and the same
            events may be taken again.
        psycopg.Error: one of them cannot be stored; none was.
    """
    unique = list({event.key: event for event in reversed(events)}.values())
    unique.sort(key=lambda event: event.key)
    alone, tries = False, 0
    while True:
        try:
            async with database.transaction() as connection:
                await lock_identity(connection, alone=alone)
                return await _take(connection, unique, len(events), parked, packs, now, afterwards, alone)
        except AloneNeededError:
            alone = True
        except psycopg.errors.DeadlockDetected:
            tries += 1
            if tries == _TRIES:
                raise


async def _take(
    connection: Connection,
    events: Sequence[Event],
    given: int,
    parked: Sequence[Parked],
    packs: Sequence[Pack],
    now: datetime,
    afterwards: Afterwards | None,
    alone: bool,
) -> Taken:
    events = await _not_erased(connection, events)
    who = await identify(connection, events, now, alone=alone)
    stored = await _store(connection, events, who, now)
    consents = [each for event in stored for each in event.consents]
    if consents:
        await store_consents(connection, consents)
    values, notes = _declared(stored, who, packs)
    await _park(connection, [*parked, *notes])
    touched = who.touched | values.keys() | _counting(stored, who)
    accounts = await _lock_accounts(connection, touched)
    await move_declared(connection, who.moved, packs)
    await put_declared(connection, values)
    if afterwards is not None and accounts:
        await afterwards(connection, accounts, packs, now)
    return Taken(len(stored), given - len(stored), len(parked), tuple(accounts))


async def _not_erased(connection: Connection, events: Sequence[Event]) -> Sequence[Event]:
    """Return the events of people who were not erased; those of others are dropped and leave no trace."""
    gone = await refused(connection, {each for event in events for each in _identifiers(event)})
    return [event for event in events if not gone.intersection(_identifiers(event))] if gone else events


def _identifiers(event: Event) -> tuple[str, ...]:
    return tuple(each for each in (event.visitor, event.user_id, email_of(event)) if each is not None)


async def _store(
    connection: Connection, events: Sequence[Event], who: Identified, now: datetime
) -> Sequence[Event]:
    """Store the events that are not there yet and return them."""
    if not events:
        return ()
    rows = [_row(event, who, now) for event in events]
    try:
        async with connection.transaction():  # most often none is there: then this is all
            await _copy(connection, "segue.events", rows)
        return events
    except psycopg.errors.UniqueViolation:
        pass
    await connection.execute(
        f"CREATE TEMP TABLE staged_events ON COMMIT DROP AS SELECT {_COLUMNS} FROM segue.events WITH NO DATA"  # noqa: S608 - fixed names
    )
    await _copy(connection, "staged_events", rows)
    cursor = await connection.execute(
        f"INSERT INTO segue.events ({_COLUMNS}) SELECT {_COLUMNS} FROM staged_events"  # noqa: S608
        " ORDER BY source, message_id ON CONFLICT DO NOTHING RETURNING source, message_id"
    )
    new = {(row[0], row[1]) for row in await cursor.fetchall()}
    return [event for event in events if event.key in new]


async def _copy(connection: Connection, table: str, rows: Iterable[Sequence[Any]]) -> None:
    async with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY {table} ({_COLUMNS}) FROM STDIN".encode()) as copy,
    ):
        for row in rows:
            await copy.write_row(row)


def _row(event: Event, who: Identified, now: datetime) -> tuple[Any, ...]:
    stated = contact_of(event)
    contact, account = who.of(event.visitor, stated)
    return (
        event.source, event.message_id, event.kind.value, event.at, now, event.visitor, stated, contact, account,
        event.name, event.path, event.url, event.title, event.referrer, event.search,
        orjson.dumps(event.properties).decode(), event.mark and event.mark.value, event.trusted,
    )  # fmt: skip


def _declared(
    events: Iterable[Event], who: Identified, packs: Sequence[Pack]
) -> tuple[dict[str, list[Declared]], list[Parked]]:
    """Return what new events declare of the accounts they count for, and a note of each value that is refused."""
    values: dict[str, list[Declared]] = {}
    notes: list[Parked] = []
    for event in events:
        if not event.traits or event.mark is not None:
            continue
        told, refused = of_account(event, packs)
        notes += [
            Parked(
                event.source, event.message_id, f"trait {reason}", orjson.dumps(event.traits).decode()[:4_096]
            )
            for reason in refused
        ]
        account = who.of(event.visitor, contact_of(event))[1]
        if told and account is not None:
            values.setdefault(account, []).extend(told)
    return values, notes


def _counting(events: Iterable[Event], who: Identified) -> set[str]:
    found = {who.of(event.visitor, contact_of(event))[1] for event in events if event.mark is None}
    return {account for account in found if account is not None}


async def _park(connection: Connection, parked: Sequence[Parked]) -> None:
    if parked:
        async with connection.cursor() as cursor:
            await cursor.executemany(
                "INSERT INTO segue.parked_events (source, message_id, reason, event) VALUES (%s, %s, %s, %s)",
                [(each.source, each.message_id, each.reason, each.event) for each in parked],
            )


async def _lock_accounts(connection: Connection, accounts: Iterable[str]) -> list[str]:
    ordered = sorted(accounts)
    if ordered:
        await connection.execute(_LOCK, {"accounts": ordered})
    return ordered


# those whose aliases they are too, since they are labelled in their place: all in one order
_LOCK = """
SELECT 1 FROM segue.accounts WHERE account_id IN (
    SELECT unnest(%(accounts)s::text[])
    UNION SELECT alias_of FROM segue.accounts WHERE account_id = ANY(%(accounts)s)
) ORDER BY account_id FOR UPDATE
"""
