"""A load of HTTP requests from this process: connections kept open, each asking again when answered."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from statistics import median


@dataclass(frozen=True, slots=True)
class LoadResult:
    """What came back: requests a second, and latencies in milliseconds, sorted."""

    rate: float
    latencies: Sequence[float] = field(repr=False)
    refused: int = 0
    """Answers with another status than 200."""

    def percentile(self, share: float) -> float:
        """Return the latency below which this share of the answers came, in milliseconds."""
        return self.latencies[min(int(len(self.latencies) * share), len(self.latencies) - 1)]


CONNECTIONS = 32
ROUNDS = 3


def request_bytes(path: str, body: bytes, headers: dict[str, str]) -> bytes:
    """Return a POST of JSON as it goes over the wire."""
    lines = [f"POST {path} HTTP/1.1", "Host: 127.0.0.1", "Content-Type: application/json"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def run_load(port: int, requests: Sequence[bytes], connections: int, seconds: float) -> LoadResult:
    """Send requests in turn over some connections for some seconds, and return what came back."""
    return asyncio.run(_run(port, requests, connections, seconds))


async def _run(port: int, requests: Sequence[bytes], connections: int, seconds: float) -> LoadResult:
    loop = asyncio.get_running_loop()
    shared = _Shared(requests, time.perf_counter() + seconds)
    started = time.perf_counter()
    done = [loop.create_future() for _ in range(connections)]
    for future in done:
        await loop.create_connection(partial(_Asker, shared, future), "127.0.0.1", port)
    await asyncio.gather(*done)
    elapsed = time.perf_counter() - started
    return LoadResult(len(shared.latencies) / elapsed, sorted(shared.latencies), shared.refused)


class _Shared:
    """What the connections share: the next request, the end, and the results."""

    def __init__(self, requests: Sequence[bytes], until: float) -> None:
        self.requests = requests
        self.until = until
        self.next = 0
        self.latencies: list[float] = []
        self.refused = 0


class _Asker(asyncio.Protocol):
    """One connection. The answers of the measured services carry their length, so little is parsed."""

    def __init__(self, shared: _Shared, done: asyncio.Future[None]) -> None:
        self._shared = shared
        self._done = done
        self._data = b""
        self._started = 0.0
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._ask()

    def data_received(self, data: bytes) -> None:
        self._data += data
        head, found, body = self._data.partition(b"\r\n\r\n")
        if not found:
            return
        length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
        if len(body) < int(length or b"0"):
            return
        shared = self._shared
        now = time.perf_counter()
        shared.latencies.append((now - self._started) * 1000)
        shared.refused += not head.startswith(b"HTTP/1.1 200")
        self._data = b""
        if now < shared.until:
            self._ask()
        else:
            assert self._transport is not None
            self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._done.done():
            return
        if exc is None:
            self._done.set_result(None)
        else:
            self._done.set_exception(exc)

    def _ask(self) -> None:
        shared = self._shared
        request = shared.requests[shared.next % len(shared.requests)]
        shared.next += 1
        self._started = time.perf_counter()
        assert self._transport is not None
        self._transport.write(request)


def micros(results: Sequence[LoadResult]) -> float:
    """Return the microseconds a request of several rounds, at their median rate."""
    return 1e6 / median(each.rate for each in results)


def described(what: str, results: Sequence[LoadResult]) -> str:
    """Return the medians of several rounds in words."""
    rate, p50, p99 = (
        median(each.rate for each in results),
        median(each.percentile(0.5) for each in results),
        median(each.percentile(0.99) for each in results),
    )
    return f"{what} {rate:,.0f} requests/s, p50 {p50:.1f} ms, p99 {p99:.1f} ms"
