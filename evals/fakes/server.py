"""A server on loopback whose answers its user decides, and which remembers what it was asked."""

from __future__ import annotations

import json
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True)
class Asked:
    """A request that came in."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON; of a form, its fields."""
        if self.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
            return {name: values[0] for name, values in parse_qs(self.body.decode()).items()}
        return json.loads(self.body)


@dataclass(frozen=True)
class Answer:
    """What the server says; `hang` seconds later."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    hang: float = 0.0


HTML = Answer(200, b"<html><body>Down for maintenance</body></html>", {"Content-Type": "text/html"})
EMPTY = Answer(200, b"", {"Content-Type": "application/json"})


class FakeServer:
    """Answers by what `next_answers` holds, one a request, and then by its own `answer`."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.next_answers: list[Answer | None] = []
        """What the next requests get; None leaves one to `answer`."""
        self.always: Answer | None = None
        self.url = ""
        self._lock = threading.Lock()

    def answer(self, asked: Asked) -> Answer:  # noqa: ARG002 - those that answer otherwise read it
        """What a request gets where nothing else was said."""
        return Answer(200, {})

    def take(self, asked: Asked) -> Answer:
        """Remember a request and return its answer."""
        with self._lock:
            self.asked.append(asked)
            planned = self.next_answers.pop(0) if self.next_answers else None
            return planned or self.always or self.answer(asked)

    @contextmanager
    def running(self, tls: ssl.SSLContext | None = None) -> Iterator[FakeServer]:
        """Serve until the block ends."""
        server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self.take))
        server.daemon_threads = True
        if tls is not None:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        self.url = f"http{'s' if tls else ''}://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield self
        finally:
            server.shutdown()
            server.server_close()


def _handler(take: Callable[[Asked], Answer]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _respond(self) -> None:
            parts = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            answer = take(Asked(self.command, parts.path, parse_qs(parts.query), headers, body))
            time.sleep(answer.hang)
            sent = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
            if answer.status == 204:
                sent = b""
            try:
                self.send_response(answer.status)
                for name, value in {"Content-Type": "application/json", **answer.headers}.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(sent)))
                self.end_headers()
                self.wfile.write(sent)
            except OSError:
                self.close_connection = True  # who asked did not wait

        do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = _respond

        def log_message(self, format: str, *args: Any) -> None:
            pass

    return Handler
