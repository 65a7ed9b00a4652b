"""Visitor -> contact -> account: what events say of who is who, worked out within their transaction.

Whom somebody is held to be follows from the set of links alone: events that come late, twice or in
another order end in the same state.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from segue.accounts.contact_traits import merge_person
from segue.accounts.events import FORM_FILLS, Event
from segue.accounts.link_store import (
    find_accounts,
    put_contacts,
    put_links,
    read_contacts,
    read_links,
    resolve_contacts,
    resolve_visitors,
)
from segue.accounts.links import (
    Link,
    LinkKind,
    Method,
    Resolution,
    contact_of,
    links_of,
    merged,
    resolve,
    telling,
)
from segue.accounts.visitor_store import Visitor, store_visitors
from segue.core.database import Connection


class AloneNeededError(Exception):
    """Somebody turns out to be another: the transaction starts again, alone."""


@dataclass(frozen=True, slots=True)
class Identified:
    """Who the visitors and contacts of some events are, and what that changed."""

    contact_of_visitor: Mapping[str, str | None]
    account_of_visitor: Mapping[str, str | None]
    """The account that a visitor was linked to without being a known contact."""
    account_of_contact: Mapping[str, str | None]
    touched: frozenset[str] = frozenset()
    """Accounts that gained or lost stored events."""
    moved: Mapping[tuple[str, str], str | None] = field(default_factory=dict)
    """Stored events that declare something and now count elsewhere, to the account that they counted for."""

    def of(self, visitor: str | None, stated: str | None) -> tuple[str | None, str | None]:
        """Return the contact and the account of an event by its visitor and the contact that it names."""
        contact = stated or (self.contact_of_visitor.get(visitor) if visitor else None)
        account = self.account_of_contact.get(contact) if contact else None
        return contact, account or (self.account_of_visitor.get(visitor) if visitor else None)


@dataclass(slots=True)
class _Changed:
    """Resolutions that differ from what they were, by visitor or contact."""

    contacts: dict[str, Resolution | None] = field(default_factory=dict)
    visitor_accounts: dict[str, Resolution | None] = field(default_factory=dict)
    contact_accounts: dict[str, Resolution | None] = field(default_factory=dict)
    someone: bool = False
    """True where somebody is now another, not only known better."""


async def identify(
    connection: Connection, events: Sequence[Event], received: datetime, *, alone: bool
) -> Identified:
    """Store what events say of who is who, and move the stored events of those who are now another.

    Raises:
        AloneNeededError: not `alone`, and somebody is now another.
    """
    claiming = telling(events)
    links = merged(link for event in claiming for link in links_of(event, received))
    changed = await _changes(connection, links)
    if changed.someone and not alone:
        raise AloneNeededError
    await put_links(connection, list(links.values()))
    visitors = await store_visitors(connection, events)
    contacts = await _store_contacts(connection, claiming, visitors)
    return await _settle(connection, visitors, contacts, changed)


async def reconsider(connection: Connection, origins: Iterable[tuple[LinkKind, str]]) -> Identified:
    """Work out anew whom some visitors and contacts are, after links of theirs were made or removed by hand.

    The caller holds the lock alone.
    """
    wanted = list(origins)
    links = await read_links(connection, wanted)
    changed = _Changed(someone=True)
    for kind, from_id in wanted:
        _place(changed, kind, from_id, resolve(each for each in links if each.origin == (kind, from_id)))
    return await _settle(connection, {}, {}, changed)


async def _changes(connection: Connection, links: Mapping[tuple[str, str, str, str], Link]) -> _Changed:
    origins = {link.origin for link in links.values()}
    before: dict[tuple[str, str], list[Link]] = {origin: [] for origin in origins}
    for link in await read_links(connection, origins):
        before[link.origin].append(link)
    removed = await _removed(connection, origins)
    after = {origin: list(found) for origin, found in before.items()}
    for link in links.values():
        if not removed.intersection((link.key, (*link.key[:3], Method.EXPLICIT))):
            after[link.origin].append(link)
    changed = _Changed()
    for origin in origins:
        was, now = resolve(before[origin]), resolve(merged(after[origin]).values())
        if was != now:
            changed.someone |= (was and was.to_id) != (now and now.to_id)
            _place(changed, LinkKind(origin[0]), origin[1], now)
    return changed


async def _removed(
    connection: Connection, origins: Iterable[tuple[str, str]]
) -> set[tuple[str, str, str, str]]:
    """Links that somebody removed: an event that claims them again does not bring them back."""
    asked = list(origins)
    if not asked:
        return set()
    cursor = await connection.execute(
        "SELECT kind, from_id, to_id, method FROM segue.links"
        " JOIN unnest(%s::text[], %s::text[]) AS asked(kind, from_id) USING (kind, from_id)"
        " WHERE removed_at IS NOT NULL",
        ([kind for kind, _ in asked], [from_id for _, from_id in asked]),
    )
    return {(row[0], row[1], row[2], row[3]) for row in await cursor.fetchall()}


def _place(changed: _Changed, kind: LinkKind, from_id: str, now: Resolution | None) -> None:
    if kind is LinkKind.VISITOR_CONTACT:
        changed.contacts[from_id] = now
    elif kind is LinkKind.VISITOR_ACCOUNT:
        changed.visitor_accounts[from_id] = now
    else:
        changed.contact_accounts[from_id] = now


async def _store_contacts(
    connection: Connection, events: Iterable[Event], visitors: Mapping[str, Visitor]
) -> dict[str, str | None]:
    """Return the accounts of the contacts of events and visitors; those whom events name are made.

    What they say of themselves is kept.
    """
    told: dict[str, list[Event]] = {}
    for event in events:
        contact = contact_of(event)
        if contact is not None:
            told.setdefault(contact, []).append(event)
    others = {each.contact_id for each in visitors.values() if each.contact_id} | told.keys()
    speaking = {contact for contact, said in told.items() if any(event.traits for event in said)}
    stored = await read_contacts(connection, speaking, hold=True)
    stored |= await read_contacts(connection, others - speaking)
    seen: dict[str, datetime] = {}
    traits: dict[str, dict[str, Any]] = {}
    for contact, said in told.items():
        held = stored.get(contact)
        news = merge_person(held.traits if held else {}, said) if contact in speaking else {}
        last = max(event.at for event in said).replace(minute=0, second=0, microsecond=0)
        if news or held is None or held.last_seen is None or held.last_seen < last:
            seen[contact] = last
        if news:
            traits[contact] = news
    await put_contacts(connection, seen, traits)
    return dict.fromkeys(told) | {contact: each.account_id for contact, each in stored.items()}


async def _settle(
    connection: Connection,
    visitors: Mapping[str, Visitor],
    contacts: Mapping[str, str | None],
    changed: _Changed,
) -> Identified:
    """Write the resolutions that changed, move stored events, and return who everybody is."""
    found = (*changed.visitor_accounts.values(), *changed.contact_accounts.values())
    accounts = await find_accounts(connection, {each.to_id for each in found if each is not None})
    own = {
        who: (accounts[each.to_id] if each else None, each) for who, each in changed.visitor_accounts.items()
    }
    theirs = {
        who: (accounts[each.to_id] if each else None, each) for who, each in changed.contact_accounts.items()
    }
    people = {who: (each.to_id if each else None, each) for who, each in changed.contacts.items()}
    await resolve_visitors(connection, people, own)
    await resolve_contacts(connection, theirs)
    touched, moved = set[str](), dict[tuple[str, str], str | None]()
    if changed.someone:
        touched, moved = await _move_events(connection, {*people, *own}, set(theirs))
    of_visitor = {who: each.contact_id for who, each in visitors.items()}
    of_visitor |= {who: contact for who, (contact, _) in people.items()}
    own_account = {who: each.account_id for who, each in visitors.items()}
    own_account |= {who: account for who, (account, _) in own.items()}
    of_contact = dict(contacts) | {who: account for who, (account, _) in theirs.items()}
    unread = {contact for contact, _ in people.values() if contact} - of_contact.keys()
    of_contact |= {who: each.account_id for who, each in (await read_contacts(connection, unread)).items()}
    return Identified(of_visitor, own_account, of_contact, frozenset(touched), moved)


# by place, not by key: the events of one visitor would be looked for in the whole table otherwise
_MOVE = """
WITH wanted AS (
    SELECT event.ctid AS place, event.source, event.message_id, event.account_id AS was,
        event.contact_id AS was_contact, coalesce(event.user_id, visitor.contact_id) AS contact_id,
        visitor.account_id AS own
    FROM segue.events AS event LEFT JOIN segue.visitors AS visitor USING (visitor)
    WHERE event.visitor = ANY(%(visitors)s) OR event.contact_id = ANY(%(contacts)s)
), placed AS (
    SELECT wanted.*, coalesce(contact.account_id, own) AS account_id
    FROM wanted LEFT JOIN segue.contacts AS contact ON contact.contact_id = wanted.contact_id
), moved AS (
    UPDATE segue.events AS event SET contact_id = placed.contact_id, account_id = placed.account_id
    FROM placed WHERE event.ctid = ANY(ARRAY(SELECT place FROM placed))
        AND event.source = placed.source AND event.message_id = placed.message_id
        AND (was, was_contact) IS DISTINCT FROM (placed.account_id, placed.contact_id)
    RETURNING event.source, event.message_id, was, event.account_id,
        was IS DISTINCT FROM event.account_id
            AND (kind IN ('identify', 'group') OR name = ANY(%(forms)s)) AS declares
)
SELECT was, account_id, NULL AS source, NULL AS message_id FROM moved GROUP BY 1, 2
UNION ALL SELECT was, account_id, source, message_id FROM moved WHERE declares
"""


async def _move_events(
    connection: Connection, visitors: set[str], contacts: set[str]
) -> tuple[set[str], dict[tuple[str, str], str | None]]:
    """Return the accounts that gained or lost events, and the events that took with them what they declare."""
    cursor = await connection.execute(
        _MOVE, {"visitors": list(visitors), "contacts": list(contacts), "forms": list(FORM_FILLS)}
    )
    touched, moved = set[str](), dict[tuple[str, str], str | None]()
    for was, account_id, source, message_id in await cursor.fetchall():
        if source is not None:
            moved[source, message_id] = was
        else:
            touched |= {each for each in (was, account_id) if each is not None}
    return touched, moved
