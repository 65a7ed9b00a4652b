"""Have a rep alerted in Slack to a hand-over: once each, stored with its job before the visitor hears of it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import timedelta

from segue.agents.conversations.handing_over import quoted
from segue.agents.conversations.making import Making
from segue.agents.conversations.parts import HandedOver, HandOver
from segue.core.database import Database
from segue.core.jobs import defer

ALERT = "segue.hand_over"
"""The job that alerts somebody to a hand-over."""
_LEAVES_A_MESSAGE = timedelta(minutes=2)
"""How long somebody has to write the message that they leave, before the rep reads it."""
_ADD = """
UPDATE segue.hand_overs SET summary = summary || %s WHERE conversation_id = %s AND done_at IS NULL
"""
_SWITCHED_OFF = "SELECT EXISTS (SELECT FROM segue.switches WHERE off AND name IN ('slack', %s))"
# what is said until the alert goes out goes with it
_STORE = """
INSERT INTO segue.hand_overs AS old (hand_over_id, conversation_id, how, rep, summary, pack, play, at)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (hand_over_id) DO UPDATE SET summary = excluded.summary WHERE old.done_at IS NULL
RETURNING xmax = 0
"""


@dataclass(frozen=True, slots=True)
class HandOvers:
    """Defers the alerts of hand-overs, where Slack is set up."""

    database: Database
    slack: bool = False
    """Whether alerts can be sent at all."""
    channel: bool = False
    """Whether there is a channel for what is for nobody in Slack."""

    async def alert(self, making: Making, handed: HandedOver) -> bool:
        """Have somebody alerted, and return False where nobody will be.

        A conversation is handed to the same rep in the same way once, however many turns say so.

        Raises:
            UnavailableError: the database does not answer.
        """
        if not self.slack or not (self.channel or (handed.rep is not None and "@" in handed.rep)):
            return False
        decision = making.decision
        play = decision["play"]["name"]
        name = f"hand-over:{handed.how}:{handed.rep or ''}"
        hand_over_id = str(uuid.uuid5(uuid.UUID(making.conversation_id), name))
        async with self.database.transaction() as connection:
            off = await (await connection.execute(_SWITCHED_OFF, (play,))).fetchone()
            if off is not None and off[0]:
                return False
            cursor = await connection.execute(
                _STORE,
                (
                    hand_over_id, making.conversation_id, handed.how.value, handed.rep, handed.summary,
                    decision["pack"], play, making.now,
                ),
            )  # fmt: skip
            row = await cursor.fetchone()
            if row is not None and row[0]:
                at = making.now + _LEAVES_A_MESSAGE if handed.how is HandOver.MESSAGE else None
                await defer(connection, ALERT, making.conversation_id, at, {"hand_over_id": hand_over_id})
        return True

    async def add(self, conversation_id: str, said: str) -> None:
        """Add what is said after a hand-over to the alert that is still to go out: the message that is left.

        Raises:
            UnavailableError: the database does not answer.
        """
        async with self.database.connection() as connection:
            await connection.execute(_ADD, (f" Afterwards: {quoted(said)}", conversation_id))
