"""Read what is known of the people of requests: calls that come in together share the queries.

What they agreed to is read first, and nothing more of who denies.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from segue.accounts.consent import MARKETING, PERSONALIZATION, ConsentState, joined
from segue.accounts.contact_roles import ContactTraits
from segue.accounts.erased import digest_of, erasure_key
from segue.accounts.placed import Placed, placed_of
from segue.accounts.traces import TRACES, trace_of
from segue.core.database import Connection, Database
from segue.core.grouped import Grouped
from segue.core.storable import storable
from segue.core.text_arrays import text_array

_MOST = 256
"""People a query."""
_QUERY = """
SELECT asked.number, c.kind, c.subject, c.purpose, c.state, NULL, c.at FROM (
    SELECT number, visitor, contact FROM unnest(%(visitors)s::text[], %(contacts)s::text[])
        WITH ORDINALITY AS given(visitor, contact, number)
    UNION
    SELECT number, NULL, v.contact_id FROM unnest(%(visitors)s::text[]) WITH ORDINALITY AS given(visitor, number)
        JOIN segue.visitors AS v ON v.visitor = given.visitor
) AS asked
JOIN segue.consents AS c ON c.purpose IN ('marketing', 'personalization')
    AND ((c.kind = 'visitor' AND c.subject = asked.visitor) OR (c.kind = 'contact' AND c.subject = asked.contact))
UNION ALL
SELECT asked.number, NULL, NULL, NULL, NULL, NULL, e.erased_at
FROM unnest(%(numbers)s::bigint[], %(digests)s::bytea[]) AS asked(number, digest)
JOIN segue.erasures AS e ON e.digest = asked.digest
"""
"""Consents and erasures, by the number of who is asked for."""
_TRACED = f"{_QUERY} UNION ALL SELECT NULL, found.*, NULL FROM ({TRACES}) AS found"  # noqa: S608 - nothing from outside
"""The same, and the traces of pages by their visitor: to plan it takes longer, which only pages pay for."""


@dataclass(frozen=True, slots=True)
class Person:
    """What is known of the person of a request: what they agreed to, and of who does not deny it the rest."""

    personalization: ConsentState = ConsentState.UNKNOWN
    marketing: ConsentState = ConsentState.UNKNOWN
    erased: bool = False
    """Whether they were erased: they are then treated as who denies everything."""
    placed: Placed | None = None
    """The account that they are held to belong to."""
    traits: ContactTraits = field(default_factory=dict)
    """What sources say of the contact that they are, where it is asked for."""
    trace: str | None = None
    """What of the visitor is in the store, as `traces` has it, when their consent is read, which is before all else."""

    @property
    def is_impersonal(self) -> bool:
        """True where nothing of the person may be read or logged."""
        return self.erased or self.personalization is ConsentState.DENIED


NOBODY = Person()


@dataclass(frozen=True, slots=True)
class _Asked:
    visitor: str | None
    contact: str | None
    names: tuple[str | None, str | None]
    """The same two as they were given, which may be what the store cannot hold."""
    is_traced: bool
    with_traits: bool


class PersonReader:
    """Reads people by visitor and contact. Reads that wait while another is under way go together."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._key: bytes | None = None
        self._read = Grouped(self._read_group, _MOST, at_once=1, gathers=True)

    async def read(
        self, visitor: str | None, contact: str | None, *, traced: bool = False, with_traits: bool = False
    ) -> Person:
        """Return what counts for a visitor and a contact together, and for the contact whom the visitor is.

        Of several of them a denial counts, whoever agreed later; neither account nor traits are read of who
        denies. With `traced` the visitor's trace is read too, of the store as it was when the consent was read.

        Raises:
            UnavailableError: the database does not answer.
        """
        if visitor is None and contact is None:
            return NOBODY
        asked = _Asked(storable(visitor), storable(contact), (visitor, contact), traced, with_traits)
        return await self._read(asked)

    async def _read_group(self, asked: Sequence[_Asked]) -> list[Person]:
        async with self._database.connection() as connection:
            if self._key is None:
                self._key = await erasure_key(connection)
            agreed, traces = await _agreed(connection, self._key, asked)
            denying = {number for number, person in agreed.items() if person.is_impersonal}
            found = await placed_of(
                connection,
                [
                    (None, None, False)
                    if number in denying
                    else (each.visitor, each.contact, each.with_traits)
                    for number, each in enumerate(asked, 1)
                ],
            )
        people = []
        for number, each in enumerate(asked, 1):
            person = agreed.get(number, NOBODY)
            placed, traits = found.get(number, (None, {}))
            trace = traces[each.visitor] if each.is_traced and each.visitor is not None else None
            people.append(
                Person(person.personalization, person.marketing, person.erased, placed, traits, trace)
            )
        return people


async def _agreed(
    connection: Connection, key: bytes, asked: Sequence[_Asked]
) -> tuple[dict[int, Person], dict[str, str]]:
    """Return who said something of consent or was erased, by number, and the traces by visitor."""
    named = [
        (number, digest_of(key, name))
        for number, each in enumerate(asked, 1)
        for name in each.names
        if name is not None
    ]
    traced = {each.visitor for each in asked if each.is_traced and each.visitor is not None}
    cursor = await connection.execute(
        _TRACED if traced else _QUERY,
        {
            "visitors": text_array(each.visitor for each in asked),
            "contacts": text_array(each.contact for each in asked),
            "numbers": [number for number, _ in named],
            "digests": [digest for _, digest in named],
            "traced": text_array(traced),
        },
    )
    said: dict[int, dict[tuple[str, str, str], list[tuple[datetime, ConsentState]]]] = {}
    erased = set()
    traces: dict[str, str] = {}
    for number, *row, at in await cursor.fetchall():
        if number is None:
            traces[row[0]] = trace_of(row[1:])
        elif row[0] is None:
            erased.add(number)
        else:
            kind, subject, purpose, state, _ = row
            said.setdefault(number, {}).setdefault((kind, subject, purpose), []).append(
                (at, ConsentState(state))
            )
    people = {
        number: Person(
            _strictest(said.get(number, {}), PERSONALIZATION),
            _strictest(said.get(number, {}), MARKETING),
            number in erased,
        )
        for number in {*said, *erased}
    }
    return people, traces


def _strictest(
    said: dict[tuple[str, str, str], list[tuple[datetime, ConsentState]]], purpose: str
) -> ConsentState:
    states = {joined(each) for (_, _, of), each in said.items() if of == purpose}
    for state in (ConsentState.DENIED, ConsentState.GRANTED):
        if state in states:
            return state
    return ConsentState.UNKNOWN
