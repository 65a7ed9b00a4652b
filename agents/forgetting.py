"""How a replica hears that somebody was erased, and forgets what it kept in memory."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from segue.core.database import Database


class Forgetting:
    """Forgets whenever an erasure was made since it looked last."""

    def __init__(self, database: Database, *forget: Callable[[], None]) -> None:
        self._database = database
        self._forget = forget
        self._seen: datetime | None = None

    async def refresh(self) -> None:
        """Look whether there was one.

        Raises:
            UnavailableError: the database does not answer.
        """
        async with self._database.connection() as connection:
            cursor = await connection.execute("SELECT max(erased_at) FROM segue.erasures")
            row = await cursor.fetchone()
        newest: datetime | None = None if row is None else row[0]
        if newest != self._seen:
            self._seen = newest
            for forget in self._forget:
                forget()
