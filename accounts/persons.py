"""One person as the store knows them: contacts, browsers, addresses, and the texts that tell who they are."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from segue.core.database import Connection
from segue.core.stored_texts import Needles

_EMAIL = re.compile(r"[^@\s\"'<>(),;:]{1,64}@[^@\s\"'<>(),;:/]+\.[^@\s\"'<>(),;:/]{2,}")
_PERSONAL = (
    "name",
    "mail",
    "phone",
    "mobile",
    "user",
    "login",
    "address",
    "street",
    "birth",
    "avatar",
    "handle",
)
"""A property whose key holds one of these tells who somebody is."""
_LONG = 12
"""An identifier from this length on, with a letter in it, is taken for one that no other text holds by chance."""
_LEAST = 4
_EMAIL_KEYS = frozenset({"email", "mail", "e_mail", "email_address", "work_email", "business_email"})
"""The properties that hold a person's own address; `manager_email` holds another's."""


@dataclass(frozen=True, slots=True)
class Person:
    """Whose traces go. An account is not a person: its id and its domain are never among them."""

    contacts: frozenset[str] = frozenset()
    visitors: frozenset[str] = frozenset()
    emails: frozenset[str] = frozenset()
    also: frozenset[str] = frozenset()
    """Further texts that the caller says are theirs alone."""
    telling: frozenset[str] = frozenset()
    """Names, numbers and the like that they gave: looked for in what is theirs, since others share them."""
    accounts: frozenset[str] = frozenset()
    """The accounts that they and what they did belong to."""
    pseudonyms: Mapping[str, str] = field(default_factory=dict)
    """What stands in the place of each contact and visitor: random, so that nothing leads back."""
    token: str = field(default_factory=lambda: f"erased:{secrets.token_hex(16)}")
    """What stands in the place of any other text of theirs."""

    @property
    def identifiers(self) -> frozenset[str]:
        """Everything that names them."""
        return self.contacts | self.visitors | self.emails

    @property
    def is_nobody(self) -> bool:
        """True where nothing names anybody."""
        return not self.identifiers

    @property
    def needles(self) -> Needles:
        """The texts that are theirs alone wherever they stand."""
        ids = {each for each in self.contacts | self.visitors if len(each) >= _LONG and not _is_number(each)}
        return Needles(frozenset(self.emails | self.also | ids) - self.accounts)


async def find_person(
    connection: Connection,
    *,
    contact: str | None = None,
    visitor: str | None = None,
    email: str | None = None,
    also: Iterable[str] = (),
) -> Person:
    """Return a person by a contact's id, a visitor's or an address, with all that is linked to them.

    Contacts with the same address are one person: who comes without an id has their address for one.

    A browser that several contacts use is nobody's: only what it did as one of them is theirs.
    """
    contacts = set() if contact is None else {contact}
    visitors = set() if visitor is None else {visitor}
    if email is None and contact is not None and _EMAIL.fullmatch(contact):
        email = contact  # who was known by their address first has it for an id
    emails = set() if email is None else {email.strip()}
    if email is not None:
        await _by_email(connection, email.strip(), contacts, visitors)
    if visitors:
        contacts |= await _column(
            connection,
            "SELECT contact_id FROM segue.visitors WHERE visitor = ANY(%s) AND contact_id IS NOT NULL",
            list(visitors),
        )
    telling: set[str] = set()
    while True:
        if contacts:
            visitors |= await _visitors_of(connection, contacts)
        for values, is_own in await _said_by(connection, contacts, visitors):
            for keys, text in _texts(values):
                if is_own and _EMAIL.fullmatch(text) and not _EMAIL_KEYS.isdisjoint(keys):
                    emails.add(text)
                if len(text) >= _LEAST and any(part in key for key in keys for part in _PERSONAL):
                    telling.add(text)
        emails |= {each for each in contacts if _EMAIL.fullmatch(each)}
        by_address = await _known_by_address(connection, emails) - contacts
        if not by_address:
            break
        contacts |= by_address
    accounts = await _accounts_of(connection, contacts, visitors)
    return Person(
        frozenset(contacts), frozenset(visitors), frozenset(emails), frozenset(also), frozenset(telling),
        accounts, {each: f"erased:{secrets.token_hex(16)}" for each in sorted(contacts | visitors)},
    )  # fmt: skip


async def _by_email(connection: Connection, email: str, contacts: set[str], visitors: set[str]) -> None:
    """Add the contacts who have an address, and the browsers and contacts that were identified by it."""
    cursor = await connection.execute(
        "SELECT NULL, contact_id, traits FROM segue.contacts"
        " WHERE contact_id ILIKE %(like)s OR traits::text ILIKE %(like)s"
        " UNION ALL SELECT NULL, contact_id, jsonb_build_object(trait, value) FROM segue.trait_values"
        " WHERE contact_id IS NOT NULL AND value::text ILIKE %(like)s"
        " UNION ALL SELECT visitor, contact_id, properties FROM segue.events"
        " WHERE kind = 'identify' AND properties::text ILIKE %(like)s",
        {"like": f"%{email.replace('_', chr(92) + '_').replace('%', chr(92) + '%')}%"},
    )
    wanted = email.casefold()
    for visitor, contact, values in await cursor.fetchall():
        said = any(
            text.casefold() == wanted and not _EMAIL_KEYS.isdisjoint(keys) for keys, text in _texts(values)
        )
        if contact is not None and (said or contact.casefold() == wanted):
            contacts.add(contact)
        elif visitor is not None and said:
            visitors.add(visitor)


async def _known_by_address(connection: Connection, emails: set[str]) -> set[str]:
    """Return the contacts whose id is one of some addresses, or who say that it is theirs."""
    wanted = {each.casefold() for each in emails}
    if not wanted:
        return set()
    cursor = await connection.execute(
        "SELECT contact_id, traits FROM segue.contacts WHERE contact_id = ANY(%(ids)s)"
        " OR EXISTS (SELECT 1 FROM unnest(%(wanted)s::text[]) AS address"
        " WHERE strpos(lower(traits::text), address) > 0)",
        {"ids": sorted(emails | wanted), "wanted": sorted(wanted)},
    )
    return {
        contact
        for contact, traits in await cursor.fetchall()
        if contact.casefold() in wanted
        or any(
            text.casefold() in wanted and not _EMAIL_KEYS.isdisjoint(keys) for keys, text in _texts(traits)
        )
    }


async def _visitors_of(connection: Connection, contacts: set[str]) -> set[str]:
    return await _column(
        connection,
        "SELECT visitor FROM segue.visitors WHERE contact_id = ANY(%(ids)s)"
        " UNION SELECT from_id FROM segue.links AS link WHERE kind = 'visitor_contact' AND to_id = ANY(%(ids)s)"
        " AND NOT EXISTS (SELECT FROM segue.links AS parted WHERE (parted.kind, parted.from_id, parted.to_id)"
        " = (link.kind, link.from_id, link.to_id) AND parted.method = 'explicit' AND parted.removed_at IS NOT NULL)"
        " EXCEPT SELECT from_id FROM segue.links WHERE kind = 'visitor_contact' AND NOT to_id = ANY(%(ids)s)"
        " AND removed_at IS NULL",
        ids=list(contacts),
    )


async def _said_by(connection: Connection, contacts: set[str], visitors: set[str]) -> Sequence[Any]:
    """Return what is said of them as (values, whether it is of themselves for sure)."""
    cursor = await connection.execute(
        "SELECT traits, true FROM segue.contacts WHERE contact_id = ANY(%(contacts)s)"
        " UNION ALL SELECT jsonb_build_object(trait, value), true FROM segue.trait_values"
        " WHERE contact_id = ANY(%(contacts)s)"
        " UNION ALL SELECT properties, kind = 'identify' FROM segue.events WHERE kind IN ('identify', 'track')"
        " AND (contact_id = ANY(%(contacts)s) OR visitor = ANY(%(visitors)s)"
        " AND (contact_id IS NULL OR contact_id = ANY(%(contacts)s)))",
        {"contacts": list(contacts), "visitors": list(visitors)},
    )
    return await cursor.fetchall()


async def _accounts_of(connection: Connection, contacts: set[str], visitors: set[str]) -> frozenset[str]:
    found = await _column(
        connection,
        "SELECT account_id FROM segue.contacts WHERE contact_id = ANY(%(contacts)s) AND account_id IS NOT NULL"
        " UNION SELECT account_id FROM segue.visitors WHERE visitor = ANY(%(visitors)s) AND account_id IS NOT NULL"
        " UNION SELECT account_id FROM segue.events WHERE account_id IS NOT NULL"
        " AND (contact_id = ANY(%(contacts)s) OR visitor = ANY(%(visitors)s))"
        " UNION SELECT account_id FROM segue.accounts WHERE account_id = ANY(%(both)s)"
        " UNION SELECT domain FROM segue.accounts WHERE domain = ANY(%(both)s)",
        contacts=list(contacts),
        visitors=list(visitors),
        both=list(contacts | visitors),
    )
    return frozenset(found)


async def _column(connection: Connection, query: Any, *values: Any, **named: Any) -> set[str]:
    cursor = await connection.execute(query, named or values)
    return {row[0] for row in await cursor.fetchall()}


def _texts(value: Any, keys: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    """Give every text and number of a document, each with the keys that lead to it."""
    if isinstance(value, Mapping):
        for name, each in value.items():
            yield from _texts(each, (*keys, str(name).casefold()))
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _texts(each, keys)
    elif isinstance(value, str):
        yield keys, value.strip()
    elif isinstance(value, int) and not isinstance(value, bool):
        yield keys, str(value)


def _is_number(text: str) -> bool:
    return not any(character.isalpha() for character in text)
