"""A service that speaks the protocols and does harm on demand: it hangs, is late, fails, or cuts a stream."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from importlib.resources import files
from typing import Any, ClassVar

from tests.service.web.host import Server

EXPOSED = "ETag,Retry-After,x-vercel-ai-ui-message-stream"
Chunks = list[dict[str, Any] | float | str]
"""Of a stream: chunks, seconds to wait, and `cut` where the connection ends."""


@dataclass
class Asked:
    """A request as it came."""

    method: str
    path: str
    headers: dict[str, str]
    body: Any


@dataclass
class Stub:
    """What the stub answers, and what it was asked."""

    url: str = ""
    flags: list[dict[str, Any]] = field(default_factory=list)
    stream: str | None = None
    late: float = 0.0
    status: int = 200
    asked: list[Asked] = field(default_factory=list)
    reply: Callable[[Asked], Chunks] = lambda _: []
    history: dict[str, Any] | None = None
    over: threading.Event = field(default_factory=threading.Event)
    refetch: threading.Event = field(default_factory=threading.Event)

    def headers(self, path: str) -> dict[str, str]:
        """Return the headers of the last request of a path."""
        return [each for each in self.asked if each.path.partition("?")[0] == path][-1].headers

    def of(self, path: str) -> list[Any]:
        """Return the bodies of the requests of a path."""
        return [
            each.body for each in self.asked if each.path.partition("?")[0] == path and each.method == "POST"
        ]


class _Handler(BaseHTTPRequestHandler):
    stub: ClassVar[Stub]
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""

    def _begin(self, status: int, kind: str, length: int | None, **more: str) -> None:
        self.send_response(status)
        headers = {
            "Content-Type": kind, "Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": EXPOSED,
            "Cross-Origin-Resource-Policy": "cross-origin", "X-Content-Type-Options": "nosniff",
        } | more  # fmt: skip
        for name, value in headers.items():
            self.send_header(name, value)
        if length is None:
            self.send_header("Connection", "close")
            self.close_connection = True
        else:
            self.send_header("Content-Length", str(length))
        self.end_headers()

    def _json(self, body: Any, status: int = 200, **more: str) -> None:
        content = json.dumps(body).encode()
        self._begin(status, "application/json", len(content), **more)
        self.wfile.write(content)

    def do_OPTIONS(self) -> None:
        self._begin(204, "text/plain", 0, **{
            "Access-Control-Allow-Methods": "GET, POST",
            "Access-Control-Allow-Headers": "authorization,content-type,if-none-match,segue-consent,segue-identity",
        })  # fmt: skip

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        self._note(None)
        if path in ("/segue.js", "/widget.js"):
            content = files("segue.api.web").joinpath(path[1:]).read_bytes()
            self._begin(200, "text/javascript", len(content))
            self.wfile.write(content)
        elif path == "/ofrep/v1/events":
            self._begin(200, "text/event-stream", None)
            self.wfile.write(b": open\n\n")
            self.wfile.flush()
            while not self.stub.over.is_set():
                if self.stub.refetch.wait(0.05):
                    self.stub.refetch.clear()
                    self.wfile.write(b'data: {"type":"refetchEvaluation","etag":"2"}\n\n')
                    self.wfile.flush()
        elif path.startswith("/v1/chat/") and self.stub.history is not None:
            self._json(self.stub.history)
        else:
            self._json({"status": 404, "detail": "nothing is there"}, 404)

    def do_POST(self) -> None:
        content = self.rfile.read(int(self.headers.get("content-length", 0)))
        asked = self._note(json.loads(content))
        path = asked.path.partition("?")[0]
        if path == "/v1/chat":
            self._chat(asked)
            return
        if path == "/ofrep/v1/evaluate/flags":
            self.stub.over.wait(self.stub.late)
        if self.stub.status != 200:
            self._json({"status": self.stub.status, "detail": "The stub was told to fail"}, self.stub.status)
        elif path == "/ofrep/v1/evaluate/flags":
            answer: dict[str, Any] = {"flags": self.stub.flags, "metadata": {}}
            if self.stub.stream:
                answer["eventStreams"] = [{"type": "sse", "endpoint": {"requestUri": self.stub.stream}}]
            self._json(answer, ETag=f'"{hash(json.dumps(self.stub.flags))}"')
        else:
            self._json({"success": True})

    def _note(self, body: Any) -> Asked:
        headers = {name.lower(): value for name, value in self.headers.items()}
        asked = Asked(self.command, self.path, headers, body)
        self.stub.asked.append(asked)
        return asked

    def _chat(self, asked: Asked) -> None:
        if self.stub.status != 200:
            self._json({"status": self.stub.status, "detail": "The stub was told to fail"}, self.stub.status)
            return
        self._begin(200, "text/event-stream", None, **{"x-vercel-ai-ui-message-stream": "v1"})
        for each in self.stub.reply(asked):
            if each == "cut":
                return
            if isinstance(each, float):
                time.sleep(each)
                continue
            self.wfile.write(f"data: {json.dumps(each)}\n\n".encode())
            self.wfile.flush()
        self.wfile.write(b"data: [DONE]\n\n")


@contextmanager
def stub_service() -> Iterator[Stub]:
    """Run a stub until the block ends."""
    stub = Stub()
    handler = type("Handler", (_Handler,), {"stub": stub})
    server = Server(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    stub.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield stub
    finally:
        stub.over.set()
        server.shutdown()
        thread.join()
        server.server_close()


def flag(key: str, value: Any, decision: str = "d-1", **more: Any) -> dict[str, Any]:
    """Return one flag as OFREP answers it."""
    return {"key": key, "value": value, "reason": "TARGETING_MATCH", "variant": "v",
            "metadata": {"decision_id": decision}, **more}  # fmt: skip
