"""Write what is known of accounts: trait values by source, whole imports, and what is pinned by hand."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from segue.accounts.book import AccountBook, AccountRecord
from segue.accounts.locks import lock_accounts
from segue.accounts.stored import Pin, Said, micros_of
from segue.core.database import Connection, Database
from segue.core.errors import NotFoundError

Then = Callable[[Connection, Sequence[str]], Awaitable[None]]
"""What else is done about the accounts that were written, in the same transaction: they are labelled."""

_AT_ONCE = 200
"""Accounts of a file that are labelled together, while the process does nothing else."""


async def nothing_else(connection: Connection, account_ids: Sequence[str]) -> None:
    """Leave it at what was written."""


@dataclass(frozen=True, slots=True)
class TraitValue:
    """One thing that a source says of a trait. A value of None withdraws what it said before."""

    trait: str
    value: Any
    source: str
    true_at: datetime
    confidence: float | None = None


# a value that is older than what the same source already said is history, not news
_MERGE = """
UPDATE segue.accounts SET updated_at = now(), traits = traits || (
    SELECT coalesce(jsonb_object_agg(trait, coalesce(traits -> trait, '{}') || said), '{}') FROM (
        SELECT trait, jsonb_object_agg(source, jsonb_build_array(value, confidence, since)) AS said
        FROM (
            SELECT DISTINCT ON (trait, source) trait, source, value, confidence, since
            FROM unnest(%(traits)s::text[], %(sources)s::text[], %(values)s::jsonb[],
                %(confidences)s::real[], %(since)s::bigint[])
                WITH ORDINALITY AS new(trait, source, value, confidence, since, number)
            ORDER BY trait, source, since DESC, number DESC
        ) AS news
        WHERE since >= coalesce((traits -> trait -> source ->> 2)::bigint, since)
        GROUP BY trait
    ) AS merged
)
WHERE account_id = %(account)s
"""
_APPEND = """
INSERT INTO segue.trait_values (account_id, trait, value, source, confidence, true_at)
SELECT %(account)s, trait, value, source, confidence, to_timestamp(since / 1e6)
FROM unnest(%(traits)s::text[], %(sources)s::text[], %(values)s::jsonb[], %(confidences)s::real[],
    %(since)s::bigint[]) AS new(trait, source, value, confidence, since)
"""


async def put_traits(
    database: Database,
    account_id: str,
    domain: str | None,
    values: Sequence[TraitValue],
    then: Then = nothing_else,
) -> None:
    """Store what sources say of an account, which is made if there is none of that id. All or nothing."""
    parameters = {
        "account": account_id,
        "traits": [each.trait for each in values],
        "sources": [each.source for each in values],
        "values": [None if each.value is None else orjson.dumps(each.value).decode() for each in values],
        "confidences": [each.confidence for each in values],
        "since": [micros_of(each.true_at) for each in values],
    }
    async with database.transaction() as connection:
        await connection.execute(
            "INSERT INTO segue.accounts (account_id, domain) VALUES (%s, %s) ON CONFLICT DO NOTHING",
            (account_id, domain),
        )
        await lock_accounts(connection, [account_id])
        await connection.execute(_APPEND, parameters)
        await connection.execute(_MERGE, parameters)
        await then(connection, [account_id])


async def put_pin(database: Database, account_id: str, pin: Pin, by: str, then: Then = nothing_else) -> None:
    """Hold a label or an owner by hand until the pin expires, in place of an earlier one.

    Raises:
        NotFoundError: there is no such account.
    """
    async with database.transaction() as connection:
        await hold_pin(connection, account_id, pin, by, then)


async def hold_pin(
    connection: Connection, account_id: str, pin: Pin, by: str, then: Then = nothing_else
) -> None:
    """Hold a label or an owner by hand as `put_pin` does, in the caller's transaction."""
    await lock_accounts(connection, [account_id])
    cursor = await connection.execute(
        "INSERT INTO segue.pins (account_id, pack, kind, value, reason, pinned_by, expires_at)"
        " SELECT account_id, %s, %s, %s, %s, %s, %s FROM segue.accounts WHERE account_id = %s"
        " ON CONFLICT (account_id, kind, pack) DO UPDATE SET value = excluded.value,"
        " reason = excluded.reason, pinned_by = excluded.pinned_by, pinned_at = now(),"
        " expires_at = excluded.expires_at",
        (pin.pack, pin.kind, pin.value, pin.reason, by, pin.expires_at, account_id),
    )
    if not cursor.rowcount:
        raise NotFoundError(f"no account {account_id!r}")
    await then(connection, [account_id])


async def remove_pin(
    database: Database, account_id: str, kind: str, pack: str, then: Then = nothing_else
) -> bool:
    """Let go of what was held by hand; return False when nothing was."""
    async with database.transaction() as connection:
        await lock_accounts(connection, [account_id])
        cursor = await connection.execute(
            "DELETE FROM segue.pins WHERE account_id = %s AND kind = %s AND pack = %s",
            (account_id, kind, pack),
        )
        if cursor.rowcount:
            await then(connection, [account_id])
        return cursor.rowcount > 0


async def store_book(
    database: Database, book: AccountBook, imported_at: datetime, then: Then = nothing_else
) -> int:
    """Store every account of an account file, in one transaction; return how many.

    An account that is there already gets what the file says over what the same source said before,
    and keeps what other sources say.
    """
    source = book.info.source_name
    async with database.transaction() as connection:
        await connection.execute(_STAGING)
        count = 0
        async with (
            connection.cursor() as cursor,
            cursor.copy("COPY staged_accounts FROM STDIN") as copy,
        ):
            for record in book:
                await copy.write_row(_staged(record, source, imported_at))
                count += 1
        await _take_staged(connection, source)
        cursor = await connection.execute(
            "SELECT DISTINCT account_id FROM staged_accounts ORDER BY account_id"
        )
        names = [row[0] for row in await cursor.fetchall()]
        for start in range(0, len(names), _AT_ONCE):
            await then(connection, names[start : start + _AT_ONCE])
    return count


_STAGING = """
CREATE TEMP TABLE staged_accounts (
    account_id text, domain text, name text, owner text, open_opportunity_owner text, parent_id text,
    duplicate_of text, traits jsonb
) ON COMMIT DROP
"""
_TAKE_ACCOUNTS = """
INSERT INTO segue.accounts AS old
    (account_id, domain, name, owner, open_opportunity_owner, parent_id, duplicate_of, traits)
SELECT DISTINCT ON (account_id) * FROM staged_accounts
ORDER BY account_id, duplicate_of IS NOT NULL
ON CONFLICT (account_id) DO UPDATE SET
    domain = coalesce(excluded.domain, old.domain), name = coalesce(excluded.name, old.name),
    owner = excluded.owner, open_opportunity_owner = excluded.open_opportunity_owner,
    parent_id = coalesce(excluded.parent_id, old.parent_id), duplicate_of = excluded.duplicate_of,
    updated_at = now(),
    traits = old.traits || (
        SELECT coalesce(jsonb_object_agg(new.key, coalesce(old.traits -> new.key, '{}') || new.value), '{}')
        FROM jsonb_each(excluded.traits) AS new
        WHERE (new.value -> %(source)s ->> 2)::bigint
            >= coalesce((old.traits -> new.key -> %(source)s ->> 2)::bigint, 0)
    )
"""
_TAKE_VALUES = """
INSERT INTO segue.trait_values (account_id, trait, value, source, true_at)
SELECT account_id, said.key, said.value -> %(source)s -> 0, %(source)s,
    to_timestamp((said.value -> %(source)s ->> 2)::bigint / 1e6)
FROM staged_accounts CROSS JOIN LATERAL jsonb_each(traits) AS said
"""


async def _take_staged(connection: Connection, source: str) -> None:
    await connection.execute(_TAKE_ACCOUNTS, {"source": source})
    await connection.execute(_TAKE_VALUES, {"source": source})


def said_by(record: AccountRecord, source: str, imported_at: datetime) -> dict[str, dict[str, Said]]:
    """Return what an account file says of an account, as the store keeps it: trait to source to what it says."""
    return {
        name: {source: (plain(value), None, micros_of(record.as_of.get(name, imported_at)))}
        for name, value in record.values.items()
    }


def _staged(record: AccountRecord, source: str, imported_at: datetime) -> tuple[Any, ...]:
    said = said_by(record, source, imported_at)
    return (
        record.id, record.domain, record.name, record.owner, record.open_opportunity_owner, record.parent,
        record.duplicate_of, orjson.dumps(said).decode(),
    )  # fmt: skip


def plain(value: Any) -> Any:
    """Return a trait's value as JSON has it."""
    if isinstance(value, datetime):
        return value.isoformat()
    return list(value) if isinstance(value, Iterable) and not isinstance(value, str) else value
