"""A model's endpoint on loopback that answers well, and in every way that is bad.

It speaks HTTP/1.1 by hand, since most of what it does no web framework would do.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import struct
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

JSON = "application/json"
HUGE = 10_000_000
_PIECE = 65_536


@dataclass(frozen=True, slots=True)
class Asked:
    """One request, as it came in."""

    headers: Mapping[str, str]
    body: Mapping[str, Any]
    gone: Callable[[], bool]
    """Whether the caller has closed its side."""

    @property
    def instructions(self) -> str:
        """The system message."""
        return str(self.body["messages"][0]["content"])

    @property
    def content(self) -> dict[str, Any]:
        """The user message, read as the JSON that it is."""
        found: dict[str, Any] = json.loads(self.body["messages"][1]["content"])
        return found


Behaviour = Callable[[Asked, asyncio.StreamWriter], Awaitable[None]]
"""Writes the response to a request. What it leaves unsaid is never said: the connection stays open."""


def answering(choose: Callable[[Asked], Any]) -> Behaviour:
    """Answer with a sound completion whose text is what `choose` returns, as JSON."""
    return saying(lambda asked: json.dumps(choose(asked)))


def saying(text: Callable[[Asked], str] | str) -> Behaviour:
    """Answer with a sound completion of this text."""

    async def behave(asked: Asked, writer: asyncio.StreamWriter) -> None:
        content = text if isinstance(text, str) else text(asked)
        await _send(writer, 200, completion(content))

    return behave


def responding(
    status: int, body: bytes, headers: Mapping[str, str] | None = None, kind: str = JSON
) -> Behaviour:
    """Answer with any status, body and headers."""

    async def behave(asked: Asked, writer: asyncio.StreamWriter) -> None:  # noqa: ARG001 - whatever was asked
        await _send(writer, status, body, headers, kind)

    return behave


async def refuse(asked: Asked, writer: asyncio.StreamWriter) -> None:  # noqa: ARG001
    """Answer with a model's refusal."""
    await _send(writer, 200, completion(None, refusal="I cannot help with that."))


async def hang(asked: Asked, writer: asyncio.StreamWriter) -> None:  # noqa: ARG001
    """Say nothing at all, until the caller has gone."""
    while not asked.gone():
        await asyncio.sleep(0.02)


async def drip(asked: Asked, writer: asyncio.StreamWriter) -> None:  # noqa: ARG001
    """Send a sound answer at one byte every 100 ms."""
    for byte in _head(200, len(completion("{}"))) + completion("{}"):
        writer.write(bytes([byte]))
        await writer.drain()
        await asyncio.sleep(0.1)


async def flood(asked: Asked, writer: asyncio.StreamWriter) -> None:  # noqa: ARG001
    """Send 10 MB in chunks, without having said how much it will be."""
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n")
    chunk = b" " * _PIECE
    for _ in range(HUGE // len(chunk) + 1):
        writer.write(f"{len(chunk):x}\r\n".encode() + chunk + b"\r\n")
        await writer.drain()
    writer.write(b"0\r\n\r\n")


async def break_off(asked: Asked, writer: asyncio.StreamWriter) -> None:  # noqa: ARG001
    """Close the connection in the middle of a body."""
    body = completion("{}")
    writer.write(_head(200, len(body)) + body[:40])
    await writer.drain()
    writer.close()


async def reset(asked: Asked, writer: asyncio.StreamWriter) -> None:  # noqa: ARG001
    """Reset the connection instead of answering."""
    handle: socket.socket = writer.get_extra_info("socket")
    handle.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


def completion(content: str | None, refusal: str | None = None) -> bytes:
    """Return the body of a chat completion of 900 tokens in and 40 out."""
    message = {"role": "assistant", "content": content, "refusal": refusal}
    found = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 0,
        "model": "loopback",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 900, "completion_tokens": 40, "total_tokens": 940},
    }
    return json.dumps(found).encode()


@dataclass(slots=True)
class ModelServer:
    """Serves one behaviour, which may be changed between requests. Use it as a context manager."""

    behaviour: Behaviour
    asked: list[Asked] = field(default_factory=list)
    """Every request that came in."""
    _server: asyncio.Server | None = None
    _connections: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def url(self) -> str:
        """The base address for a client."""
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/v1"

    @property
    def connections(self) -> int:
        """How many connections are open."""
        return len(self._connections)

    async def __aenter__(self) -> ModelServer:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._connections:
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve(reader, writer))
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            try:
                while not writer.is_closing():
                    asked = await _request(reader)
                    self.asked.append(asked)
                    await self.behaviour(asked, writer)
                    await writer.drain()
            finally:
                writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


async def _request(reader: asyncio.StreamReader) -> Asked:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    lines = [line.partition(":") for line in head.split("\r\n")[1:]]
    headers = {name.lower(): value.strip() for name, _, value in lines if name}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Asked(headers, json.loads(body), reader.at_eof)


async def _send(
    writer: asyncio.StreamWriter,
    status: int,
    body: bytes,
    headers: Mapping[str, str] | None = None,
    kind: str = JSON,
) -> None:
    whole = memoryview(_head(status, len(body), headers, kind) + body)
    for start in range(0, len(whole), _PIECE):
        writer.write(whole[start : start + _PIECE])
        await writer.drain()


def _head(status: int, length: int, headers: Mapping[str, str] | None = None, kind: str = JSON) -> bytes:
    lines = {"content-type": kind, "content-length": str(length), **(headers or {})}
    text = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"HTTP/1.1 {status} Status\r\n{text}\r\n".encode()
