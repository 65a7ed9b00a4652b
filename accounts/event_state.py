"""The state of accounts' events: kept on every account, worked out anew by one query for many accounts.

The events of an account are its own and those of the accounts that point to it by `alias_of`. What is
marked, as a bot's or as internal, counts for nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import lru_cache

from segue.accounts.event_folding import MEASURES, TAKEN_AT
from segue.accounts.event_values import ENTERS, HAS_EVENTS, EventState, value_at, values_at
from segue.accounts.stored import StoredAccount
from segue.core.database import Connection
from segue.policies.event_program import FoldProgram
from segue.policies.event_spelling import EventSpelling
from segue.policies.event_traits import EventTrait, event_traits_of_all
from segue.policies.language.dialects import Dialect
from segue.policies.pack import Pack

__all__ = ["EventState", "refresh_states", "states_of", "value_at", "values_at", "with_current_events"]

_MEMBERS = """
target AS (
    SELECT DISTINCT coalesce(alias_of, account_id) AS account_id FROM segue.accounts
    WHERE account_id = ANY(%(accounts)s)
), member AS (
    SELECT account_id, account_id AS own FROM target
    UNION ALL
    SELECT target.account_id, alias.account_id FROM target JOIN segue.accounts AS alias
        ON alias.alias_of = target.account_id
)"""
_EVENTS = """
    SELECT member.account_id, e.kind, e.at, e.visitor, e.contact_id, e.name, e.path, e.url, e.title, e.referrer,
        e.search, e.properties
    FROM member JOIN segue.events AS e ON e.account_id = member.own WHERE e.mark IS NULL {known}"""
_REST = """
span AS MATERIALIZED (
    SELECT member.account_id, min(next.at) AS enters, bool_or(past.at IS NOT NULL) AS has_any
    FROM member
    LEFT JOIN LATERAL (
        SELECT e.at FROM segue.events AS e
        WHERE e.account_id = member.own AND e.mark IS NULL AND e.at > %(now)s {known} ORDER BY e.at LIMIT 1
    ) AS next ON true
    LEFT JOIN LATERAL (
        SELECT e.at FROM segue.events AS e
        WHERE e.account_id = member.own AND e.mark IS NULL AND e.at <= %(now)s {known}
        ORDER BY e.at DESC LIMIT 1
    ) AS past ON true
    GROUP BY member.account_id
), state AS (
    SELECT span.account_id,
        jsonb_strip_nulls(jsonb_build_object('{has}', CASE WHEN span.has_any THEN 1 END,
            '{enters}', {entering})) || {kept} AS kept,
        LEAST({until}) AS until
    FROM span LEFT JOIN folded ON folded.account_id = span.account_id
)"""
_UPDATE = """
UPDATE segue.accounts SET event_traits = state.kept, event_traits_at = %(now)s, event_traits_until = state.until
FROM state WHERE accounts.account_id = state.account_id
"""
_SELECT = "SELECT account_id, kept, until FROM state"
_KNOWN = "AND e.received_at <= %(known)s"


async def refresh_states(
    connection: Connection, account_ids: Sequence[str], packs: Sequence[Pack], now: datetime
) -> None:
    """Keep what the events of some accounts come to at `now`, for every trait of the packs.

    One statement. An account that is an alias stands for the one that it points to. The rows are not
    locked here: the caller holds them, locked in the order of their ids.
    """
    if account_ids:
        parameters = {"accounts": list(account_ids), "now": now}
        await connection.execute(_state_query(_keys_of(packs), _UPDATE, "").encode(), parameters)


async def states_of(
    connection: Connection,
    account_ids: Sequence[str],
    packs: Sequence[Pack],
    now: datetime,
    known_at: datetime | None = None,
) -> dict[str, EventState]:
    """Return what the events of accounts come to at `now`, by one query; with `known_at`, of those known then.

    An account that is an alias is found under the one that it points to.
    """
    known = "" if known_at is None else _KNOWN
    parameters = {"accounts": list(account_ids), "now": now, "known": known_at}
    cursor = await connection.execute(_state_query(_keys_of(packs), _SELECT, known).encode(), parameters)
    return {row[0]: EventState(row[1], now, row[2]) for row in await cursor.fetchall()}


async def with_current_events(
    connection: Connection, accounts: Sequence[StoredAccount], packs: Sequence[Pack], now: datetime
) -> list[StoredAccount]:
    """Return accounts whose event state serves these packs at `now`: read anew only where it does not."""
    expired = expired_of(accounts, packs, now)
    if not expired:
        return list(accounts)
    fresh = await states_of(connection, [each.account.id for each in expired], packs, now)
    return [
        replace(each, events=fresh[each.account.id]) if each.account.id in fresh else each
        for each in accounts
    ]


def expired_of(
    accounts: Iterable[StoredAccount], packs: Sequence[Pack], now: datetime
) -> list[StoredAccount]:
    """Return the accounts whose event state does not serve these packs at `now`."""
    traits = _keys_of(packs)
    return [each for each in accounts if each.events is not None and not each.events.serves(traits, now)]


def _keys_of(packs: Sequence[Pack]) -> tuple[EventTrait, ...]:
    return tuple(event_traits_of_all(packs).values())


@lru_cache(maxsize=64)
def _state_query(traits: tuple[EventTrait, ...], statement: str, known: str) -> str:
    """Return the statement over the states of the target accounts. Its text is the same for the same traits."""
    program = FoldProgram(EventSpelling(Dialect.POSTGRES, clock=_CLOCK))
    values = {trait.key: program.raw(trait) for trait in traits}
    for trait in traits:  # what `event_folding` needs besides
        if trait.kind in ("first", "latest"):
            values[trait.key + TAKEN_AT] = _micros(program.taken_at(trait))
        elif trait.kind == "trend":
            values[trait.key + MEASURES] = f"jsonb_build_array({', '.join(program.measures(trait))})"
    ages = [each for trait in traits for each in program.oldest(trait)]
    untils = [f"({column} + INTERVAL '{_seconds(length)} seconds')" for column, length in ages]
    folded = program.folded(_EVENTS.format(known=_HERE)).replace("%", "%%")
    folded = folded.replace(_HERE, known)
    rest = _REST.format(
        known=known,
        has=HAS_EVENTS,
        enters=ENTERS,
        entering=_micros("span.enters"),
        kept=_objects(values),
        until=", ".join(["span.enters", *untils]),
    )
    query = f"WITH {_MEMBERS}, folded AS ({folded}), {rest} {statement}"
    return query.replace(_CLOCK, "%(now)s::timestamptz")


_CLOCK, _HERE = "$CLOCK$", "$KNOWN$"
_MOST_PAIRS = 40


def _objects(values: Mapping[str, str]) -> str:
    """Return a JSON object of SQL values; a function takes at most a hundred arguments."""
    pairs = [f"'{key}', {sql}" for key, sql in values.items()]
    parts = [", ".join(pairs[i : i + _MOST_PAIRS]) for i in range(0, len(pairs), _MOST_PAIRS)]
    return " || ".join(f"jsonb_build_object({part})" for part in parts) or "'{}'::jsonb"


def _micros(instant: str) -> str:
    return f"(extract(epoch FROM {instant}) * 1000000)::bigint"


def _seconds(length: timedelta) -> int:
    return length // timedelta(seconds=1)
