"""Keep what accounts' events come to as new ones come in: the new are folded into the kept states.

Only accounts whose state does not hold any more, or of whom earlier events moved, are worked out from all events.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

import orjson

from segue.accounts.event_folding import AnewError, Folded, fold_into
from segue.accounts.event_state import refresh_states
from segue.accounts.event_values import EventState, instant_for
from segue.core.database import Connection
from segue.policies.event_program import match_sql
from segue.policies.event_traits import DISTINCT_COLUMNS, EventRow, EventTrait, event_traits_of_all
from segue.policies.language.dialects import Dialect
from segue.policies.pack import Pack

_RECENT = 200

_READ = """
SELECT account_id, alias_of, event_traits, event_traits_at, event_traits_until
FROM segue.accounts WHERE account_id = ANY(%s)
"""
_WRITE = """
UPDATE segue.accounts SET event_traits = new.kept, event_traits_at = new.at, event_traits_until = new.until
FROM unnest(%s::text[], %s::jsonb[], %s::timestamptz[], %s::timestamptz[]) AS new(account_id, kept, at, until)
WHERE accounts.account_id = new.account_id
"""
_EXPIRE = "UPDATE segue.accounts SET event_traits_until = event_traits_at WHERE account_id = ANY(%s)"
# most values are found among an account's latest events; the others by the index of the value, or not at all
_SEEN = """
WITH asked AS (
    SELECT * FROM unnest(%(accounts)s::text[], %(values)s::text[], %(instants)s::timestamptz[])
        AS asked(asked_id, value, instant)
), new AS (
    SELECT * FROM unnest(%(sources)s::text[], %(ids)s::text[]) AS new(source, message_id)
), member AS (
    SELECT DISTINCT asked_id, asked_id AS own, instant FROM asked
    UNION ALL
    SELECT DISTINCT asked_id, account_id, instant FROM asked JOIN segue.accounts ON alias_of = asked_id
), recent AS MATERIALIZED (
    SELECT DISTINCT asked_id, e.{column} AS value FROM member CROSS JOIN LATERAL (
        SELECT * FROM segue.events WHERE account_id = member.own AND {span} ORDER BY at DESC LIMIT {recent}
    ) AS e WHERE {counts} AND (source, message_id) NOT IN (SELECT source, message_id FROM new)
)
SELECT asked_id, count(*) FROM asked
WHERE (asked_id, value) NOT IN (SELECT asked_id, value FROM recent WHERE value IS NOT NULL)
AND (
    SELECT true FROM member JOIN segue.events AS e ON e.account_id = member.own
    WHERE member.asked_id = asked.asked_id AND e.{column} = asked.value AND {span} AND {counts}
        AND (source, message_id) NOT IN (SELECT source, message_id FROM new) LIMIT 1) IS NULL
GROUP BY asked_id
"""


@dataclass(frozen=True, slots=True)
class EventNews:
    """What is new of the events of some accounts, in the transaction that stored them."""

    events: Mapping[str, Sequence[EventRow]] = field(default_factory=dict)
    """Account to its new events that count, by the account that their rows carry; `key` is source and message id."""
    moved: frozenset[str] = frozenset()
    """Accounts that gained or lost earlier events."""


async def fold_news(
    connection: Connection, account_ids: Sequence[str], packs: Sequence[Pack], now: datetime, news: EventNews
) -> None:
    """Keep what the events of some accounts come to at `now`, knowing what is new of them.

    As `event_state.refresh_states`: the caller holds the rows, which are those of no alias.
    """
    traits = tuple(event_traits_of_all(packs).values())
    cursor = await connection.execute(_READ, ([*{*account_ids, *news.events, *news.moved}],))
    rows = await cursor.fetchall()
    stands_for = {row[0]: row[1] or row[0] for row in rows}
    moved = {stands_for.get(each, each) for each in news.moved}
    events: dict[str, list[EventRow]] = {}
    for account, told in news.events.items():
        events.setdefault(stands_for.get(account, account), []).extend(told)
    folded: dict[str, Folded] = {}
    anew = set(account_ids)
    for account, _, kept, at, until in rows:
        if account not in anew or account in moved or kept is None:
            continue
        state = EventState(kept, at, until)
        try:
            folded[account] = fold_into(state, traits, events.get(account, ()), instant_for(state, now))
        except AnewError:
            continue
        anew.discard(account)
    await _settle(connection, folded, events)
    await _write(connection, folded)
    await refresh_states(connection, sorted(anew), packs, now)


async def expire_states(connection: Connection, account_ids: Sequence[str]) -> None:
    """Let what is kept of accounts' events hold no longer: there were events that nothing was folded into.

    The caller holds the rows, which are those of no alias.
    """
    await connection.execute(_EXPIRE, (list(account_ids),))


async def _settle(
    connection: Connection, folded: Mapping[str, Folded], events: Mapping[str, Sequence[EventRow]]
) -> None:
    """Count the distinct values that no earlier event of their window has."""
    asked: dict[EventTrait, list[tuple[str, str]]] = {}
    for account, state in folded.items():
        for trait, values in state.unsure.items():
            asked.setdefault(trait, []).extend((account, value) for value in values)
    for trait, pairs in asked.items():
        keys = [event["key"] for account in dict(pairs) for event in events[account]]
        parameters: dict[str, Any] = {
            "accounts": [account for account, _ in pairs],
            "values": [value for _, value in pairs],
            "instants": [folded[account].at for account, _ in pairs],
            "sources": [source for source, _ in keys],
            "ids": [message_id for _, message_id in keys],
        }
        cursor = await connection.execute(_seen_query(trait).encode(), parameters)
        for account, fresh in await cursor.fetchall():
            folded[account].add(trait, fresh)


@lru_cache(maxsize=64)
def _seen_query(trait: EventTrait) -> str:
    seconds = trait.over // timedelta(seconds=1)
    return _SEEN.format(
        column=DISTINCT_COLUMNS[trait.of or ""],
        span=f"at > member.instant - INTERVAL '{seconds} seconds' AND at <= member.instant",
        counts=f"mark IS NULL AND {match_sql(trait.terms[0], Dialect.POSTGRES).replace('%', '%%')}",
        recent=_RECENT,
    )


async def _write(connection: Connection, folded: Mapping[str, Folded]) -> None:
    if folded:
        states = folded.values()
        await connection.execute(
            _WRITE,
            (
                list(folded), [orjson.dumps(each.kept).decode() for each in states],
                [each.at for each in states], [each.until for each in states],
            ),
        )  # fmt: skip
