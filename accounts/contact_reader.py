"""Read the contacts of requests: calls that come in together share one query."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from segue.accounts.contact_roles import ContactTraits
from segue.core.database import Database

_MOST = 256
"""People a query."""
_QUERY = """
SELECT asked.number, contact.traits
FROM unnest(%(visitors)s::text[], %(contacts)s::text[]) WITH ORDINALITY AS asked(visitor, contact, number)
LEFT JOIN segue.visitors AS known ON asked.contact IS NULL AND known.visitor = asked.visitor
JOIN segue.contacts AS contact ON contact.contact_id = coalesce(asked.contact, known.contact_id)
"""
_Waiting = tuple[str | None, str | None, "asyncio.Future[ContactTraits]"]


class ContactReader:
    """Reads contacts by their id, or by the visitor who is one. Reads that wait for another go together."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: list[_Waiting] = []
        self._reading: set[asyncio.Task[None]] = set()

    async def read(self, visitor: str | None, contact: str | None) -> ContactTraits:
        """Return what sources say of a contact; nothing of somebody who is not known.

        Raises:
            UnavailableError: the database does not answer.
        """
        visitor, contact = _storable(visitor), _storable(contact)
        if visitor is None and contact is None:
            return {}
        future: asyncio.Future[ContactTraits] = asyncio.get_running_loop().create_future()
        self._waiting.append((visitor, contact, future))
        if not self._reading:
            task = asyncio.create_task(self._read_waiting())
            self._reading.add(task)
            task.add_done_callback(self._reading.discard)
        return await future

    async def _read_waiting(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[:_MOST], self._waiting[_MOST:]
            try:
                found = await self._read_batch(batch)
            except BaseException as error:
                for _, _, future in batch:
                    if not future.done():
                        future.set_exception(error)
                if not isinstance(error, Exception):
                    raise
            else:
                for number, (_, _, future) in enumerate(batch, 1):
                    if not future.done():
                        future.set_result(found.get(number, {}))

    async def _read_batch(self, batch: Sequence[_Waiting]) -> dict[int, Any]:
        asked = {"visitors": [each[0] for each in batch], "contacts": [each[1] for each in batch]}
        async with self._database.connection() as connection:
            cursor = await connection.execute(_QUERY, asked)
            return dict(await cursor.fetchall())


def _storable(text: str | None) -> str | None:
    """Return a text as PostgreSQL can take it: one that it cannot is nobody's."""
    if text is None or "\0" in text or any("\ud800" <= each <= "\udfff" for each in text):
        return None
    return text
