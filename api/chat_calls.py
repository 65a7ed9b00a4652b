"""The turns behind idempotency keys: a call that comes again is given the turn of the first, and takes none."""

from __future__ import annotations

import asyncio
import hashlib
import json
from dataclasses import dataclass

from fastapi import Request

from segue.agents.group_commit import KEPT_FOR
from segue.api.idempotency import idempotency_key
from segue.api.keys import Key
from segue.core.database import Database
from segue.core.errors import ConflictError, InputError

_BEGINS_WITHIN = 60
"""Seconds after which a call whose turn never began, since its process died, is in nobody's way."""
_WAITS = 5.0
_LOOKS_EVERY = 0.05
_CLAIM = """
INSERT INTO segue.chat_calls AS old (digest, body_digest) VALUES (%(digest)s, %(body)s)
ON CONFLICT (digest) DO UPDATE SET body_digest = excluded.body_digest, conversation_id = NULL, turn = NULL,
    called_at = now()
WHERE old.called_at < now() - %(kept)s
    OR (old.turn IS NULL AND old.called_at < now() - make_interval(secs => %(begins)s))
"""


@dataclass(frozen=True, slots=True)
class Call:
    """A call that may come again, as it is kept: no text of it."""

    digest: bytes
    body_digest: bytes


@dataclass(frozen=True, slots=True)
class TakenTurn:
    """The turn that a call took."""

    conversation_id: str
    turn: int


async def call_of(request: Request, key: Key) -> Call | None:
    """Return a call that has an idempotency key; None for one that has none.

    Raises:
        InputError: the header is no such key.
    """
    given = idempotency_key(request)
    if given is None:
        return None
    named = json.dumps([key.key_id, given]).encode()
    return Call(hashlib.sha256(named).digest(), hashlib.sha256(await request.body()).digest())


class ChatCalls:
    """The calls of the last day that may be repeated."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def claim(self, call: Call) -> TakenTurn | None:
        """Return the turn that the call took before, or None where it is to be taken now.

        Raises:
            InputError: the key was used with another body.
            ConflictError: the first call has not begun its turn yet.
            UnavailableError: the database does not answer.
        """
        loop = asyncio.get_running_loop()
        until = loop.time() + _WAITS
        asked = {"digest": call.digest, "body": call.body_digest, "kept": KEPT_FOR, "begins": _BEGINS_WITHIN}
        while True:
            async with self._database.connection() as connection:
                if (await connection.execute(_CLAIM, asked)).rowcount:
                    return None
                cursor = await connection.execute(
                    "SELECT body_digest, conversation_id::text, turn FROM segue.chat_calls WHERE digest = %s",
                    (call.digest,),
                )
                row = await cursor.fetchone()
            if row is not None:
                if bytes(row[0]) != call.body_digest:
                    raise InputError("Idempotency-Key: it was used with another body; expected the same body")
                if row[2] is not None:
                    return TakenTurn(row[1], row[2])
            if loop.time() >= until:
                raise ConflictError(
                    "the first call with this Idempotency-Key is under way; try again shortly"
                )
            await asyncio.sleep(_LOOKS_EVERY)

    async def begins(self, call: Call, conversation_id: str, turn: int) -> None:
        """Note which turn the call takes, before it is made."""
        async with self._database.connection() as connection:
            await connection.execute(
                "UPDATE segue.chat_calls SET conversation_id = %s, turn = %s WHERE digest = %s",
                (conversation_id, turn, call.digest),
            )

    async def claim_lost(self, call: Call, lost: TakenTurn) -> bool:
        """Return True where the call is to be taken anew: its turn was lost, and nobody else noticed before."""
        async with self._database.connection() as connection:
            cursor = await connection.execute(
                "UPDATE segue.chat_calls SET conversation_id = NULL, turn = NULL, called_at = now()"
                " WHERE digest = %s AND conversation_id = %s AND turn = %s",
                (call.digest, lost.conversation_id, lost.turn),
            )
        return bool(cursor.rowcount)

    async def release(self, call: Call) -> None:
        """Let a call go that was refused: it may be made again."""
        async with self._database.connection() as connection:
            await connection.execute("DELETE FROM segue.chat_calls WHERE digest = %s", (call.digest,))
