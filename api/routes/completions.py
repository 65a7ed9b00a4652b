"""`/v1/chat/completions` and `/v1/models`: conversations by the OpenAI protocol. Translate a request, nothing else."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response, StreamingResponse

from segue.agents.conversations.parts import Part
from segue.agents.decision_request import Mode
from segue.api.access import allow
from segue.api.bodies import StrictRoute
from segue.api.chat_again import take
from segue.api.chat_asked import asking
from segue.api.chat_calls import call_of
from segue.api.chat_names import name_of
from segue.api.chat_shown import as_json
from segue.api.chat_stream import DONE, event
from segue.api.completion import Completion
from segue.api.completion_asked import check_spoken, goes_on, models_of, pack_of, said_to, who_of
from segue.api.document import problems
from segue.api.idempotency import HEADER, REPLAYED
from segue.api.keys import Key, Kind
from segue.api.models.chat import EVENT
from segue.api.models.completions import (
    CompletionIn,
    CompletionMetadataIn,
    CompletionOut,
    ModelsOut,
)
from segue.api.openai_errors import openai_error
from segue.core.errors import SegueError

router = APIRouter(tags=["chat"], route_class=StrictRoute)

Secret = Annotated[Key, Depends(allow(Kind.SECRET))]
_CREATED = 1_795_737_600
"""When the service first spoke this protocol: a pack has no age, and its revision is no model's."""
EVENTS = "text/event-stream"
_STREAM: dict[int | str, dict[str, Any]] = {200: {"content": EVENT}}


@router.post(
    "/v1/chat/completions",
    response_model=CompletionOut,
    responses=_STREAM
    | problems(_404="No such model, or conversation of theirs", _409="The turn before has not ended"),
    openapi_extra={"parameters": [HEADER]},
)
async def complete(request: Request, asked: CompletionIn, key: Secret) -> Response:
    """Take one turn of a conversation and answer as a chat completion, whole or as a stream."""
    services = request.app.state.services
    pack = pack_of(asked.model, services.policies.live)
    check_spoken(asked)
    call = await call_of(request, key)
    stranger = None if call is None else call.digest.hex()[:32]  # whoever calls again is the same
    text, who = said_to(asked), asking(who_of(asked, stranger), {}, key, request)
    given = asked.metadata or CompletionMetadataIn()
    name = name_of("user", key.key_id, who.visitor) if who.visitor is not None else None
    conversation_id = given.conversation_id
    if conversation_id is None and name is not None and goes_on(asked):
        conversation_id = await services.chat_names.find(name)
    mode = Mode(given.mode or Mode.RULES)
    turn = replace(
        who.turn(text, None, {}),
        conversation_id=conversation_id, pack=pack, mode=mode,
        budget_ms=None if given.budget_ms is None else int(given.budget_ms),
    )  # fmt: skip
    taking = await take(services, turn, who.speaker, call)
    if name is not None and conversation_id != taking.conversation_id:
        await services.chat_names.keep(name, taking.conversation_id)
    headers = REPLAYED if taking.repeated else None
    completion = Completion(asked.model, int(time.time()), text, waits=mode is Mode.MODEL)
    if asked.stream:
        wants_usage = asked.stream_options is not None and bool(asked.stream_options.include_usage)
        events = _events(taking.parts, completion, wants_usage)
        return StreamingResponse(events, media_type=EVENTS, headers=headers)
    async for part in taking.parts:
        completion.take(part)
    return Response(as_json(completion.whole()), media_type="application/json", headers=headers)


@router.get("/v1/models", response_model=ModelsOut, responses=problems())
async def models(request: Request, key: Secret) -> Response:
    """List what may be named as `model`: `segue`, and `segue/PACK` for each live pack."""
    live = request.app.state.services.policies.live
    data = [
        {"id": name, "object": "model", "created": _CREATED, "owned_by": "segue"} for name in models_of(live)
    ]
    return Response(as_json({"object": "list", "data": data}), media_type="application/json")


async def _events(
    parts: AsyncGenerator[Part], completion: Completion, wants_usage: bool
) -> AsyncIterator[bytes]:
    more: dict[str, Any] = {"usage": None} if wants_usage else {}
    is_first = True
    try:
        async with aclosing(parts):
            async for part in parts:
                piece = completion.take(part)
                if is_first:
                    begin = {"role": "assistant", "content": ""}
                    yield event(completion.chunk(begin, segue=completion.own(), **more))
                    is_first = False
                if piece:
                    yield event(completion.chunk({"content": piece}, **more))
        yield event(completion.last() | more)
        if wants_usage:
            yield event(completion.usage_chunk())
    except SegueError as error:
        yield event(openai_error(error.status, error.code, str(error)))
    yield DONE
