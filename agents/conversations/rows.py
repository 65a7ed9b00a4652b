"""Whose a conversation is, and who has the floor: one row each."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from segue.agents.conversations.checkpoints import forget_erased
from segue.agents.conversations.turn_request import Speaker, TurnRequest
from segue.core.database import Database
from segue.core.errors import ConflictError, NotFoundError

_BUSY_FOR = 60
"""Seconds after which a turn that never ended, since its process died, is in nobody's way."""
_WAITS = 5.0
"""Seconds that a turn waits for the one before it."""
_LOOKS_EVERY = 0.05
_COLUMNS = "conversation_id, browser, visitor, contact_id, account, pack, surface, turns, handed_over"
_BEGIN = """
INSERT INTO segue.conversations
    (conversation_id, key_id, browser, visitor, contact_id, account, pack, surface, busy_by, busy_until)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, now() + make_interval(secs => %s))
"""
_TAKE = """
UPDATE segue.conversations SET busy_by = %s, busy_until = now() + make_interval(secs => %s)
WHERE conversation_id = %s AND (busy_until IS NULL OR busy_until < now())
RETURNING turns
"""
_LEAVE = """
UPDATE segue.conversations SET busy_by = NULL, busy_until = NULL, turns = greatest(turns, %(turns)s), said_at = now(),
    visitor = CASE WHEN %(personal)s THEN visitor END,
    contact_id = CASE WHEN %(personal)s THEN coalesce(contact_id, %(contact)s) END,
    account = CASE WHEN %(personal)s THEN coalesce(account, %(account)s) END,
    handed_over = coalesce(%(handed)s::jsonb, handed_over)
WHERE conversation_id = %(id)s AND busy_by = %(token)s
"""

_ABANDON = """
WITH gone AS (
    DELETE FROM segue.conversations WHERE conversation_id = %(id)s AND busy_by = %(token)s AND turns = 0
)
UPDATE segue.conversations SET busy_by = NULL, busy_until = NULL
WHERE conversation_id = %(id)s AND busy_by = %(token)s AND turns > 0
"""


@dataclass(frozen=True, slots=True)
class ConversationRow:
    """A conversation: who it is with, and how many turns it has had."""

    conversation_id: str
    browser: bool
    visitor: str | None
    contact_id: str | None
    account: str | None
    pack: str | None
    surface: str
    turns: int
    handed_over: Mapping[str, Any] | None

    def is_of(self, speaker: Speaker, visitor: str | None, contact_id: str | None) -> bool:
        """Return True where whoever speaks may go on with it.

        A browser goes on with what a browser of the same visitor began, and with what keeps nobody's name
        since its person denied that: its id, which nobody guesses, is all that goes on with it. A server
        names whom it speaks for, or nobody; two contacts at one browser are two people.
        """
        if self.contact_id is not None and contact_id is not None:
            return self.contact_id == contact_id and (not speaker.is_browser or self.browser)
        if speaker.is_browser:
            nameless = self.visitor is None and self.contact_id is None
            return self.browser and (nameless or self.visitor == visitor)
        return visitor is None or self.visitor is None or self.visitor == visitor


@dataclass(frozen=True, slots=True)
class Floor:
    """Leave to say one turn, given back exactly once."""

    row: ConversationRow
    token: str

    @property
    def turn(self) -> int:
        """The number of the turn that may be said."""
        return self.row.turns + 1


class Conversed:
    """The rows of conversations."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(
        self, conversation_id: str, speaker: Speaker, visitor: str | None, contact_id: str | None
    ) -> ConversationRow:
        """Return a conversation.

        Raises:
            NotFoundError: there is none, or it is somebody else's: nobody learns which.
            UnavailableError: the database does not answer.
        """
        found = None
        wanted = _uuid(conversation_id)
        if wanted is not None:
            async with self._database.connection() as connection:
                cursor = await connection.execute(
                    f"SELECT {_COLUMNS} FROM segue.conversations WHERE conversation_id = %s".encode(),  # noqa: S608
                    (wanted,),
                )
                found = await cursor.fetchone()
        row = None if found is None else ConversationRow(str(found[0]), *found[1:])
        if row is None or not row.is_of(speaker, visitor, contact_id):
            raise NotFoundError("no such conversation")
        return row

    async def begin(self, request: TurnRequest, speaker: Speaker) -> Floor:
        """Begin a conversation under a random id that nobody guesses, and take its floor."""
        conversation_id, token = str(uuid.uuid4()), str(uuid.uuid4())
        account = None if request.account is None else request.account.text
        row = ConversationRow(
            conversation_id, speaker.is_browser, request.visitor, request.contact_id, account, request.pack,
            request.surface, 0, None,
        )  # fmt: skip
        async with self._database.connection() as connection:
            await connection.execute(
                _BEGIN,
                (
                    conversation_id, speaker.key_id, row.browser, row.visitor, row.contact_id, row.account,
                    row.pack, row.surface, token, _BUSY_FOR,
                ),
            )  # fmt: skip
        return Floor(row, token)

    async def take(self, row: ConversationRow) -> Floor:
        """Take the floor of a conversation, once the turn before has ended.

        Raises:
            ConflictError: it has not ended in a while.
            UnavailableError: the database does not answer.
        """
        token = str(uuid.uuid4())
        loop = asyncio.get_running_loop()
        until = loop.time() + _WAITS
        while True:
            async with self._database.connection() as connection:
                cursor = await connection.execute(_TAKE, (token, _BUSY_FOR, row.conversation_id))
                found = await cursor.fetchone()
            if found is not None:
                taken = ConversationRow(
                    row.conversation_id, row.browser, row.visitor, row.contact_id, row.account, row.pack,
                    row.surface, found[0], row.handed_over,
                )  # fmt: skip
                return Floor(taken, token)
            if loop.time() >= until:
                raise ConflictError("the turn before this one has not ended; try again when it has")
            await asyncio.sleep(_LOOKS_EVERY)

    async def is_busy(self, conversation_id: str) -> bool:
        """Return True where somebody has the floor of a conversation."""
        async with self._database.connection() as connection:
            cursor = await connection.execute(
                "SELECT FROM segue.conversations WHERE conversation_id = %s AND busy_until >= now()",
                (conversation_id,),
            )
            return await cursor.fetchone() is not None

    async def abandon(self, floor: Floor) -> None:
        """Give the floor back as if nothing had been said; a conversation that only began goes."""
        async with self._database.connection() as connection:
            await connection.execute(_ABANDON, {"id": floor.row.conversation_id, "token": floor.token})

    async def leave(
        self,
        floor: Floor,
        request: TurnRequest,
        *,
        turns: int,
        handed_over: Mapping[str, Any] | None = None,
    ) -> None:
        """Give the floor back, and note how many turns there were.

        Of who denies that what is known of them is used no name is left, whatever was there before.

        Where the conversation was erased meanwhile, what the turn left in the memory goes too.
        """
        async with self._database.connection() as connection:
            cursor = await connection.execute(
                _LEAVE,
                {
                    "id": floor.row.conversation_id,
                    "token": floor.token,
                    "turns": turns,
                    "personal": request.personal,
                    "contact": request.contact_id,
                    "account": request.account.text if request.account else None,
                    "handed": None if handed_over is None else orjson.dumps(handed_over).decode(),
                },
            )
            if not cursor.rowcount:
                await forget_erased(connection, floor.row.conversation_id)


def _uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
