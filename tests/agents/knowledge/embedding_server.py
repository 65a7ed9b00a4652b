"""A server of embeddings on this machine that fails as its path says."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

_GOOD = [1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 2.0]


def _rows(texts: list[str]) -> list[dict[str, Any]]:
    """Vectors that depend on the text, the last first: the index says which is whose."""
    rows = [
        {"object": "embedding", "index": number, "embedding": [1.0 + sum(text.encode()), 3.0, *_GOOD[2:]]}
        for number, text in enumerate(texts)
    ]
    return rows[::-1]


def _with(vector: Any) -> Callable[[list[str]], Any]:
    return lambda texts: {
        "data": [{"index": number, "embedding": vector} for number in range(len(texts))], "model": "small"
    }  # fmt: skip


ANSWERS: dict[str, Callable[[list[str]], Any]] = {
    "good": lambda texts: {"object": "list", "data": _rows(texts), "model": "small"},
    "list": lambda texts: [1, 2],
    "fewer": lambda texts: {"data": _rows(texts)[:1]},
    "twice": lambda texts: {"data": [_rows(texts)[0]] * len(texts)},
    "shorter": _with(_GOOD[1:]),
    "words": _with(["1"] * 8),
    "nan": _with([float("nan")] * 8),
    "zeros": _with([0.0] * 8),
    "base64": _with("AAAA"),
    "huge": lambda texts: {"data": _rows(texts), "padding": "x" * 10_000_000},
}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        server = self.server
        assert isinstance(server, _Server)
        server.requests.append({**body, "authorization": self.headers["authorization"]})
        fault = self.path.split("/")[1]
        try:
            self._answer(fault, body["input"])
        except OSError:
            self.close_connection = True

    def _answer(self, fault: str, texts: list[str]) -> None:
        if fault.startswith("status-"):
            self._send(int(fault[7:]), b'{"error": {"message": "no"}}')
        elif fault == "redirect":
            self.send_response(307)
            self.send_header("location", "/good/embeddings")
            self.send_header("content-length", "0")
            self.end_headers()
        elif fault in ("hang", "drip"):
            self._begin(200, 1_000_000)
            for _ in range(30):
                time.sleep(0.05)
                if fault == "drip":
                    self.wfile.write(b" ")
            self.close_connection = True
        elif fault == "cut":
            self._begin(200, 100)
            self.wfile.write(b'{"data": [{"index": 0, "emb')
            self.close_connection = True
        elif fault == "empty":
            self._send(200, b"")
        else:
            self._send(200, json.dumps(ANSWERS[fault](texts)).encode())

    def _begin(self, status: int, length: int) -> None:
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(length))
        if status == 429:
            self.send_header("retry-after", "3600")
        self.end_headers()

    def _send(self, status: int, body: bytes) -> None:
        self._begin(status, len(body))
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    requests: list[dict[str, Any]]


class EmbeddingServer:
    """Answers `POST /<fault>/embeddings` and keeps what it was asked."""

    def __init__(self) -> None:
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self.requests: list[dict[str, Any]] = []
        self._server.requests = self.requests
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
