"""Who moves: the label of a stored account under one set of packs and another, without reasons."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from segue.accounts.alias_sql import ALIASES, FIELDS, TRAITS
from segue.accounts.event_state import with_current_events
from segue.accounts.event_values import event_state
from segue.accounts.labels import Labelled, labels_of
from segue.accounts.stored import Pin, StoredAccount
from segue.core.database import Connection, Database
from segue.policies.facts import Account
from segue.policies.pack import Pack

_SHOWN = 100
"""Accounts that are named."""
_FETCH = 500

_ACCOUNTS = f"""
SELECT found.account_id, {FIELDS}, {TRAITS},
    (SELECT jsonb_agg(jsonb_build_array(kind, pack, value, reason, expires_at)) FROM segue.pins
      WHERE pins.account_id = found.account_id AND expires_at > %s),
    event_traits, event_traits_at, event_traits_until, EXISTS (SELECT 1 FROM segue.events)
FROM segue.accounts AS found {ALIASES} WHERE found.alias_of IS NULL
"""  # noqa: S608 - nothing of it comes from outside


@dataclass(slots=True)
class Moves:
    """What changes hands between two sets of packs."""

    accounts: int = 0
    """Accounts that were labelled."""
    moved: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    """(pack, from, to) to accounts; `from` or `to` is empty for a pack that comes or goes."""
    examples: list[dict[str, str | None]] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """Return them as plain JSON, the largest first."""
        return {
            "accounts": self.accounts,
            "moved": moved_json(self.moved),
            "examples": self.examples,
        }


def moved_json(moved: Counter[tuple[str, str, str]]) -> list[dict[str, Any]]:
    """Return counts by (pack, from, to) as plain JSON, the largest first."""
    return [
        {"pack": pack, "from": before or None, "to": after or None, "accounts": count}
        for (pack, before, after), count in moved.most_common()
    ]


async def what_moves(database: Database, before: Sequence[Pack], after: Sequence[Pack]) -> Moves:
    """Label every stored account by both sets of packs, as they would be now, and return who moves."""
    found = Moves()
    now = datetime.now(UTC)
    async with database.transaction() as connection:
        async for stored in stored_accounts(connection, now, (*before, *after)):
            found.accounts += 1
            old, new = labels_of(stored, before, now), labels_of(stored, after, now)
            for pack, segment, other in moves_between(old, new):
                found.moved[pack, segment, other] += 1
                if len(found.examples) < _SHOWN:
                    account = stored.account
                    found.examples.append(
                        {"account": account.id, "domain": account.domain, "name": account.name, "pack": pack,
                         "from": segment or None, "to": other or None}
                    )  # fmt: skip
    return found


def moves_between(
    before: Mapping[str, Labelled], after: Mapping[str, Labelled]
) -> list[tuple[str, str, str]]:
    """Return (pack, from, to) where the segments differ; empty where there is no such pack."""
    found = []
    for pack in dict.fromkeys((*before, *after)):
        old = before[pack].segment if pack in before else ""
        new = after[pack].segment if pack in after else ""
        if old != new:
            found.append((pack, old, new))
    return found


async def stored_accounts(
    connection: Connection, now: datetime, packs: Sequence[Pack]
) -> AsyncIterator[StoredAccount]:
    """Yield every stored account with what is pinned of it, as a stream, within a transaction.

    The state of its events serves these packs at `now`.
    """
    async with connection.cursor("every_account") as cursor:
        await cursor.execute(_ACCOUNTS.encode(), (now,))
        while rows := await cursor.fetchmany(_FETCH):
            for stored in await with_current_events(connection, [*map(_stored, rows)], packs, now):
                yield stored


def _stored(row: Sequence[Any]) -> StoredAccount:
    account_id, domain, name, owner, opportunity_owner, traits, pins, *events = row
    held = tuple(
        Pin(kind, pack, value, reason, datetime.fromisoformat(until))
        for kind, pack, value, reason, until in pins or ()
    )
    account = Account(account_id, domain, name, owner, opportunity_owner)
    return StoredAccount(account, traits, held, events=event_state(*events))
