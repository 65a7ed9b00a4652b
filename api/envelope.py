"""What holds for every request: its id, the size of its body, and what is counted of it."""

from __future__ import annotations

import re
import time

from prometheus_client import CollectorRegistry, Counter, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from segue.api.problems import problem
from segue.core.ids import new_id

_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")
_LARGE = ("/v1/accounts:import",)
"""Paths that take a file."""


class Envelope:
    """ASGI middleware: request ids in and out, body limits, and metrics by route."""

    def __init__(self, app: ASGIApp, registry: CollectorRegistry, body_bytes: int, file_bytes: int) -> None:
        self._app = app
        self._body_bytes = body_bytes
        self._file_bytes = file_bytes
        self._requests = Counter(
            "segue_http_requests", "Requests answered", ["method", "route", "status"], registry=registry
        )
        self._seconds = Histogram(
            "segue_http_request_seconds", "Time to the end of an answer", ["route"], registry=registry,
            buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
        )  # fmt: skip

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        headers = dict(scope["headers"])
        given = headers.get(b"x-request-id", b"")
        request_id = given.decode() if _ID.fullmatch(given) else new_id()
        scope["segue.request_id"] = request_id
        status = 500

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message = {
                    **message,
                    "headers": [*message["headers"], (b"x-request-id", request_id.encode())],
                }
            await send(message)

        most = self._file_bytes if scope["path"] in _LARGE else self._body_bytes
        length = headers.get(b"content-length", b"0")
        if not length.isdigit() or int(length) > most:
            await _too_large(most, request_id)(scope, receive, answer)
        else:
            body = _Counted(receive, most)
            try:
                await self._app(scope, body, answer)
            except _TooLargeError:
                await _too_large(most, request_id)(scope, receive, answer)
        route = getattr(scope.get("route"), "path", "none")
        self._requests.labels(scope["method"], route, status).inc()
        self._seconds.labels(route).observe(time.perf_counter() - started)


class _TooLargeError(Exception):
    """The body goes on beyond what is taken."""


class _Counted:
    """Receives a body as long as it is not too large."""

    def __init__(self, receive: Receive, most: int) -> None:
        self._receive = receive
        self._most = most
        self._size = 0

    async def __call__(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.request":
            self._size += len(message.get("body", b""))
            if self._size > self._most:
                raise _TooLargeError
        return message


def _too_large(most: int, request_id: str) -> ASGIApp:
    return problem(413, "body_too_large", f"the body is over {most:,} bytes", request_id=request_id)
