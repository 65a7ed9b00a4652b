"""`/ofrep/v1`: what a page shows, for any OpenFeature client, and the stream that says when to ask again."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends, Query, Request
from fastapi import Path as InPath
from starlette.responses import Response, StreamingResponse

from segue.agents.decision_request import Caller, DecisionRequest
from segue.agents.page_flags import NO_VARIANT, empty_value, flag_keys, flag_values
from segue.agents.pages import said_of
from segue.api.access import admit, allow, header_secret
from segue.api.direct_route import RequestRoute
from segue.api.document import problems
from segue.api.keys import Key, Kind
from segue.api.models.ofrep import ASKED, FlagOut, FlagsOut
from segue.api.ofrep_requests import OfrepError, asked_page, ofrep_problem, read_context
from segue.api.problems import RefusedError
from segue.api.streams import stamp_of
from segue.core.errors import InputError, NotFoundError

router = APIRouter(tags=["website"])
most_asked = APIRouter(tags=["website"], route_class=RequestRoute)

_ALLOWED = frozenset({Kind.SECRET, Kind.PUBLISHABLE})
Asking = Annotated[Key, Depends(allow(*_ALLOWED))]
_STATUSES = problems(_404="No live pack has the flag")
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True, "content": {"application/json": {"schema": {"type": "object"}, "example": ASKED}},
    }
}  # fmt: skip
_NOT_CHANGED: dict[str, Any] = {
    "parameters": [
        {"name": "If-None-Match", "in": "header", "schema": {"type": "string"},
         "description": "The ETag of an earlier answer: where nothing changed the answer is 304, without a body."}
    ]
}  # fmt: skip
_INACTIVE = 120
"""Seconds after which a page that nobody looks at closes its stream."""


@most_asked.post(
    "/ofrep/v1/evaluate/flags",
    response_model=FlagsOut,
    responses=_STATUSES | {304: {"description": "Nothing changed"}},
    openapi_extra=_BODY | _NOT_CHANGED,
)
async def evaluate_all(request: Request) -> Response:
    """Give all flags of a page: one decision, recorded once and held for the length of the lease."""
    key = admit(request, header_secret(request), _ALLOWED)
    try:
        context = read_context(await request.body())
        asked = asked_page(context, key, request)
        said, stamp = await _said(request, asked, key)
    except OfrepError as error:
        return ofrep_problem(error, request)
    parts = request.app.state.services
    flags, metadata = _flags(said, flag_keys(parts.policies.live.packs), key)
    token = None
    if asked.visitor is not None and stamp is not None and not said["of_nobody"]:
        token = parts.stream_tokens.make(key.key_id, asked.visitor, stamp)
    etag = _etag(flags, token)
    headers = {"ETag": etag, "Cache-Control": "no-cache"}
    if etag in request.headers.get("if-none-match", ""):
        return Response(None, 304, headers)
    body: dict[str, Any] = {"flags": flags, "metadata": metadata, "eventStreams": []}
    if token is not None:
        where = {"requestUri": f"/ofrep/v1/events?token={token}"}
        body["eventStreams"] = [{"type": "sse", "endpoint": where, "inactivityDelaySec": _INACTIVE}]
    return Response(orjson.dumps(body), headers=headers, media_type="application/json")


@router.post(
    "/ofrep/v1/evaluate/flags/{key:path}",
    response_model=FlagOut,
    responses=_STATUSES,
    openapi_extra=_BODY,
)
async def evaluate_one(
    request: Request,
    key: Annotated[str, InPath(examples=["play"])],
    asking: Asking,
) -> Response:
    """Give one flag of a page: by the decision that its other flags rest on."""
    try:
        known = flag_keys(request.app.state.services.policies.live.packs)
        context = read_context(await request.body())
        if key not in known:
            raise OfrepError(
                "FLAG_NOT_FOUND", f"no live pack has the flag; expected one of {', '.join(known)}"
            )
        said, _ = await _said(request, asked_page(context, asking, request), asking)
    except OfrepError as error:
        return ofrep_problem(error, request, key)
    (flag,), _ = _flags(said, (key,), asking)
    return Response(orjson.dumps(flag), media_type="application/json")


@router.get(
    "/ofrep/v1/events",
    responses=problems()
    | {
        200: {
            "description": "Events as they come",
            "content": {
                "text/event-stream": {
                    "schema": {"type": "string"},
                    "example": 'data: {"type":"refetchEvaluation","lastModified":1795000000}\n\n',
                }
            },
        }
    },
    response_class=StreamingResponse,
)
async def events(
    request: Request,
    token: Annotated[
        str, Query(max_length=4_096, examples=["eyJ0"], description="As the answer's `eventStreams` has it")
    ],
) -> StreamingResponse:
    """Tell a page when to ask for its flags again, until its token is over."""
    parts = request.app.state.services
    listener = parts.stream_tokens.read(token)
    if not parts.keys.knows(listener.key_id):
        raise RefusedError(401, "token: its key is expired or revoked", {"WWW-Authenticate": "Bearer"})
    told = await parts.streams.begin(listener, request.client.host if request.client else "")
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(told, headers=headers, media_type="text/event-stream")


async def _said(request: Request, asked: DecisionRequest, key: Key) -> tuple[Mapping[str, Any], str | None]:
    """Return what a page rests on, and the stamp of what that is made from."""
    parts = request.app.state.services

    async def decide() -> tuple[Any, str | None]:
        shared = parts.streams.shared()  # before anything is read for the answer
        answer = await parts.decisions.decide(asked, Caller(key.key_id, _write))
        return answer, None if answer.trace is None else stamp_of(shared, answer.trace)

    try:
        answer, stamp = await (decide() if asked.page is None else parts.pages.together(asked.page, decide))
    except (InputError, NotFoundError) as error:
        raise OfrepError("INVALID_CONTEXT", error.message) from None
    said: Mapping[str, Any] = orjson.loads(answer.body)
    return said, stamp


def _write(answer: Mapping[str, Any]) -> bytes:
    return orjson.dumps(said_of(answer) if "labels" in answer else answer)


def _flags(
    said: Mapping[str, Any], keys: tuple[str, ...], key: Key
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Return the flags and what is said of them: to a browser nothing but which decision it is."""
    metadata = {"decision_id": said["decision_id"]}
    if key.kind is Kind.SECRET:
        told = {name: said[name] for name in ("pack", "segment", "status", "arm")}
        metadata |= {name: value for name, value in told.items() if value is not None}
    flags = []
    for name, value in flag_values(said, keys).items():
        filled = value is not None
        flags.append(
            {
                "key": name,
                "value": value if filled else empty_value(name),
                "reason": "TARGETING_MATCH" if filled else "DEFAULT",
                "variant": said["play"]["name"] if filled else NO_VARIANT,
                "metadata": metadata,
            }
        )
    return flags, metadata


def _etag(flags: list[dict[str, Any]], token: str | None) -> str:
    """Return what changes when a flag says something else, or when its stream has another token."""
    said = [(flag["key"], flag["value"], flag["variant"]) for flag in flags]
    digest = hashlib.blake2b(orjson.dumps([said, token]), digest_size=12)
    return f'"{digest.hexdigest()}"'
