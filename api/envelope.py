"""What holds for every request: its id, the size of its body, and what is counted of it."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping

from prometheus_client import CollectorRegistry, Counter, Histogram
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from segue.api.problems import defect_problem, problem
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
        self._counted: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}

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
        answer = _Answer(send, request_id)
        most = self._file_bytes if scope["path"] in _LARGE else self._body_bytes
        try:
            if _declared(headers) > most:
                raise _TooLargeError(most)
            await self._app(scope, _Counted(receive, most), answer)
        except _TooLargeError as error:
            too_large = problem(413, "body_too_large", error.detail, request_id=request_id)
            await answer.instead(too_large, scope, receive)
        except Exception as error:  # the server would log its message
            await answer.instead(defect_problem(error, request_id), scope, receive)
        route = getattr(scope.get("route"), "path", "none")
        self._count(scope["method"], route, answer.status, time.perf_counter() - started)

    def _count(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count an answer. What is counted under is kept: to look it up by its labels takes longer."""
        case = method, route, status
        counted = self._counted.get(case)
        if counted is None:
            counted = self._requests.labels(*case), self._seconds.labels(route)
            self._counted[case] = counted
        counted[0].inc()
        counted[1].observe(seconds)


class _Answer:
    """Sends an answer under its request's id."""

    def __init__(self, send: Send, request_id: str) -> None:
        self._send = send
        self._header = (b"x-request-id", request_id.encode())
        self.status = 500
        self._started = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._started = True
            self.status = message["status"]
            message = {**message, "headers": [*message["headers"], self._header]}
        await self._send(message)

    async def instead(self, response: ASGIApp, scope: Scope, receive: Receive) -> None:
        """Send another answer, unless one is on its way already: the connection then ends without its end."""
        if not self._started:
            await response(scope, receive, self)


def _declared(headers: Mapping[bytes, bytes]) -> int:
    """Return the length that a body says it has; the server has checked that it is a number."""
    digits = headers.get(b"content-length", b"0")[:20]
    return int(digits) if digits.isdigit() else 0


class _TooLargeError(HTTPException):
    """The body goes on beyond what is taken."""

    def __init__(self, most: int) -> None:
        super().__init__(413, f"the body is over {most:,} bytes")


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
                raise _TooLargeError(self._most)
        return message
