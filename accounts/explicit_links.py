"""Links that somebody states or parts by hand: of visitors, contacts, accounts and their parents.

What is said by hand of two holds for whatever else claims of them, before it and after: two that are parted stay
so until they are linked by hand again.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from segue.accounts.declared_store import move_declared
from segue.accounts.domains import read_domain
from segue.accounts.erased import refused
from segue.accounts.identity import reconsider
from segue.accounts.link_store import find_accounts, lock_identity, put_contacts
from segue.accounts.links import LinkKind, Method
from segue.accounts.locks import lock_accounts
from segue.accounts.reader import account_key, read_accounts
from segue.accounts.readings import Fault
from segue.accounts.visitor_store import put_visitors
from segue.accounts.writer import Then, nothing_else
from segue.core.database import Connection, Database
from segue.core.errors import ConflictError, InputError, NotFoundError
from segue.policies.pack import Pack

_DEEPEST = 50
"""Parents above one another."""
_TO_ACCOUNT = (LinkKind.VISITOR_ACCOUNT, LinkKind.CONTACT_ACCOUNT, LinkKind.ACCOUNT_PARENT)


@dataclass(frozen=True, slots=True)
class Stated:
    """A link as somebody names it; accounts by id or domain."""

    kind: LinkKind
    from_id: str
    to_id: str
    confidence: float = 1.0


async def put_stated(
    database: Database,
    links: Sequence[Stated],
    packs: Sequence[Pack],
    now: datetime,
    then: Then = nothing_else,
) -> int:
    """Link by hand, all of it or nothing; return how many links there are by it.

    Visitors, contacts and accounts that are new are made, but for parents and subsidiaries. Of one from the
    last link by hand counts among equally believed ones. Links of people who were erased are left out.

    Raises:
        NotFoundError: a parent or a subsidiary is not there.
        InputError: an account would stand above itself, or is no company's, as a mail service is.
        ConflictError: too many parents stand above one another.
    """
    async with database.transaction() as connection:
        await lock_identity(connection, alone=True)
        kept = await _not_erased(connection, links)
        for link in kept:
            from_id, names = await _ends(connection, link, make=True)
            await _make(connection, link.kind, from_id, names[0], now)
            await connection.execute(
                "DELETE FROM segue.links WHERE kind = %s AND from_id = %s AND to_id = ANY(%s) AND method = %s",
                (link.kind, from_id, names, Method.EXPLICIT),
            )
            await connection.execute(
                "INSERT INTO segue.links (kind, from_id, to_id, method, confidence, at)"
                " VALUES (%s, %s, %s, %s, %s, %s)",
                (link.kind, from_id, names[0], Method.EXPLICIT, link.confidence, now),
            )
            if link.kind is LinkKind.ACCOUNT_PARENT:
                await _set_parent(connection, from_id, names[0])
        await _settle(connection, kept, packs, then)
    return len(kept)


async def part_stated(
    database: Database, link: Stated, by: str, packs: Sequence[Pack], now: datetime, then: Then = nothing_else
) -> bool:
    """Part two by hand; return False where nothing linked them, so that nothing changed. It may be repeated.

    Raises:
        NotFoundError: an account is not there.
    """
    async with database.transaction() as connection:
        await lock_identity(connection, alone=True)
        if not await _not_erased(connection, [link]):
            return False
        from_id, names = await _ends(connection, link, make=False)
        cursor = await connection.execute(
            "SELECT EXISTS (SELECT FROM segue.links AS link WHERE kind = %(kind)s AND from_id = %(from)s"
            " AND to_id = ANY(%(to)s) AND removed_at IS NULL AND NOT EXISTS (SELECT FROM segue.links AS parted"
            " WHERE (parted.kind, parted.from_id, parted.to_id) = (link.kind, link.from_id, link.to_id)"
            " AND parted.method = %(method)s AND parted.removed_at IS NOT NULL))",
            {"kind": link.kind, "from": from_id, "to": names, "method": Method.EXPLICIT},
        )
        linked = bool((await cursor.fetchall())[0][0])
        await connection.execute(
            "INSERT INTO segue.links (kind, from_id, to_id, method, confidence, at, removed_at, removed_by)"
            " SELECT %s, %s, to_id, %s, 0, %s, %s, %s FROM unnest(%s::text[]) AS to_id"
            " ON CONFLICT (kind, from_id, to_id, method) DO UPDATE SET removed_at = excluded.removed_at,"
            " removed_by = excluded.removed_by WHERE links.removed_at IS NULL",
            (link.kind, from_id, Method.EXPLICIT, now, now, by, names),
        )
        if link.kind is LinkKind.ACCOUNT_PARENT:
            cursor = await connection.execute(
                "UPDATE segue.accounts SET parent_id = NULL, updated_at = now()"
                " WHERE account_id = %s AND parent_id = ANY(%s)",
                (from_id, names),
            )
            linked |= cursor.rowcount > 0
        await _settle(connection, [link], packs, then)
    return linked


async def _not_erased(connection: Connection, links: Sequence[Stated]) -> list[Stated]:
    people = {link.from_id for link in links if link.kind is not LinkKind.ACCOUNT_PARENT}
    people |= {link.to_id for link in links if link.kind is LinkKind.VISITOR_CONTACT}
    gone = await refused(connection, people)
    return [link for link in links if not gone.intersection((link.from_id, link.to_id))]


async def _ends(connection: Connection, link: Stated, *, make: bool) -> tuple[str, list[str]]:
    """Return from whom a link goes, and every name under which links know to whom, the one to keep it by first."""
    from_id = link.from_id
    if link.kind is LinkKind.ACCOUNT_PARENT:
        from_id = (await _names(connection, from_id, "from", make=False))[0]
    if link.kind not in _TO_ACCOUNT:
        return from_id, [link.to_id]
    make = make and link.kind is not LinkKind.ACCOUNT_PARENT
    names = await _names(connection, link.to_id, "to", make=make)
    cursor = await connection.execute(
        "SELECT to_id FROM segue.links"
        " JOIN segue.accounts ON account_id = %s AND (to_id = account_id OR to_id = domain)"
        " WHERE kind = %s AND from_id = %s",
        (names[0], link.kind, from_id),
    )
    return from_id, list(dict.fromkeys([*names, *(row[0] for row in await cursor.fetchall())]))


async def _names(connection: Connection, text: str, place: str, *, make: bool) -> list[str]:
    key = account_key(text)
    (stored,) = await read_accounts(connection, [key], 0)
    if not stored.known:
        if not make:
            raise NotFoundError(f"{place}: no account {text!r}")
        fault = read_domain(text).fault if "." in text else None
        if fault in (Fault.FREE_MAIL, Fault.DISPOSABLE, Fault.PLATFORM):
            raise InputError(f"{place}: expected an account, by id or a company's own domain, found {text!r}")
        name = key.domain or key.text
        await find_accounts(connection, {name})
        return [name]
    account = stored.account
    return list(dict.fromkeys(each for each in (account.id, account.domain, key.domain) if each is not None))


async def _make(connection: Connection, kind: LinkKind, from_id: str, to_id: str, now: datetime) -> None:
    """Make the visitor and contacts that a link names, where they are new."""
    hour = now.replace(minute=0, second=0, microsecond=0)
    if kind in (LinkKind.VISITOR_CONTACT, LinkKind.VISITOR_ACCOUNT):
        await _put_new(connection, visitor=from_id, hour=hour)
    if kind is LinkKind.VISITOR_CONTACT:
        await _put_new(connection, contact=to_id, hour=hour)
    if kind is LinkKind.CONTACT_ACCOUNT:
        await _put_new(connection, contact=from_id, hour=hour)


async def _put_new(
    connection: Connection, *, hour: datetime, visitor: str | None = None, contact: str | None = None
) -> None:
    table, column, who = ("visitors", "visitor", visitor) if visitor else ("contacts", "contact_id", contact)
    assert who is not None
    query = f"SELECT 1 FROM segue.{table} WHERE {column} = %s"  # noqa: S608 - fixed names
    if await (await connection.execute(query.encode(), (who,))).fetchone() is None:
        if visitor:
            await put_visitors(connection, {who: (hour, hour)})
        else:
            await put_contacts(connection, {who: hour}, {})


async def _set_parent(connection: Connection, account_id: str, parent: str) -> None:
    cursor = await connection.execute(
        "WITH RECURSIVE above AS ("
        " SELECT account_id, parent_id, 1 AS height FROM segue.accounts WHERE account_id = %s"
        " UNION ALL SELECT next.account_id, next.parent_id, height + 1 FROM above"
        " JOIN segue.accounts AS next ON next.account_id = above.parent_id WHERE height < %s"
        ") SELECT coalesce(bool_or(account_id = %s), false), count(*) FROM above",
        (parent, _DEEPEST, account_id),
    )
    circle, height = (await cursor.fetchall())[0]
    if circle:
        raise InputError(f"to: {parent!r} is {account_id!r} or below it; expected an account that is not")
    if height >= _DEEPEST:
        raise ConflictError(f"to: more than {_DEEPEST} parents stand above {parent!r}")
    await connection.execute(
        "UPDATE segue.accounts SET parent_id = %s, updated_at = now() WHERE account_id = %s",
        (parent, account_id),
    )


async def _settle(
    connection: Connection, links: Collection[Stated], packs: Sequence[Pack], then: Then
) -> None:
    """Work out anew who everybody is, move what they did, and let the accounts of it be labelled."""
    origins = {(link.kind, link.from_id) for link in links if link.kind is not LinkKind.ACCOUNT_PARENT}
    if not origins:
        return
    who = await reconsider(connection, sorted(origins))
    locked = await lock_accounts(connection, who.touched)
    await move_declared(connection, who.moved, packs)
    if locked.accounts:
        await then(connection, [*locked.accounts, *locked.aliases])
