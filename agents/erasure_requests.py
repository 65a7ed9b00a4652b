"""Requests to be erased, made in conversations: nothing is done at their word, and an operator sees them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from segue.accounts.consent import Kind
from segue.accounts.persons import Person
from segue.core.database import Connection, Database
from segue.core.errors import NotFoundError

_NOTE = """
INSERT INTO segue.erasure_requests AS old (conversation_id, kind, subject, asked_at) VALUES (%s, %s, %s, %s)
ON CONFLICT (conversation_id) DO UPDATE SET kind = excluded.kind, subject = excluded.subject
WHERE old.subject IS NULL
"""


@dataclass(frozen=True, slots=True)
class ErasureRequest:
    """One request: who made it, as far as that is known and may be kept, in which conversation, and when."""

    conversation_id: str
    kind: Kind | None
    subject: str | None
    asked_at: datetime


async def note_request(
    database: Database, conversation_id: str, subject: tuple[Kind, str] | None, at: datetime
) -> None:
    """Keep a request, one of a conversation.

    Raises:
        UnavailableError: the database does not answer.
    """
    kind, name = subject or (None, None)
    async with database.connection() as connection:
        await connection.execute(_NOTE, (conversation_id, kind, name, at))


async def open_requests(connection: Connection) -> Sequence[ErasureRequest]:
    """Return the requests that nobody has seen to, the oldest first."""
    cursor = await connection.execute(
        "SELECT conversation_id::text, kind, subject, asked_at FROM segue.erasure_requests"
        " ORDER BY asked_at, conversation_id"
    )
    return [ErasureRequest(*row) for row in await cursor.fetchall()]


async def close_request(connection: Connection, conversation_id: UUID) -> None:
    """Let a request go that was seen to.

    Raises:
        NotFoundError: there is none of that conversation.
    """
    cursor = await connection.execute(
        "DELETE FROM segue.erasure_requests WHERE conversation_id = %s", (conversation_id,)
    )
    if not cursor.rowcount:
        raise NotFoundError(f"no request of the conversation {conversation_id}")


async def answer_requests(connection: Connection, person: Person) -> int:
    """Let the requests of somebody who is erased go, in that transaction; return how many."""
    cursor = await connection.execute(
        "DELETE FROM segue.erasure_requests WHERE (kind = 'contact' AND subject = ANY(%s))"
        " OR (kind = 'visitor' AND subject = ANY(%s))",
        (list(person.contacts), list(person.visitors)),
    )
    return cursor.rowcount
