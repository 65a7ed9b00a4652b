"""Take a person out of the events, the links and the contacts, and leave what an account's counts need."""

from __future__ import annotations

import base64
import re
import secrets
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote, urlsplit, urlunsplit

import orjson

from segue.accounts.persons import Person
from segue.core.database import Connection

_FETCH = 2_000
_READ = """
SELECT source, message_id, visitor, contact_id, name, path, url, referrer, properties FROM segue.events
WHERE contact_id = ANY(%(contacts)s)
    OR visitor = ANY(%(visitors)s) AND (contact_id IS NULL OR contact_id = ANY(%(contacts)s))
"""
_UPDATE = """
UPDATE segue.events AS e SET visitor = new.visitor, contact_id = new.contact_id, name = new.name, path = new.path,
    message_id = new.new_id, url = new.url, referrer = new.referrer, title = NULL, search = NULL,
    properties = new.properties
FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[],
    %s::jsonb[]) AS new(source, message_id, new_id, visitor, contact_id, name, path, url, referrer, properties)
WHERE e.source = new.source AND e.message_id = new.message_id
"""
_UNICODE = re.compile(r"\\u([0-9a-fA-F]{4})")


async def erase_events(connection: Connection, person: Person, counted: frozenset[str]) -> int:
    """Give a person's events to nobody, and return how many.

    A row stays for what its account counts, and for telling it from one that comes again: kind, time,
    source and id, the name of the event, path, address and referrer without their queries where nothing in
    them tells who it was, and of the properties the numbers and booleans that policies read (`counted`).
    Each browser and contact becomes a pseudonym of its own, so that distinct ones count as before.
    """
    told = _Told(person)
    parameters = {"contacts": list(person.contacts), "visitors": list(person.visitors)}
    erased = 0
    async with connection.cursor("erased_events") as cursor:
        cursor.itersize = _FETCH
        await cursor.execute(_READ, parameters)
        while rows := await cursor.fetchmany(_FETCH):
            left = [_left_of(row, person, told, counted) for row in rows]
            await connection.execute(_UPDATE, [list(column) for column in zip(*left, strict=True)])
            erased += len(rows)
    return erased


async def erase_parked(connection: Connection, person: Person) -> int:
    """Remove the parked events that name a person; return how many."""
    names = {re.escape(each) for each in person.identifiers | person.telling}
    alone = re.compile(rf'"(?:{"|".join(sorted(names))})"', re.IGNORECASE) if names else None
    needles, doomed = re.compile(person.needles.pattern, re.IGNORECASE), []
    async with connection.cursor("parked_events") as cursor:
        cursor.itersize = _FETCH
        await cursor.execute("SELECT parked_id, event, message_id FROM segue.parked_events")
        async for parked_id, event, message_id in cursor:
            text = _UNICODE.sub(lambda match: chr(int(match[1], 16)), f"{event} {message_id}")
            if needles.search(text) or (alone is not None and alone.search(text)):
                doomed.append(parked_id)
    await connection.execute("DELETE FROM segue.parked_events WHERE parked_id = ANY(%s)", (doomed,))
    return len(doomed)


async def erase_identity(connection: Connection, person: Person) -> dict[str, int]:
    """Remove a person's links, browsers, contacts, and what was said of them; return rows by table."""
    parameters = {"contacts": list(person.contacts), "visitors": list(person.visitors)}
    statements = {
        "links": "DELETE FROM segue.links WHERE"
        " (kind IN ('visitor_contact', 'visitor_account') AND from_id = ANY(%(visitors)s))"
        " OR (kind = 'visitor_contact' AND to_id = ANY(%(contacts)s))"
        " OR (kind = 'contact_account' AND from_id = ANY(%(contacts)s))",
        "visitors": "DELETE FROM segue.visitors WHERE visitor = ANY(%(visitors)s)",
        "contacts": "DELETE FROM segue.contacts WHERE contact_id = ANY(%(contacts)s)",
        "trait_values": "DELETE FROM segue.trait_values WHERE contact_id = ANY(%(contacts)s)",
        "consents": "DELETE FROM segue.consents WHERE (kind = 'contact' AND subject = ANY(%(contacts)s))"
        " OR (kind = 'visitor' AND subject = ANY(%(visitors)s))",
    }
    found = {}
    for table, statement in statements.items():
        found[table] = (await connection.execute(statement.encode(), parameters)).rowcount
    # a browser that others use too stays, and is no longer theirs
    await connection.execute(
        "UPDATE segue.visitors SET contact_id = NULL, method = NULL, confidence = NULL"
        " WHERE contact_id = ANY(%(contacts)s)",
        parameters,
    )
    return found


class _Told:
    """What tells who a person is, as it may be written in an address."""

    def __init__(self, person: Person) -> None:
        self.needles = re.compile(person.needles.pattern, re.IGNORECASE)
        plain = person.identifiers | person.telling | person.also
        self._words = {_letters(each) for each in plain if len(_letters(each)) >= 4}
        self._exact = {each.casefold() for each in plain}
        self._coded = {code for each in plain if len(each) >= 4 for code in _codes(each)}

    def stands_in(self, text: str) -> bool:
        """Say whether any of it stands in a text."""
        spoken = unquote(text)
        letters = _letters(spoken)
        return (
            any(word in letters for word in self._words)
            or any(part.casefold() in self._exact for part in re.split(r"[/?&=#;,:]", spoken))
            or any(code in text or code in spoken for code in self._coded)
        )


def _left_of(row: tuple[Any, ...], person: Person, told: _Told, counted: frozenset[str]) -> tuple[Any, ...]:
    source, message_id, visitor, contact, name, path, url, referrer, properties = row
    return (
        source,
        message_id,
        _own_id(told.needles.sub(person.token, message_id), message_id),
        person.pseudonyms.get(visitor, visitor),
        person.pseudonyms.get(contact, contact),
        *(None if each is None or told.stands_in(each) else each for each in (name, _bare(path))),
        *(None if each is None or told.stands_in(each) else each for each in (_bare(url), _bare(referrer))),
        orjson.dumps(_counted_of(properties, counted)).decode(),
    )


def _own_id(left: str, message_id: str) -> str:
    """Return what is left of an event's id, told from that of others though all that parted them is gone."""
    return left if left == message_id else f"{left}:{secrets.token_hex(6)}"


def _counted_of(properties: Mapping[str, Any], counted: frozenset[str]) -> dict[str, Any]:
    return {
        name: value
        for name, value in properties.items()
        if name in counted and isinstance(value, bool | int | float)
    }


def _bare(address: str | None) -> str | None:
    """Return an address without its query, its fragment and who logs in by it."""
    if address is None:
        return None
    try:
        parts = urlsplit(address)
    except ValueError:
        return None
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def _letters(text: str) -> str:
    return "".join(each for each in text.casefold() if each.isalnum())


def _codes(text: str) -> set[str]:
    """Return a text in hex, and what of its base64 is the same wherever it begins."""
    raw = text.encode("utf-8", "surrogatepass")
    found = {raw.hex(), raw.hex().upper()}
    for shift in range(3):
        code = base64.b64encode(b"\0" * shift + raw).decode()
        inner = code[4 if shift else 0 : len(code) - 4].rstrip("=")
        if len(inner) >= 4:
            found |= {inner, inner.replace("+", "-").replace("/", "_")}
    return found
