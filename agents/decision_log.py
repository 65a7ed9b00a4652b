"""Read the log of decisions."""

from __future__ import annotations

from uuid import UUID

from segue.core.database import Database
from segue.core.errors import NotFoundError


async def read_decision(database: Database, decision_id: UUID) -> bytes:
    """Return a stored decision as the bytes of its JSON.

    Raises:
        NotFoundError: none of this id is stored, or it is past its retention.
    """
    async with database.connection() as connection:
        cursor = await connection.execute(
            "SELECT answer::text FROM segue.decisions WHERE decision_id = %s AND NOT shadow", (decision_id,)
        )
        row = await cursor.fetchone()
    if row is None:
        raise NotFoundError(f"no decision {decision_id} is stored")
    return str(row[0]).encode()
