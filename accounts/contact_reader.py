"""Read the contacts of requests: calls that come in together share one query."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from segue.accounts.contact_roles import ContactTraits
from segue.core.database import Database
from segue.core.grouped import Grouped
from segue.core.storable import storable

_MOST = 256
"""People a query."""
_QUERY = """
SELECT asked.number, contact.traits
FROM unnest(%(visitors)s::text[], %(contacts)s::text[]) WITH ORDINALITY AS asked(visitor, contact, number)
LEFT JOIN segue.visitors AS known ON asked.contact IS NULL AND known.visitor = asked.visitor
JOIN segue.contacts AS contact ON contact.contact_id = coalesce(asked.contact, known.contact_id)
"""


class ContactReader:
    """Reads contacts by their id, or by the visitor who is one. Reads that wait for another go together."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._read = Grouped(self._read_group, _MOST, at_once=1)

    def begin(self, visitor: str | None, contact: str | None) -> asyncio.Future[ContactTraits]:
        """Begin to read what sources say of a contact; nothing comes of somebody who is not known.

        Raised by what is returned:

        Raises:
            UnavailableError: the database does not answer.
        """
        return self._read.begin((storable(visitor), storable(contact)))

    async def _read_group(self, people: Sequence[tuple[str | None, str | None]]) -> list[ContactTraits]:
        asked = {"visitors": [each[0] for each in people], "contacts": [each[1] for each in people]}
        async with self._database.connection() as connection:
            cursor = await connection.execute(_QUERY, asked)
            found = dict(await cursor.fetchall())
        return [found.get(number, {}) for number in range(1, len(people) + 1)]
