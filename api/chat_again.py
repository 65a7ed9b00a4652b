"""A turn that is asked for again: taken, or given from where it is under way, or from the memory."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Protocol
from uuid import UUID

import orjson

from segue.agents.conversations.conversations import Conversations
from segue.agents.conversations.parts import Cited, Decided, Finished, Part, Started, Text
from segue.agents.conversations.turn_request import Speaker, TurnRequest
from segue.agents.decision_log import read_decision
from segue.api.chat_calls import Call, ChatCalls, TakenTurn
from segue.api.chat_history import ending_of, hand_over_of, points_of, question_of
from segue.api.running_turns import RunningTurns
from segue.core.database import Database
from segue.core.errors import ConflictError, NotFoundError, SegueError

_WAITS = 5.0
_LOOKS_EVERY = 0.05


class _Services(Protocol):
    """What a turn is taken with."""

    database: Database
    conversations: Conversations
    turns: RunningTurns
    chat_calls: ChatCalls


@dataclass(frozen=True, slots=True)
class Taking:
    """A turn as it is given: its parts, the conversation, and whether an earlier call took it."""

    parts: AsyncGenerator[Part]
    conversation_id: str
    repeated: bool = False


async def take(services: _Services, turn: TurnRequest, speaker: Speaker, call: Call | None) -> Taking:
    """Take a turn; where its call was made before, give the turn that was taken then.

    Raises:
        InputError, NotFoundError, ConflictError, UnavailableError: as `Conversations.turn`, and `ChatCalls.claim`.
    """
    if call is None:
        return await _taken(services, turn, speaker)
    before = await services.chat_calls.claim(call)
    if before is not None:
        found = await _given(services, turn, speaker, call, before)
        if found is not None:
            return found
        turn = replace(turn, conversation_id=before.conversation_id)
    try:
        return await _taken(
            services, replace(turn, begins=partial(services.chat_calls.begins, call)), speaker
        )
    except BaseException:
        with suppress(SegueError):  # it lapses by itself
            await services.chat_calls.release(call)
        raise


async def _taken(services: _Services, turn: TurnRequest, speaker: Speaker) -> Taking:
    running, started = await services.turns.begin(services.conversations.turn(turn, speaker))
    return Taking(running.parts(), started.conversation_id)


async def _given(
    services: _Services, asked: TurnRequest, speaker: Speaker, call: Call, before: TakenTurn
) -> Taking | None:
    """Return the turn of an earlier call, once it is there; None where it was lost, and is to be taken now."""
    loop = asyncio.get_running_loop()
    until = loop.time() + _WAITS
    while True:
        running = services.turns.of(before.conversation_id)
        found = await services.conversations.history(
            before.conversation_id, speaker, asked.visitor, asked.contact_id
        )
        if running is not None and (started := await running.begun()) and started.turn == before.turn:
            return Taking(running.parts(), before.conversation_id, repeated=True)
        for each in found.turns:
            if each["turn"] == before.turn:
                return Taking(_parts(services, before, each), before.conversation_id, repeated=True)
        under_way = await services.conversations.is_under_way(before.conversation_id)
        is_newer = bool(found.turns) and found.turns[-1]["turn"] > before.turn
        if not under_way and not is_newer and await services.chat_calls.claim_lost(call, before):
            return None
        if loop.time() >= until:
            raise ConflictError("the turn of this Idempotency-Key is under way; try again shortly")
        await asyncio.sleep(_LOOKS_EVERY)


async def _parts(services: _Services, taken: TakenTurn, turn: Mapping[str, Any]) -> AsyncGenerator[Part]:
    """Give a turn of the memory as it was given when it was taken, the revised reply where there is one."""
    yield Started(taken.conversation_id, taken.turn)
    with suppress(NotFoundError):  # decisions go by the month, conversations by the day
        decision = orjson.loads(await read_decision(services.database, UUID(turn["decision_id"])))
        yield Decided(decision, turn["revision"])
    if turn["reply"]:
        yield Text(turn["reply"])
    if turn["points"]:
        yield Cited(points_of(turn))
    for part in (question_of(turn), hand_over_of(turn)):
        if part is not None:
            yield part
    yield Finished(ending_of(turn))
