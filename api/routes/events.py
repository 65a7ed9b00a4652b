"""`/v1/track` and the other calls of the Segment spec: events in, from any SDK that speaks it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Request
from fastapi import Path as InPath
from starlette.responses import Response

from segue.accounts.events import EventKind
from segue.accounts.segment_spec import Sender, read_batch
from segue.api.access import IDENTITY, admit, header_secret, is_denied
from segue.api.document import problems
from segue.api.event_bodies import read_event_body
from segue.api.keys import Key, Kind
from segue.api.models.events import EventsTakenOut, SourceSettingsOut
from segue.api.problems import RefusedError
from segue.core.errors import InputError, NotFoundError

router = APIRouter(tags=["events"])

_DONE = b'{"success":true}'
_ONE = {"messageId": "m-1", "anonymousId": "visitor-1", "timestamp": "2026-11-24T12:00:00Z"}
_EXAMPLES: dict[EventKind | None, dict[str, Any]] = {
    EventKind.IDENTIFY: {**_ONE, "userId": "ada", "traits": {"email": "ada@acme.example", "employees": 500}},
    EventKind.TRACK: {**_ONE, "event": "Demo Requested", "properties": {"email": "ada@acme.example"}},
    EventKind.PAGE: {**_ONE, "name": "Pricing", "properties": {"path": "/pricing"}},
    EventKind.SCREEN: {**_ONE, "name": "Home"},
    EventKind.GROUP: {**_ONE, "groupId": "acme.example", "traits": {"employees": 500}},
    EventKind.ALIAS: {**_ONE, "userId": "ada", "previousId": "visitor-1"},
}
_EXAMPLES[None] = {
    "batch": [{**_EXAMPLES[EventKind.TRACK], "type": "track"}],
    "sentAt": "2026-11-24T12:00:01Z",
}
_STATUSES = problems()


def _taker(kind: EventKind | None) -> Callable[[Request], Awaitable[Response]]:
    async def take(request: Request) -> Response:
        secret = header_secret(request)
        if secret:  # whoever has no key is refused before anything of theirs is read
            key = admit(request, secret)
            body, unclean = await read_event_body(request)
        else:
            body, unclean = await read_event_body(request)
            found = body.get("writeKey") if isinstance(body, dict) else None
            key = admit(request, found if isinstance(found, str) else "")
        parts = request.app.state.services
        try:
            events, parked = read_batch(body, kind, _sender(request, key, unclean))
        except InputError as error:
            raise RefusedError(400, error.message) from None
        await parts.intake.take(events, parked)
        return Response(_DONE, media_type="application/json")

    return take


def _sender(request: Request, key: Key, unclean: bool) -> Sender:
    trusted = key.kind is not Kind.PUBLISHABLE
    address = request.client.host if request.client else None
    parts, headers = request.app.state.services, request.headers
    return Sender(
        key.key_id, trusted, datetime.now(UTC), address, parts.internal, unclean, is_denied(headers),
        parts.companies, parts.tokens, headers.get(IDENTITY) or None,
    )  # fmt: skip


def _add(path: str, kind: EventKind | None, *, documented: bool) -> None:
    name = kind.value if kind else "batch"
    content = {"application/json": {"schema": {"type": "object"}, "example": _EXAMPLES[kind]}}
    router.add_api_route(
        path,
        _taker(kind),
        methods=["POST"],
        name=name,
        summary=f"Take {'a batch of events' if kind is None else f'one {name} event'} in the Segment spec",
        description="Key as Bearer or Basic, or as `writeKey` in the body. What cannot be stored is parked, never "
        f"refused with the rest. Also as `/v1/{name[0]}`, and with gzip.",
        response_model=EventsTakenOut,
        responses=_STATUSES,
        include_in_schema=documented,
        openapi_extra={"requestBody": {"required": True, "content": content}},
    )


for _kind in (*EventKind, None):
    _add(f"/v1/{_kind.value if _kind else 'batch'}", _kind, documented=True)
    _add(f"/v1/{_kind.value[0] if _kind else 'b'}", _kind, documented=False)


@router.get(
    "/v1/projects/{key}/settings",
    response_model=SourceSettingsOut,
    responses={404: {"description": "No such key"}, 429: {"description": "Too many requests"}},
)
async def settings(
    request: Request,
    key: Annotated[str, InPath(min_length=1, max_length=200, examples=["segue_pk_1_2"])],
) -> dict[str, Any]:
    """Give analytics.js its settings: where to send to, and that no other destination is loaded."""
    parts = request.app.state.services
    found = parts.keys.find(key)
    if found is None or found.kind is Kind.SECRET:
        raise NotFoundError("no such key, or one that is not for pages")
    parts.rates.check(found, request.client.host if request.client else "")
    own = {"apiKey": key, "apiHost": f"{request.url.netloc}/v1", "protocol": request.url.scheme}
    return {
        "integrations": {"Segment.io": own},
        "plan": {"track": {"__default": {"enabled": True}}},
        "enabledMiddleware": {},
        "metrics": {"sampleRate": 0},
        "remotePlugins": [],
    }
