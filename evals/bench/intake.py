"""Intake over HTTP against COPY of the very rows that it stored into the very table, indexes and all."""

from __future__ import annotations

import http.client
import time
import uuid
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from statistics import median
from typing import Any

import orjson
import psycopg
from psycopg.conninfo import make_conninfo

from segue.core.private_server import PrivateServer
from segue.core.schema import migrate
from segue.core.server_places import server_folder
from segue.evals.bench.measure import Measurement
from segue.evals.served import Served, served

_PACK = "saas_pipeline"
_A_BATCH = 500
_SENDERS = 8
_VISITORS = 2_000
_COPY_OUT = (
    "COPY (SELECT * FROM segue.events ORDER BY received_at, source, message_id OFFSET {} LIMIT {}) TO STDOUT"
)
_PEER = "copied"


def measure_intake(folder: Path, rounds: int, batches: int) -> Iterator[Measurement]:
    """Yield the rate of `POST /v1/batch`, 500 events each, against COPY of the same rows; medians of rounds.

    In every round the service takes some batches, sent by eight at once, and then one connection copies
    the rows that it stored into the table of another database, 500 a COPY and a commit each, which is what
    one batch needs on the disk: both tables have the same indexes and grow alike. Sender, service and
    database share the machine; fsync is on. Of the visitors, a tenth is identified.
    """
    server = PrivateServer(server_folder(folder / "intake"))
    url = server.start()
    try:
        migrate(url)
        peer = _peer(url)
        with served([_PACK], folder, url) as service:
            _send(service, [_batch(Random(1), 50)])  # noqa: S311 - made-up data
            times: list[tuple[float, float]] = []
            sent = start = _events(url)
            for number in range(rounds):
                made = [_batch(Random(2 + number * batches + each), _A_BATCH) for each in range(batches)]  # noqa: S311
                taken = _send(service, made)
                times.append((taken, _copied(url, peer, sent, batches)))
                sent += batches * _A_BATCH
        same = _events(url) == sent and _events(peer) == sent - start
        ours, theirs = (median(each) / (batches * _A_BATCH) for each in zip(*times, strict=True))
        yield Measurement(
            "POST /v1/batch, 500 events", "COPY of the same rows", "µs/event", ours * 1e6, theirs * 1e6,
            0.2, 0.4, faster=True, same=same,
            note=f"{1 / ours:,.0f} events/s taken, {1 / theirs:,.0f} rows/s copied; {_SENDERS} senders",
        )  # fmt: skip
    finally:
        server.stop()


def _peer(url: str) -> str:
    """Make a second store on the server and return its URL."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {_PEER}".encode())
        parameters = connection.info.get_parameters()
    peer = make_conninfo(**{**parameters, "dbname": _PEER})
    migrate(peer)
    return peer


def _batch(random: Random, size: int) -> bytes:
    now = datetime.now(UTC)
    return orjson.dumps({"batch": [_event(random, now) for _ in range(size)], "sentAt": now.isoformat()})


def _event(random: Random, now: datetime) -> dict[str, Any]:
    number = random.randrange(_VISITORS)
    event = {
        "messageId": str(uuid.UUID(int=random.getrandbits(128))),
        "anonymousId": f"visitor-{number}",
        "timestamp": (now - timedelta(seconds=random.randrange(60))).isoformat(),
        "context": {
            "userAgent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0",
            "library": {"name": "analytics.js", "version": "2.1.0"},
            "page": {"path": "/pricing", "url": "https://www.example.com/pricing", "title": "Pricing"},
        },
    }
    if random.random() < 0.01 and number % 10 == 0:
        email = f"person-{number}@company-{number % 300}.com"
        return {**event, "type": "identify", "userId": f"user-{number}", "traits": {"email": email}}
    if random.random() < 0.6:
        path = random.choice(("/pricing", "/compare", "/docs", "/blog/post"))
        return {
            **event,
            "type": "page",
            "name": "Page",
            "properties": {"path": path, "referrer": "https://www.google.com/"},
        }
    return {**event, "type": "track", "event": "Clicked", "properties": {"button": "demo", "number": number}}


def _send(service: Served, batches: Sequence[bytes]) -> float:
    """Send every batch, some at once, and return the seconds until the last is answered."""
    headers = {"Authorization": f"Bearer {service.key}", "Content-Type": "application/json"}

    def sender(part: Sequence[bytes]) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=60)
        for body in part:
            connection.request("POST", "/v1/batch", body, headers)
            answer = connection.getresponse()
            answer.read()
            if answer.status != 200:
                raise AssertionError(f"intake answered {answer.status}")
        connection.close()

    with ThreadPoolExecutor(_SENDERS) as pool:
        started = time.perf_counter()
        list(pool.map(sender, [batches[number::_SENDERS] for number in range(_SENDERS)]))
        return time.perf_counter() - started


def _events(url: str) -> int:
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute("SELECT count(*) FROM segue.events").fetchone()
        assert row is not None
        return int(row[0])


def _copied(url: str, peer: str, start: int, batches: int) -> float:
    """Return the seconds that COPY takes for some of the stored rows, into the table of the other store."""
    with psycopg.connect(url, autocommit=True) as connection:
        parts = [_rows(connection, start + number * _A_BATCH) for number in range(batches)]
    with psycopg.connect(peer, autocommit=True) as connection:
        started = time.perf_counter()
        for part in parts:
            with connection.cursor() as cursor, cursor.copy("COPY segue.events FROM STDIN") as copy:
                copy.write(part)
        return time.perf_counter() - started


def _rows(connection: psycopg.Connection[Any], start: int) -> bytes:
    with connection.cursor() as cursor, cursor.copy(_COPY_OUT.format(start, _A_BATCH).encode()) as copy:
        return b"".join(bytes(piece) for piece in copy)
