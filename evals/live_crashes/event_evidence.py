"""What the store holds of the events, against what their senders were told: read past the service's own doors."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from segue.accounts.event_state import with_current_events
from segue.accounts.labels import labels_of
from segue.accounts.reader import AccountKey, read_accounts
from segue.accounts.stored import StoredAccount, known_of
from segue.core.database import Connection, open_database
from segue.evals.live_crashes.outside import Sent
from segue.evals.live_crashes.recount import recount
from segue.policies.event_traits import event_traits_of
from segue.policies.pack import Pack

_EVENTS = "SELECT message_id, at, mark FROM segue.events WHERE source = %s"


@dataclass(frozen=True, slots=True)
class EventEvidence:
    """How the store differs from what the senders were told. Counts of events, accounts and values."""

    stored: int
    lost: int
    """Events that were answered with 2xx and are not there."""
    twice: int
    """Events that are there more than once."""
    unsent: int
    """Events that are there and were never sent."""
    marked: int
    """Events that are taken for a bot's or parked."""
    accounts: int
    miscounted: tuple[str, ...]
    """Traits over events that are not what a recount gives: account, trait, both values."""
    mislabelled: tuple[str, ...]
    """Accounts whose kept label is not the one that their facts give."""


def read_event_evidence(url: str, key: str, sent: Sent, pack: Pack) -> EventEvidence:
    """Compare the store at `url` with what was sent under a key."""
    return asyncio.run(_read(url, key.split("_")[2], sent, pack))


async def _read(url: str, source: str, sent: Sent, pack: Pack) -> EventEvidence:
    async with open_database(url, 3) as database, database.transaction() as connection:
        await connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        return await _compare(connection, source, sent, pack)


async def _compare(connection: Connection, source: str, sent: Sent, pack: Pack) -> EventEvidence:
    rows = await (await connection.execute(_EVENTS, (source,))).fetchall()
    stored: dict[str, datetime] = {row[0]: row[1] for row in rows}
    parked = await (await connection.execute("SELECT count(*) FROM segue.parked_events")).fetchone()
    now = datetime.now(UTC)
    accounts = await _accounts(connection, pack, now)
    return EventEvidence(
        len(rows),
        sum(message_id not in stored for message_id in sent.answered),
        len(rows) - len(stored),
        sum(message_id not in sent.visits for message_id in stored),
        sum(row[2] is not None for row in rows) + (parked[0] if parked else 0),
        len(accounts),
        _miscounted(accounts, pack, sent, stored, now),
        await _mislabelled(connection, accounts, pack, now),
    )


async def _accounts(connection: Connection, pack: Pack, now: datetime) -> list[StoredAccount]:
    rows = await (await connection.execute("SELECT account_id FROM segue.accounts ORDER BY 1")).fetchall()
    stored = await read_accounts(connection, [AccountKey(row[0]) for row in rows], 0.0, now)
    return await with_current_events(connection, stored, [pack], now)


def _miscounted(
    accounts: Sequence[StoredAccount], pack: Pack, sent: Sent, stored: dict[str, datetime], now: datetime
) -> tuple[str, ...]:
    counted = recount(pack, sent.visits, stored, now)
    traits = event_traits_of(pack)
    found: list[str] = [
        f"{account} is not known" for account in counted.keys() - {a.account.id for a in accounts}
    ]
    for account in accounts:
        kept = known_of(account, pack, now).values
        expected = counted.get(account.account.id, {name: each.nothing for name, each in traits.items()})
        found += [
            f"{account.account.id} {name}: {kept.get(name)!r}, recounted {value!r}"
            for name, value in expected.items()
            if kept.get(name) != value
        ]
    return tuple(sorted(found))


async def _mislabelled(
    connection: Connection, accounts: Sequence[StoredAccount], pack: Pack, now: datetime
) -> tuple[str, ...]:
    cursor = await connection.execute(
        "SELECT account_id, segment FROM segue.labels WHERE pack = %s", (pack.name,)
    )
    kept: dict[str, str] = dict(await cursor.fetchall())
    found: list[str] = []
    for account in accounts:
        segment = labels_of(account, [pack], now)[pack.name].segment
        if kept.get(account.account.id) != segment:
            found.append(f"{account.account.id}: {kept.get(account.account.id)}, by its facts {segment}")
    return tuple(found)
