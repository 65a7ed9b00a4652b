"""Read what the people of a request agreed to and whose they are: calls that come in together share the queries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from segue.accounts.consent import MARKETING, PERSONALIZATION, ConsentState, joined
from segue.accounts.erased import digest_of, erasure_key
from segue.accounts.placed import Placed, placed_of
from segue.accounts.traces import traces_of
from segue.core.database import Connection, Database
from segue.core.grouped import Grouped
from segue.core.storable import storable

_MOST = 256
"""People a query."""
_QUERY = """
SELECT asked.number, c.kind, c.subject, c.purpose, c.state, c.at FROM (
    SELECT number, visitor, contact FROM unnest(%(visitors)s::text[], %(contacts)s::text[])
        WITH ORDINALITY AS given(visitor, contact, number)
    UNION
    SELECT number, NULL, v.contact_id FROM unnest(%(visitors)s::text[]) WITH ORDINALITY AS given(visitor, number)
        JOIN segue.visitors AS v ON v.visitor = given.visitor
) AS asked
JOIN segue.consents AS c ON c.purpose IN ('marketing', 'personalization')
    AND ((c.kind = 'visitor' AND c.subject = asked.visitor) OR (c.kind = 'contact' AND c.subject = asked.contact))
UNION ALL
SELECT asked.number, NULL, NULL, NULL, NULL, e.erased_at
FROM unnest(%(numbers)s::bigint[], %(digests)s::bytea[]) AS asked(number, digest)
JOIN segue.erasures AS e ON e.digest = asked.digest
"""


@dataclass(frozen=True, slots=True)
class Agreed:
    """What the person of a request agreed to."""

    personalization: ConsentState = ConsentState.UNKNOWN
    marketing: ConsentState = ConsentState.UNKNOWN
    erased: bool = False
    """Whether they were erased: they are then treated as who denies everything."""
    placed: Placed | None = None
    """The account that they are held to belong to."""
    trace: str | None = None
    """What of the visitor is in the store, as `traces` has it, read before all else; None where nobody asked for it."""

    @property
    def is_impersonal(self) -> bool:
        """True where nothing of the person may be read or logged."""
        return self.erased or self.personalization is ConsentState.DENIED


NOTHING_SAID = Agreed()


class ConsentReader:
    """Reads consent and account by visitor and contact. Reads that wait while another is under way go together."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._key: bytes | None = None
        self._read = Grouped(self._read_group, _MOST, at_once=1)

    async def read(self, visitor: str | None, contact: str | None, *, traced: bool = False) -> Agreed:
        """Return what counts for a visitor and a contact together, and for the contact whom the visitor is.

        Of several of them a denial counts, whoever agreed later; the account is not read of who denies.
        With `traced` the visitor's trace is read too, before anything else of them.

        Raises:
            UnavailableError: the database does not answer.
        """
        if visitor is None and contact is None:
            return NOTHING_SAID
        return await self._read((visitor, contact, storable(visitor) if traced else None))

    async def _read_group(self, asked: Sequence[tuple[str | None, str | None, str | None]]) -> list[Agreed]:
        people = [(visitor, contact) for visitor, contact, _ in asked]
        traced = sorted({each for *_, each in asked if each is not None})
        async with self._database.connection() as connection:
            traces = await traces_of(connection, traced) if traced else {}
            if self._key is None:
                self._key = await erasure_key(connection)
            found = await _agreed(connection, self._key, people)
            denying = {number for number, agreed in found.items() if agreed.is_impersonal}
            places = await placed_of(
                connection,
                [
                    (None, None) if number in denying else (storable(visitor), storable(contact))
                    for number, (visitor, contact) in enumerate(people, 1)
                ],
            )
        return [
            replace(
                found.get(number, NOTHING_SAID),
                placed=places.get(number),
                trace=None if of is None else traces[of],
            )
            for number, (*_, of) in enumerate(asked, 1)
        ]


async def _agreed(
    connection: Connection, key: bytes, asked: Sequence[tuple[str | None, str | None]]
) -> dict[int, Agreed]:
    named = [(number, each) for number, pair in enumerate(asked, 1) for each in pair if each is not None]
    cursor = await connection.execute(
        _QUERY,
        {
            "visitors": [storable(visitor) for visitor, _ in asked],
            "contacts": [storable(contact) for _, contact in asked],
            "numbers": [number for number, _ in named],
            "digests": [digest_of(key, each) for _, each in named],
        },
    )
    said: dict[int, dict[tuple[str, str, str], list[tuple[datetime, ConsentState]]]] = {}
    erased = set()
    for number, kind, subject, purpose, state, at in await cursor.fetchall():
        if kind is None:
            erased.add(number)
        else:
            said.setdefault(number, {}).setdefault((kind, subject, purpose), []).append(
                (at, ConsentState(state))
            )
    return {
        number: Agreed(
            _strictest(said.get(number, {}), PERSONALIZATION),
            _strictest(said.get(number, {}), MARKETING),
            number in erased,
        )
        for number in {*said, *erased}
    }


def _strictest(
    said: dict[tuple[str, str, str], list[tuple[datetime, ConsentState]]], purpose: str
) -> ConsentState:
    states = {joined(each) for (_, _, of), each in said.items() if of == purpose}
    for state in (ConsentState.DENIED, ConsentState.GRANTED):
        if state in states:
            return state
    return ConsentState.UNKNOWN
