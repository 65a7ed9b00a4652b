"""Errors of the OpenAI protocol's routes: problems as everywhere, with the member `error` that its clients read."""

from __future__ import annotations

import json
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from segue.api.problems import TYPE

PATHS = frozenset({"/v1/chat/completions", "/v1/models"})
_TYPES = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}


def openai_error(status: int, code: str, message: str, param: str | None = None) -> dict[str, Any]:
    """Return an error as that protocol has it."""
    kind = _TYPES.get(status, "server_error" if status >= 500 else "invalid_request_error")
    return {"error": {"message": message, "type": kind, "param": param, "code": code}}


class OpenAiErrors:
    """ASGI middleware around everything that makes a problem: one form of errors, readable by two kinds of clients."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on."""
        if scope["type"] == "http" and scope["path"] in PATHS:
            await self._app(scope, receive, _Problems(send))
        else:
            await self._app(scope, receive, send)


class _Problems:
    """Sends an answer, and a problem with what is added to it."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._start: Message | None = None
        self._body = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start" and _is_problem(message):
            self._start = message
            return
        if self._start is None:
            await self._send(message)
            return
        self._body += message.get("body", b"")
        if not message.get("more_body"):
            start, self._start = self._start, None
            body = _with_error(self._body)
            length = (b"content-length", str(len(body)).encode())
            headers = [each for each in start["headers"] if each[0].lower() != b"content-length"]
            await self._send({**start, "headers": [*headers, length]})
            await self._send({**message, "body": body})


def _is_problem(message: Message) -> bool:
    return any(
        name.lower() == b"content-type" and value == TYPE.encode() for name, value in message["headers"]
    )


def _with_error(body: bytes) -> bytes:
    found = json.loads(body)
    errors = found.get("errors") or []
    param = errors[0]["place"] if errors else _place(found["detail"])
    said = openai_error(found["status"], found["code"], found["detail"], param)
    return json.dumps(found | said).encode()


def _place(detail: str) -> str | None:
    """Return the field that a sentence begins with, if it does, such as `model` of `model: expected ...`."""
    place, colon, _ = detail.partition(": ")
    return place if colon and place and " " not in place else None
