"""Conversations that go: with their person, or since their time is over; their memory goes with them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from segue.accounts.persons import Person
from segue.agents.conversations.checkpoints import forget_checkpoints
from segue.core.database import Connection

_FIND = """
SELECT conversation_id FROM segue.conversations
WHERE visitor = ANY(%(visitors)s) OR contact_id = ANY(%(contacts)s) OR handed_over::text ~* %(pattern)s
UNION
SELECT thread_id::uuid FROM segue.checkpoint_blobs WHERE type = 'json' AND convert_from(blob, 'UTF8') ~* %(pattern)s
UNION
SELECT thread_id::uuid FROM segue.checkpoint_writes WHERE type = 'json' AND convert_from(blob, 'UTF8') ~* %(pattern)s
"""
_PAST = """
SELECT conversation_id FROM segue.conversations WHERE said_at < %s ORDER BY said_at LIMIT %s FOR UPDATE SKIP LOCKED
"""
_LOST = """
SELECT DISTINCT thread_id::uuid FROM segue.checkpoints
WHERE NOT EXISTS (SELECT FROM segue.conversations WHERE conversation_id = thread_id::uuid) LIMIT %s
"""
_BATCH = 1_000
"""Conversations a transaction."""


async def erase_conversations(connection: Connection, person: Person) -> int:
    """Delete every conversation of a person, and every other in which a text of theirs alone was said.

    Nothing is left of one: what was said cannot be taken apart from who said it.
    """
    parameters = {
        "visitors": list(person.visitors),
        "contacts": list(person.contacts),
        "pattern": person.needles.pattern,
    }
    cursor = await connection.execute(_FIND, parameters)
    return await _delete(connection, await cursor.fetchall())


async def let_conversations_go(connection: Connection, before: datetime) -> int:
    """Delete the conversations in which nothing was said since, and memory whose conversation is gone."""
    gone = 0
    while True:
        async with connection.transaction():
            cursor = await connection.execute(_PAST, (before, _BATCH))
            rows = await cursor.fetchall()
            gone += await _delete(connection, rows)
        if len(rows) < _BATCH:
            break
    async with connection.transaction():
        cursor = await connection.execute(_LOST, (_BATCH,))
        await forget_checkpoints(connection, [str(row[0]) for row in await cursor.fetchall()])
    return gone


async def _delete(connection: Connection, rows: Sequence[tuple[Any, ...]]) -> int:
    ids = [row[0] for row in rows]
    await connection.execute("DELETE FROM segue.conversations WHERE conversation_id = ANY(%s)", (ids,))
    await forget_checkpoints(connection, [str(each) for each in ids])
    return len(ids)
