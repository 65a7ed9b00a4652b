"""The links, visitors and contacts in PostgreSQL: read and written within the transaction of who calls."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb

from segue.accounts.links import Link, LinkKind, Method, Resolution
from segue.core.database import Connection

_LOCK = 7_416_204
"""The advisory lock: shared by who stores events, alone for who changes whom somebody is held to be."""


async def lock_identity(connection: Connection, *, alone: bool) -> None:
    """Hold off others until the transaction ends: those who change links, and, `alone`, all who store events.

    So no event is stored under whom its visitor was held to be just before.
    """
    name = "pg_advisory_xact_lock" if alone else "pg_advisory_xact_lock_shared"
    await connection.execute(f"SELECT {name}(%s)", (_LOCK,))


async def read_links(connection: Connection, origins: Collection[tuple[str, str]]) -> list[Link]:
    """Return the links that count from some visitors and contacts.

    Those do not that were removed, and those between two that somebody parted by hand.
    """
    if not origins:
        return []
    cursor = await connection.execute(
        "SELECT kind, from_id, to_id, method, confidence, at FROM segue.links"
        " JOIN unnest(%s::text[], %s::text[]) AS asked(kind, from_id) USING (kind, from_id)"
        " WHERE removed_at IS NULL AND NOT EXISTS (SELECT 1 FROM segue.links AS parted"
        " WHERE (parted.kind, parted.from_id, parted.to_id) = (links.kind, links.from_id, links.to_id)"
        " AND parted.method = 'explicit' AND parted.removed_at IS NOT NULL)",
        ([kind for kind, _ in origins], [from_id for _, from_id in origins]),
    )
    return [
        Link(LinkKind(kind), from_id, to_id, Method(method), round(confidence, 4), at)
        for kind, from_id, to_id, method, confidence, at in await cursor.fetchall()
    ]


async def put_links(connection: Connection, links: Sequence[Link]) -> None:
    """Store links, no two of one key; of one that is there the newest and surest claim is kept."""
    if not links:
        return
    ordered = sorted(links, key=lambda link: link.key)
    await connection.execute(
        "INSERT INTO segue.links AS old (kind, from_id, to_id, method, confidence, at)"
        " SELECT * FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::real[], %s::timestamptz[])"
        " ON CONFLICT (kind, from_id, to_id, method) DO UPDATE SET at = greatest(old.at, excluded.at),"
        " confidence = greatest(old.confidence, excluded.confidence)"
        " WHERE old.at < excluded.at OR old.confidence < excluded.confidence",
        _columns(
            (each.kind, each.from_id, each.to_id, each.method, each.confidence, each.at) for each in ordered
        ),
    )


Placed = Mapping[str, tuple[str | None, Resolution | None]]
"""A visitor or contact to whom they are held to be, and how that is known."""


async def resolve_visitors(connection: Connection, contacts: Placed, accounts: Placed) -> None:
    """Write whom visitors are held to be: their contacts, and the accounts that they were linked to themselves."""
    for column, how, found in (("contact_id", "", contacts), ("account_id", "account_", accounts)):
        if found:
            statement = (
                f"UPDATE segue.visitors AS old SET {column} = new.to_id,"  # noqa: S608 - fixed names
                f" {how}method = new.method, {how}confidence = new.confidence"
                " FROM unnest(%s::text[], %s::text[], %s::text[], %s::real[])"
                " AS new(visitor, to_id, method, confidence) WHERE old.visitor = new.visitor"
            )
            await connection.execute(
                statement.encode(),
                _columns((who, to_id, *_how(known)) for who, (to_id, known) in sorted(found.items())),
            )


@dataclass(frozen=True, slots=True)
class Contact:
    """A contact as stored: their account, what is known of them, and when they were last seen, to the hour."""

    account_id: str | None
    last_seen: datetime | None
    traits: Mapping[str, Any]


async def read_contacts(
    connection: Connection, contacts: Collection[str], *, hold: bool = False
) -> dict[str, Contact]:
    """Return the contacts there are of some; `hold` them until the transaction ends."""
    if not contacts:
        return {}
    query = "SELECT contact_id, account_id, last_seen, traits FROM segue.contacts WHERE contact_id = ANY(%s)"
    held = " ORDER BY contact_id FOR UPDATE" if hold else ""
    cursor = await connection.execute(query + held, (sorted(contacts),))
    return {row[0]: Contact(*row[1:]) for row in await cursor.fetchall()}


async def put_contacts(
    connection: Connection, seen: Mapping[str, datetime], traits: Mapping[str, Mapping[str, Any]]
) -> None:
    """Store when contacts were last seen, and the traits of those whose traits changed."""
    if seen:
        await connection.execute(
            "INSERT INTO segue.contacts AS old (contact_id, last_seen, traits)"
            " SELECT contact_id, last_seen, coalesce(traits, '{}')"
            " FROM unnest(%s::text[], %s::timestamptz[], %s::jsonb[]) AS new(contact_id, last_seen, traits)"
            " ON CONFLICT (contact_id) DO UPDATE SET last_seen = greatest(old.last_seen, excluded.last_seen),"
            " updated_at = now(), traits = old.traits || excluded.traits",
            _columns(
                (each, seen[each], Jsonb(traits[each]) if each in traits else None) for each in sorted(seen)
            ),
        )


async def resolve_contacts(connection: Connection, found: Placed) -> None:
    """Write of which account contacts are held to be, and how that is known."""
    if found:
        await connection.execute(
            "UPDATE segue.contacts AS old SET account_id = new.account_id, method = new.method,"
            " confidence = new.confidence, updated_at = now()"
            " FROM unnest(%s::text[], %s::text[], %s::text[], %s::real[])"
            " AS new(contact_id, account_id, method, confidence) WHERE old.contact_id = new.contact_id",
            _columns(
                (contact, account_id, *_how(resolution))
                for contact, (account_id, resolution) in sorted(found.items())
            ),
        )


async def find_accounts(connection: Connection, keys: Collection[str]) -> dict[str, str]:
    """Return the account of each key, by id and else by domain; one that there is none of is made."""
    if not keys:
        return {}
    ordered = sorted(keys)
    found = await _accounts_of(connection, ordered)
    missing = [key for key in ordered if key not in found]
    if missing:
        await connection.execute(
            "INSERT INTO segue.accounts (account_id, domain) SELECT * FROM unnest(%s::text[], %s::text[])"
            " ON CONFLICT DO NOTHING",
            (missing, [key if "." in key else None for key in missing]),
        )
        found |= {key: key for key in missing}
    return found


async def _accounts_of(connection: Connection, keys: Sequence[str]) -> dict[str, str]:
    # of a domain's accounts the tie-break's pick, of a family the parent, as decisions read them
    cursor = await connection.execute(
        "SELECT DISTINCT ON (key) key, account_id FROM ("
        " SELECT key, 0 AS rank, account_id, duplicate_of, parent_id FROM unnest(%(keys)s::text[]) AS key"
        " JOIN segue.accounts ON account_id = key"
        " UNION ALL SELECT key, 1, account_id, duplicate_of, parent_id FROM unnest(%(keys)s::text[]) AS key"
        " JOIN segue.accounts ON domain = key) AS candidates"
        " ORDER BY key, rank, duplicate_of IS NOT NULL, parent_id IS NOT NULL, account_id",
        {"keys": list(keys)},
    )
    return {row[0]: row[1] for row in await cursor.fetchall()}


def _how(resolution: Resolution | None) -> tuple[str | None, float | None]:
    return (resolution.method, resolution.confidence) if resolution else (None, None)


def _columns(rows: Iterable[Sequence[Any]]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]
