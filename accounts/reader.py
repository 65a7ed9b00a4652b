"""Read accounts for decisions: calls that come in together share one query."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import psycopg

from segue.accounts.alias_sql import ALIASES, FIELDS, TRAITS
from segue.accounts.domains import read_domain
from segue.accounts.event_state import expired_of, states_of, with_current_events
from segue.accounts.event_values import event_state
from segue.accounts.stored import Delivered, Pin, StoredAccount, micros_of, newest
from segue.core.database import Connection, Database
from segue.core.errors import InputError, NotFoundError
from segue.core.grouped import Grouped
from segue.core.text_arrays import text_array
from segue.policies.facts import Account
from segue.policies.lease import lease_of
from segue.policies.pack import Pack

_MOST = 256
"""Accounts a query."""

_COLUMNS = f"""
    found.account_id, {FIELDS}, {TRAITS},
    (SELECT jsonb_agg(jsonb_build_array(kind, pack, value, reason, expires_at)) FROM segue.pins
      WHERE pins.account_id = found.account_id AND expires_at > coalesce(%(at)s::timestamptz, now())),
    (SELECT jsonb_agg(jsonb_build_array(play, contact, delivered_at)) FROM segue.deliveries
      WHERE deliveries.account_id = ANY(coalesce(found.account_id, asked.key) || coalesce(alias.ids, '{{}}'))
        AND delivered_at > coalesce(%(at)s::timestamptz, now()) - make_interval(secs => %(window)s)),
    (SELECT jsonb_agg(jsonb_build_array(pack, segment, revision, play, goal, offer, rep, until, decision_id))
      FROM segue.leases WHERE leases.account_id = coalesce(found.account_id, asked.key)
        AND until > coalesce(%(at)s::timestamptz, now())),
    found.event_traits, found.event_traits_at, found.event_traits_until, EXISTS (SELECT 1 FROM segue.events),
    alias.ids, CASE WHEN named.alias_of IS NOT NULL THEN named.account_id END
"""  # noqa: S608 - nothing of it comes from outside
# an id comes before a domain; of a domain's accounts the tie-break's pick, of a family the parent
_QUERY = f"""
SELECT asked.number, {_COLUMNS}
FROM unnest(%(keys)s::text[], %(domains)s::text[]) WITH ORDINALITY AS asked(key, domain, number)
LEFT JOIN LATERAL (
    SELECT * FROM (
        SELECT 0 AS rank, * FROM segue.accounts WHERE account_id = asked.key
        UNION ALL
        SELECT 1 AS rank, * FROM segue.accounts WHERE domain = asked.domain
    ) AS candidates
    ORDER BY rank, duplicate_of IS NOT NULL, parent_id IS NOT NULL, account_id LIMIT 1
) AS named ON true
LEFT JOIN segue.accounts AS found ON found.account_id = coalesce(named.alias_of, named.account_id)
{ALIASES}
"""  # noqa: S608 - nothing of it comes from outside
# of the account and its aliases together, as `alias_sql` has it: its own is the first of the ids
_AS_OF = """
SELECT DISTINCT ON (trait, source) trait, source, value, confidence, true_at
FROM (
    SELECT DISTINCT ON (account_id, trait, source) account_id, trait, source, value, confidence, true_at
    FROM segue.trait_values
    WHERE account_id = ANY(%(accounts)s) AND contact_id IS NULL AND true_at <= %(at)s AND known_at <= %(at)s
    ORDER BY account_id, trait, source, true_at DESC, known_at DESC, id DESC
) AS said
ORDER BY trait, source, true_at DESC, array_position(%(accounts)s, account_id)
"""


@dataclass(frozen=True, slots=True)
class AccountKey:
    """How a caller names an account: the text as given, and the domain that it is, if it is one."""

    text: str
    domain: str | None = None


def account_key(text: str) -> AccountKey:
    """Return how a text names an account: as an id, and as a domain where it is one."""
    domain = read_domain(text).domain if "." in text else None
    return AccountKey(text.strip(), domain)


class AccountReader:
    """Reads accounts by id or domain. Reads that wait while another is under way go together."""

    def __init__(self, database: Database, window: float = 0.0) -> None:
        self._database = database
        self.window = window
        """Seconds back to which deliveries are read: the longest of the policies' limits."""
        self._read = Grouped(self._read_group, _MOST, at_once=1, is_of_the_item=_is_of_the_text, told=_told)

    async def read(self, key: AccountKey) -> StoredAccount:
        """Return an account as it is stored now; one that is not is named by its key and knows nothing.

        Raises:
            UnavailableError: the database does not answer.
        """
        return await self._read(key)

    async def read_known(self, key: AccountKey) -> StoredAccount:
        """Return an account as it is stored now.

        Raises:
            NotFoundError: nothing is stored of it.
        """
        found = await self.read(key)
        if not found.known:
            raise NotFoundError(f"no account {key.text!r}")
        return found

    async def with_events(self, stored: StoredAccount, packs: Sequence[Pack], now: datetime) -> StoredAccount:
        """Return an account that was read with an event state that serves these packs at `now`.

        What was read serves them but for an account of which an event left a window since its last one.
        """
        if not expired_of((stored,), packs, now):
            return stored
        async with self._database.connection() as connection:
            return (await with_current_events(connection, (stored,), packs, now))[0]

    async def read_as_of(
        self, key: AccountKey, instant: datetime, packs: Sequence[Pack] = ()
    ) -> StoredAccount:
        """Return an account as it was known at a past instant, its events too, as far as these packs read them.

        Pins, deliveries, who the events are of and what is merged are those of today.
        """
        found = await self.read(key)
        if not found.known:
            return found
        async with self._database.connection() as connection:
            cursor = await connection.execute(
                _AS_OF, {"accounts": [found.account.id, *found.aliases], "at": instant}
            )
            rows = await cursor.fetchall()
            events = found.events
            if events is not None:
                states = await states_of(connection, [found.account.id], packs, instant, instant)
                events = states.get(found.account.id)
        traits = newest([(*row[:4], micros_of(row[4])) for row in rows])
        return replace(found, traits=traits, events=events)

    async def _read_group(self, keys: Sequence[AccountKey]) -> list[StoredAccount]:
        async with self._database.connection() as connection:
            return await read_accounts(connection, keys, self.window)


def _is_of_the_text(error: Exception) -> bool:
    return isinstance(error, (psycopg.DataError, UnicodeError))


def _told(error: Exception) -> Exception:
    if _is_of_the_text(error):
        return InputError("account: PostgreSQL cannot take this text; expected no NUL in it")
    return error


async def read_accounts(
    connection: Connection, keys: Sequence[AccountKey], window: float, now: datetime | None = None
) -> list[StoredAccount]:
    """Return the accounts of some keys in their order, by one query, with the pins in force at `now`."""
    parameters = {
        "keys": text_array(key.text for key in keys),
        "domains": text_array(key.domain for key in keys),
        "window": window,
        "at": now,
    }
    cursor = await connection.execute(_QUERY.encode(), parameters)
    rows = {row[0]: row[1:] for row in await cursor.fetchall()}
    return [_account(key, rows[number]) for number, key in enumerate(keys, 1)]


def _account(key: AccountKey, row: Sequence[Any]) -> StoredAccount:
    account_id, domain, name, owner, opportunity_owner, traits, pins, delivered, leased, *events = row[:-2]
    aliases, asked_as = row[-2:]
    delivered_plays = tuple(
        Delivered(play, contact, datetime.fromisoformat(at)) for play, contact, at in delivered or ()
    )
    leases = tuple(lease_of(each) for each in leased or ())
    if account_id is None:
        return StoredAccount(
            Account(key.domain or key.text, key.domain), {}, (), delivered_plays, False, leases=leases
        )
    held = tuple(
        Pin(kind, pack, value, reason, datetime.fromisoformat(until))
        for kind, pack, value, reason, until in pins or ()
    )
    account = Account(account_id, domain, name, owner, opportunity_owner)
    return StoredAccount(
        account, traits, held, delivered_plays, events=event_state(*events), aliases=tuple(aliases or ()),
        asked_as=asked_as, leases=leases,
    )  # fmt: skip
