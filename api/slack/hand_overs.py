"""Alert a rep in Slack to a conversation that was handed to them: once, unless there is a reason not to by now."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from segue.activation.connectors.connector import RefusedError
from segue.activation.connectors.slack_post import post_once, user_of
from segue.agents.conversations.parts import HandOver
from segue.api.slack.blocks import Message, context, literal, message, section
from segue.api.slack.clients import client_of
from segue.core.database import Connection, Database
from segue.core.settings import Settings

_log = logging.getLogger(__name__)
_MOST_SUMMARY = 2_800
_HEADS: Mapping[HandOver, str] = {
    HandOver.ROUTE: "Somebody in the chat is waiting for you",
    HandOver.MEETING: "Somebody in the chat wants to meet you",
    HandOver.MESSAGE: "Somebody left a message in the chat",
}
_READ = """
SELECT h.hand_over_id::text, conversation_id::text, h.how, h.rep, h.summary, h.tried_at,
    EXISTS (SELECT FROM segue.switches WHERE off AND name IN ('slack', h.play)),
    EXISTS (SELECT FROM segue.consents AS c WHERE c.purpose = 'marketing' AND c.state = 'denied' AND c.at > h.at
        AND ((c.kind = 'visitor' AND c.subject = of.visitor) OR (c.kind = 'contact' AND c.subject = of.contact_id)))
FROM segue.hand_overs AS h JOIN segue.conversations AS of USING (conversation_id)
WHERE h.hand_over_id = %s AND h.done_at IS NULL FOR UPDATE OF h
"""


@dataclass(frozen=True, slots=True)
class _HandedOver:
    hand_over_id: str
    conversation_id: str
    how: HandOver
    rep: str | None
    summary: str
    tried_at: datetime | None


async def tell_hand_over(settings: Settings, database: Database, arguments: Mapping[str, Any]) -> None:
    """Post the alert of a hand-over, and store what became of it; one that is done or erased is left alone.

    Raises:
        TryAgainError: Slack may take it later.
        UnavailableError: the database does not answer.
    """
    client = client_of(settings)
    if client is None:
        return
    async with database.transaction() as connection:
        found = await _claimed(connection, arguments["hand_over_id"])
    if found is None:
        return
    outcome = "sent"
    try:
        channel = await _channel(client, settings, found.rep)
        if channel is None:
            outcome = "nobody_in_slack"
        else:
            said = hand_over_message(found.how, found.rep, found.summary, found.conversation_id)
            await post_once(client, channel, found.hand_over_id, said.text, said.blocks, found.tried_at)
    except RefusedError as error:
        outcome = str(error)[:200]
        _log.warning("a hand-over is not told of: %s", error)
    async with database.transaction() as connection:
        await _settle(connection, found.hand_over_id, outcome)


def hand_over_message(how: HandOver, rep: str | None, summary: str, conversation_id: str) -> Message:
    """Return the alert: what is wanted, what was said, and which conversation it is."""
    whose = literal(rep) if rep is not None else "nobody was free"
    where = f"{whose} · conversation {conversation_id} · read it whole at /v1/chat/{conversation_id}"
    return message(
        _HEADS[how], [section(f"*{_HEADS[how]}*", literal(summary, _MOST_SUMMARY)), context(where)]
    )


async def _claimed(connection: Connection, hand_over_id: str) -> _HandedOver | None:
    """Return a hand-over that is still to be told of, and note that it is tried."""
    row = await (await connection.execute(_READ, (hand_over_id,))).fetchone()
    if row is None:
        return None
    *values, switched_off, left_alone = row
    if switched_off or left_alone:
        await _settle(connection, hand_over_id, "switched_off" if switched_off else "left_alone")
        return None
    await connection.execute(
        "UPDATE segue.hand_overs SET tried_at = coalesce(tried_at, now()) WHERE hand_over_id = %s",
        (hand_over_id,),
    )
    hand_over, conversation, how, *rest = values
    return _HandedOver(hand_over, conversation, HandOver(how), *rest)


async def _settle(connection: Connection, hand_over_id: str, outcome: str) -> None:
    await connection.execute(
        "UPDATE segue.hand_overs SET done_at = now(), outcome = %s WHERE hand_over_id = %s",
        (outcome, hand_over_id),
    )


async def _channel(client: Any, settings: Settings, rep: str | None) -> str | None:
    """Return the rep in Slack, else the common channel."""
    user = await user_of(client, rep) if rep is not None and "@" in rep else None
    return user or settings.slack_channel or None
