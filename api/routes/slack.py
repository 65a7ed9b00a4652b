"""`/slack/events`: everything that Slack sends, events, commands and presses of buttons alike."""

from __future__ import annotations

import logging
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from segue.api.models.slack import SlackAnswerOut
from segue.api.problems import RefusedError
from segue.api.slack.parts import SlackParts
from segue.core.errors import NotFoundError, UnavailableError

_log = logging.getLogger(__name__)
_EXPECTED = "body: expected an event, a command or an interaction of Slack"
router = APIRouter(tags=["slack"])

_EVENT = {
    "type": "event_callback", "event_id": "Ev0123456789", "team_id": "T0123456789",
    "event": {"type": "app_mention", "user": "U0123456789", "channel": "C0123456789", "ts": "1764230400.000100",
              "text": "<@U0000000000> who should I call today?"},
}  # fmt: skip
_STATUSES: dict[int | str, dict[str, Any]] = {
    200: {"description": "Taken: the answer comes by Slack's API", "model": SlackAnswerOut},
    401: {"description": "Slack's signature is missing, wrong or older than five minutes"},
    404: {"description": "Slack is not set up"},
    503: {"description": "Slack's library is not installed, or the database does not answer"},
}


@router.post(
    "/slack/events",
    response_model=SlackAnswerOut,
    responses=_STATUSES,
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {"schema": {"type": "object"}, "example": _EVENT},
                "application/x-www-form-urlencoded": {
                    "schema": {"type": "object"}, "example": {"command": "/segue", "text": "help"},
                },
            },
        }
    },
)  # fmt: skip
async def events(request: Request) -> Response:
    """Take what Slack sends. It is acknowledged at once; what is repeated or played again is answered once."""
    parts: SlackParts = request.app.state.services.slack
    if parts.library_missing:
        raise UnavailableError("Slack is set up, and its library is missing: pip install 'segue[slack]'")
    if parts.handler is None:
        raise NotFoundError(f"Slack is not set up: set {parts.missing}")
    from slack_sdk.signature import SignatureVerifier

    body = await request.body()
    try:
        body.decode()
        signed = SignatureVerifier(parts.secret).is_valid_request(body, dict(request.headers))
    except (ValueError, OverflowError):  # no UTF-8, or a timestamp that is none
        signed = False
    if not signed:
        raise RefusedError(401, "Slack's signature is missing, wrong or stale", {"WWW-Authenticate": "Slack"})
    try:
        answer: Response = await parts.handler.handle(request)
    except Exception as error:  # Bolt takes for granted that a body is what Slack sends
        _log.warning("what came signed by Slack is none of its requests: %s", type(error).__name__)
        raise RefusedError(400, _EXPECTED) from None
    if answer.status_code == 503:
        raise UnavailableError("the database does not answer")
    if answer.status_code >= 400 and answer.status_code != 404:
        raise RefusedError(400, _EXPECTED)
    if answer.status_code == 404:  # nothing listens to it: to be told so, Slack would only send it again
        return Response(status_code=200)
    return answer
