"""Take events in: everything that they cause is one transaction.

Dedupe, who is who, the rows, what they declare of accounts, and then what those above make of the accounts
that were touched: it is all committed together, or none of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Protocol

import orjson
import psycopg

from segue.accounts.consent import store_consents
from segue.accounts.consented_events import without_denied
from segue.accounts.declared import Declared, of_account
from segue.accounts.declared_store import move_declared, put_declared
from segue.accounts.erased import refused
from segue.accounts.event_news import EventNews
from segue.accounts.event_rows import PlacedEvent, counted, placed, store_rows
from segue.accounts.events import Event, Parked, Taken
from segue.accounts.first_event import holds_events, label_all_again
from segue.accounts.identity import AloneNeededError, identify
from segue.accounts.link_store import lock_identity
from segue.accounts.links import email_of
from segue.accounts.locks import lock_accounts
from segue.core.database import Connection, Database
from segue.policies.pack import Pack

_TRIES = 5


class Afterwards(Protocol):
    """What is made of the accounts that were touched, within the transaction that stored their events."""

    async def __call__(
        self,
        connection: Connection,
        account_ids: Sequence[str],
        packs: Sequence[Pack],
        now: datetime,
        news: EventNews,
    ) -> None:
        """Lock accounts, which are in order, and work on them; `news` is what is new of their events."""


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
    by_key = {(event.source, event.message_id): event for event in reversed(events)}
    unique = [
        by_key[key] for key in sorted(by_key)
    ]  # so that two who bring the same never wait for each other
    alone, tries = False, 0
    while True:
        try:
            async with database.transaction() as connection:
                await lock_identity(connection, alone=alone)
                if unique and not await holds_events(connection, database.url):
                    await label_all_again(connection)
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
    events = await without_denied(connection, await _not_erased(connection, events))
    who = await identify(connection, events, now, alone=alone)
    stored = await store_rows(connection, placed(events, who), now)
    consents = [each for row in stored for each in row.event.consents]
    if consents:
        await store_consents(connection, consents)
    values, notes = _declared(stored, packs)
    await _park(connection, [*parked, *notes])
    news = EventNews(counted(stored), who.touched)
    touched = who.touched | values.keys() | news.events.keys()
    accounts = sorted(touched)
    if values or who.moved:  # else the first to write to accounts is what comes after
        await lock_accounts(connection, accounts)
    await move_declared(connection, who.moved, packs)
    await put_declared(connection, values)
    if afterwards is not None and accounts:
        await afterwards(connection, accounts, packs, now, news)
    return Taken(len(stored), given - len(stored), len(parked), tuple(accounts))


async def _not_erased(connection: Connection, events: Sequence[Event]) -> Sequence[Event]:
    """Return the events of people who were not erased; those of others are dropped and leave no trace."""
    gone = await refused(connection, (each for event in events for each in _identifiers(event)))
    return [event for event in events if not gone.intersection(_identifiers(event))] if gone else events


def _identifiers(event: Event) -> tuple[str, ...]:
    proven = event.proven.email if event.proven else None
    return tuple(each for each in (event.visitor, event.user_id, email_of(event), proven) if each is not None)


def _declared(
    rows: Iterable[PlacedEvent], packs: Sequence[Pack]
) -> tuple[dict[str, list[Declared]], list[Parked]]:
    """Return what new events declare of the accounts they count for, and a note of each value that is refused."""
    values: dict[str, list[Declared]] = {}
    notes: list[Parked] = []
    for row in rows:
        event = row.event
        if not event.traits or event.mark is not None:
            continue
        told, refused = of_account(event, packs)
        notes += [
            Parked(
                event.source, event.message_id, f"trait {reason}", orjson.dumps(event.traits).decode()[:4_096]
            )
            for reason in refused
        ]
        if told and row.account is not None:
            values.setdefault(row.account, []).extend(told)
    return values, notes


async def _park(connection: Connection, parked: Sequence[Parked]) -> None:
    if parked:
        async with connection.cursor() as cursor:
            await cursor.executemany(
                "INSERT INTO segue.parked_events (source, message_id, reason, event) VALUES (%s, %s, %s, %s)",
                [(each.source, each.message_id, each.reason, each.event) for each in parked],
            )
