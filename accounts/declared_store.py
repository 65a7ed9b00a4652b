"""Declared values in PostgreSQL: history in `trait_values`, the newest of each trait with its account.

The state is a function of the events that count for an account now: equally new values of one trait are told
apart by their text, and what an account loses with the events of somebody who moved is worked out anew.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import orjson

from segue.accounts.declared import SOURCE, Declared, of_account
from segue.accounts.events import FORM_FILLS, Event, EventKind
from segue.accounts.stored import micros_of
from segue.core.database import Connection
from segue.policies.pack import Pack

_READ = """
SELECT source, message_id, kind, at, account_id, name, properties, trusted FROM segue.events
WHERE {which} AND mark IS NULL
    AND (kind IN ('identify', 'group') OR (kind = 'track' AND name = ANY(%(forms)s)))
"""
_APPEND = """
INSERT INTO segue.trait_values (account_id, trait, value, source, confidence, true_at)
SELECT account_id, trait, value, %(source)s, confidence, to_timestamp(since / 1e6)
FROM unnest(%(accounts)s::text[], %(traits)s::text[], %(values)s::jsonb[], %(confidences)s::real[],
    %(since)s::bigint[]) AS new(account_id, trait, value, confidence, since)
"""
_MERGE = """
UPDATE segue.accounts SET updated_at = now(), traits = traits || merged.said
FROM (
    SELECT account_id, jsonb_object_agg(trait, coalesce(old.traits -> trait, '{}')
        || jsonb_build_object(%(source)s::text, jsonb_build_array(value, confidence, since))) AS said
    FROM (
        SELECT DISTINCT ON (account_id, trait) * FROM unnest(%(accounts)s::text[], %(traits)s::text[],
            %(values)s::jsonb[], %(confidences)s::real[], %(since)s::bigint[])
            AS new(account_id, trait, value, confidence, since)
        ORDER BY account_id, trait, since DESC, confidence DESC, value::text DESC
    ) AS news JOIN segue.accounts AS old USING (account_id)
    WHERE old.traits -> trait -> %(source)s::text IS NULL OR (since, confidence, value::text) >= (
        (old.traits -> trait -> %(source)s::text ->> 2)::bigint,
        coalesce((old.traits -> trait -> %(source)s::text ->> 1)::real, 1),
        (old.traits -> trait -> %(source)s::text -> 0)::text)
    GROUP BY account_id
) AS merged
WHERE accounts.account_id = merged.account_id
"""
_WITHDRAW = """
WITH gone AS (
    UPDATE segue.accounts SET updated_at = now(), traits = CASE
        WHEN (traits -> trait) - %(source)s::text = '{}' THEN traits - trait
        ELSE jsonb_set(traits, ARRAY[trait], (traits -> trait) - %(source)s::text) END
    FROM unnest(%(accounts)s::text[], %(traits)s::text[], %(values)s::jsonb[], %(since)s::bigint[])
        AS lost(account, trait, value, since)
    WHERE account_id = account AND traits -> trait -> %(source)s::text -> 0 = value
        AND (traits -> trait -> %(source)s::text ->> 2)::bigint = since
    RETURNING account_id, trait, since
)
INSERT INTO segue.trait_values (account_id, trait, value, source, true_at)
SELECT account_id, trait, NULL, %(source)s, to_timestamp(since / 1e6) FROM gone
"""


async def put_declared(connection: Connection, values: Mapping[str, Sequence[Declared]]) -> None:
    """Store what is declared of accounts, which the caller has locked: what is older than what is there is history."""
    rows = [(account, each) for account, told in sorted(values.items()) for each in told]
    if not rows:
        return
    parameters = {
        "source": SOURCE,
        "accounts": [account for account, _ in rows],
        "traits": [each.trait for _, each in rows],
        "values": [orjson.dumps(each.value).decode() for _, each in rows],
        "confidences": [each.confidence for _, each in rows],
        "since": [micros_of(each.at) for _, each in rows],
    }
    await connection.execute(_APPEND, parameters)
    await connection.execute(_MERGE, parameters)


async def move_declared(
    connection: Connection, moved: Mapping[tuple[str, str], str | None], packs: Sequence[Pack]
) -> None:
    """Take what moved events declare from the accounts that they counted for to those they count for now."""
    if not moved:
        return
    which = "(source, message_id) IN (SELECT * FROM unnest(%(sources)s::text[], %(ids)s::text[]))"
    keys = {"sources": [source for source, _ in moved], "ids": [message_id for _, message_id in moved]}
    gained: dict[str, list[Declared]] = {}
    lost: dict[str, list[Declared]] = {}
    for event, account in await _declaring(connection, which, keys):
        told = of_account(event, packs)[0]
        was = moved[event.key]
        if account is not None:
            gained.setdefault(account, []).extend(told)
        if was is not None:
            lost.setdefault(was, []).extend(told)
    await _withdraw(connection, lost)
    await put_declared(connection, gained)
    left: dict[str, list[Declared]] = {}
    for event, account in await _declaring(
        connection, "account_id = ANY(%(accounts)s)", {"accounts": list(lost)}
    ):
        if account is not None:
            left.setdefault(account, []).extend(of_account(event, packs)[0])
    await put_declared(connection, left)


async def _withdraw(connection: Connection, lost: Mapping[str, Sequence[Declared]]) -> None:
    """Remove values from accounts where they are the newest of their trait."""
    for account, told in sorted(lost.items()):
        for each in told:
            await connection.execute(
                _WITHDRAW,
                {
                    "source": SOURCE, "accounts": [account], "traits": [each.trait],
                    "values": [orjson.dumps(each.value).decode()], "since": [micros_of(each.at)],
                },
            )  # fmt: skip


async def _declaring(
    connection: Connection, which: str, parameters: Mapping[str, object]
) -> list[tuple[Event, str | None]]:
    """Return stored events that declare something, each with its account."""
    cursor = await connection.execute(
        _READ.format(which=which).encode(), {**parameters, "forms": list(FORM_FILLS)}
    )
    return [
        (
            Event(source, message_id, EventKind(kind), at, name=name, traits=properties, trusted=trusted),
            account,
        )
        for source, message_id, kind, at, account, name, properties, trusted in await cursor.fetchall()
    ]
