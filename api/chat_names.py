"""The conversation behind the name that a client gives a chat: its own for each key and each visitor."""

from __future__ import annotations

import hashlib
import json

from segue.core.database import Database

_KEEP = """
INSERT INTO segue.chat_names (digest, conversation_id) VALUES (%s, %s)
ON CONFLICT (digest) DO UPDATE SET conversation_id = excluded.conversation_id, named_at = now()
WHERE segue.chat_names.conversation_id <> excluded.conversation_id
"""


def name_of(*parts: str) -> bytes:
    """Return what a name is kept as: from it nobody reads who used it, nor what they called it."""
    return hashlib.sha256(json.dumps(parts).encode()).digest()


class ChatNames:
    """The names of chats."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, name: bytes) -> str | None:
        """Return the id of the conversation that a name stands for, or None.

        Raises:
            UnavailableError: the database does not answer.
        """
        async with self._database.connection() as connection:
            cursor = await connection.execute(
                "SELECT conversation_id FROM segue.chat_names WHERE digest = %s", (name,)
            )
            row = await cursor.fetchone()
        return None if row is None else str(row[0])

    async def keep(self, name: bytes, conversation_id: str) -> None:
        """Let a name stand for a conversation, from now on in place of any other.

        Raises:
            UnavailableError: the database does not answer.
        """
        async with self._database.connection() as connection:
            await connection.execute(_KEEP, (name, conversation_id))
