"""`/v1/chat`: conversations by the AI SDK's protocol. Translate a request, nothing else."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing
from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request
from starlette.responses import Response, StreamingResponse

from segue.agents.conversations.parts import Part
from segue.agents.conversations.turn_request import TurnRequest
from segue.api.access import allow
from segue.api.bodies import StrictRoute
from segue.api.chat_again import take
from segue.api.chat_asked import Asking, Who, asking, chat_name, check_somebody, conversation_of
from segue.api.chat_calls import call_of
from segue.api.chat_history import is_said_in, ui_messages
from segue.api.chat_said import said
from segue.api.chat_shown import as_json
from segue.api.chat_stream import DONE, HEADER, UiStream, event, replayed
from segue.api.document import problems
from segue.api.idempotency import HEADER as HEADER_OF_CALLS
from segue.api.idempotency import REPLAYED
from segue.api.keys import Key, Kind
from segue.api.models.base import Identifier
from segue.api.models.chat import EVENT, ChatId, ChatIn, ConversationOut
from segue.core.errors import NotFoundError, SegueError

router = APIRouter(tags=["chat"], route_class=StrictRoute)

Speaking = Annotated[Key, Depends(allow(Kind.SECRET, Kind.PUBLISHABLE))]
ChatName = Annotated[ChatId, Path(description="A conversation's id, or the client's own name of the chat")]
Visitor = Annotated[Identifier | None, Query(description="Whose the conversation is")]
EVENTS = "text/event-stream"
_STREAM: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The turn as a UI message stream of the AI SDK",
        "content": EVENT,
        "headers": {HEADER: {"description": "v1", "schema": {"type": "string"}}},
    }
}
_NO_HEADERS: Mapping[str, str] = {}
HEADERS = {HEADER: "v1", "cache-control": "no-cache", "x-accel-buffering": "no"}
"""Those of a stream; the last keeps a proxy from holding it back."""


@router.post(
    "/v1/chat",
    response_class=StreamingResponse,
    responses=_STREAM
    | problems(_404="No such conversation of theirs, or live pack", _409="The turn before has not ended"),
    openapi_extra={"parameters": [HEADER_OF_CALLS]},
)
async def chat(request: Request, asked: ChatIn, key: Speaking) -> Response:
    """Take one turn of a conversation and stream the reply. The turn is finished and recorded whoever listens."""
    services = request.app.state.services
    who = asking(
        Who(asked.visitor, asked.identity_token, asked.account, asked.contact_id, asked.contact),
        asked.context, key, request,
    )  # fmt: skip
    check_somebody(who, asked.conversation_id)
    text, answer = said(asked)
    name = None if asked.id is None else chat_name(who, asked.id)
    conversation_id = asked.conversation_id
    if conversation_id is None and name is not None:
        conversation_id = await services.chat_names.find(name)
    turn = replace(
        who.turn(text, answer, asked.context),
        conversation_id=conversation_id, pack=asked.pack, mode=asked.mode, budget_ms=asked.budget_ms,
    )  # fmt: skip
    if asked.trigger == "regenerate-message" and conversation_id is not None:
        again = await _last_reply(request, who, turn)
        if again is not None:
            return StreamingResponse(iter([*map(event, again), DONE]), media_type=EVENTS, headers=HEADERS)
    taking = await take(services, turn, who.speaker, await call_of(request, key))
    if name is not None and conversation_id != taking.conversation_id:
        await services.chat_names.keep(name, taking.conversation_id)
    return _streamed(taking.parts, who, REPLAYED if taking.repeated else {})


@router.get(
    "/v1/chat/{chat_id}",
    response_model=ConversationOut,
    responses=problems(_404="No such conversation of theirs"),
)
async def history(request: Request, chat_id: ChatName, key: Speaking, visitor: Visitor = None) -> Response:
    """Give a conversation so far, as messages for `useChat`."""
    who = _of(visitor, chat_id, key, request)
    found = await _history(request, who, await conversation_of(chat_id, who, request))
    messages = ui_messages(found.conversation_id, found.turns, who.speaker.is_browser)
    body = as_json({"conversation_id": found.conversation_id, "messages": messages})
    return Response(body, media_type="application/json")


@router.get(
    "/v1/chat/{chat_id}/stream",
    response_class=StreamingResponse,
    responses=_STREAM | {204: {"description": "No turn is under way"}} | problems(),
)
async def resume(request: Request, chat_id: ChatName, key: Speaking, visitor: Visitor = None) -> Response:
    """Follow the turn that is under way, from its beginning: what `useChat({resume: true})` asks for.

    Nothing is under way, too, in a chat that nobody has begun, since the SDK asks before the first message.
    """
    who = _of(visitor, chat_id, key, request)
    try:
        found = await _history(request, who, await conversation_of(chat_id, who, request))
    except NotFoundError:
        return Response(status_code=204)
    running = request.app.state.services.turns.of(found.conversation_id)
    return Response(status_code=204) if running is None else _streamed(running.parts(), who)


def _of(visitor: str | None, chat_id: str, key: Key, request: Request) -> Asking:
    who = asking(Who(visitor), {}, key, request)
    check_somebody(who, chat_id)
    return who


async def _history(request: Request, who: Asking, conversation_id: str) -> Any:
    return await request.app.state.services.conversations.history(
        conversation_id, who.speaker, who.visitor, who.contact_id
    )


async def _last_reply(request: Request, who: Asking, turn: TurnRequest) -> list[dict[str, Any]] | None:
    """Return the reply to what is said again, where the last turn of the conversation was just that."""
    assert turn.conversation_id is not None
    found = await _history(request, who, turn.conversation_id)
    running = request.app.state.services.turns.of(found.conversation_id)
    if running is not None:  # the turn that the connection was lost of
        await running.over()
        found = await _history(request, who, turn.conversation_id)
    if not found.turns or not is_said_in(found.turns[-1], turn.text, turn.answer):
        return None
    return replayed(ui_messages(found.conversation_id, found.turns[-1:], who.speaker.is_browser)[-1])


def _streamed(parts: AsyncGenerator[Part], who: Asking, more: Mapping[str, str] = _NO_HEADERS) -> Response:
    return StreamingResponse(_events(parts, who), media_type=EVENTS, headers={**HEADERS, **more})


async def _events(parts: AsyncGenerator[Part], who: Asking) -> AsyncIterator[bytes]:
    stream = UiStream(who.speaker.is_browser)
    try:
        async with aclosing(parts):
            async for part in parts:
                yield b"".join(map(event, stream.chunks(part)))
    except SegueError as error:
        yield b"".join(map(event, stream.failed(str(error))))
    yield DONE
