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
from typing import Any

import orjson
import psycopg

from segue.core.private_server import PrivateServer
from segue.core.schema import migrate
from segue.core.server_places import server_folder
from segue.evals.bench.measure import Measurement
from segue.evals.served import Served, served

_PACK = "saas_pipeline"
_A_BATCH = 500
_SENDERS = 8
_VISITORS = 2_000
_COPY_OUT = "COPY (SELECT * FROM segue.events OFFSET {} LIMIT {}) TO STDOUT"


def measure_intake(folder: Path, batches: int) -> Iterator[Measurement]:
    """Yield the rate of `POST /v1/batch`, 500 events each, against COPY of the same rows.

    Rows are copied by one connection, 500 a COPY and a commit each, which is what one batch needs on the
    disk. Sender, service and database share the machine; fsync is on; the service takes what is sent by eight
    at once. Of the visitors, a tenth is identified.
    """
    server = PrivateServer(server_folder(folder / "intake"))
    url = server.start()
    try:
        migrate(url)
        with served([_PACK], folder, url) as service:
            _send(service, [_batch(Random(1), 50)])  # noqa: S311 - made-up data
            warm = _events(url)
            made = [_batch(Random(number), _A_BATCH) for number in range(2, batches + 2)]  # noqa: S311
            seconds = _send(service, made)
        events = batches * _A_BATCH
        stored = _events(url) - warm
        copied = _copied(url, stored)
        yield Measurement(
            "POST /v1/batch, 500 events", "COPY of the same rows", "µs/event", seconds / events * 1e6,
            copied / stored * 1e6, 0.2, 0.4, faster=True, same=stored == events,
            note=f"{events / seconds:,.0f} events/s taken, {stored / copied:,.0f} rows/s copied; {_SENDERS} senders",
        )  # fmt: skip
    finally:
        server.stop()


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


def _copied(url: str, rows: int) -> float:
    """Return the seconds that COPY takes for the stored rows, into the emptied table of the same indexes."""
    with psycopg.connect(url, autocommit=True) as connection:
        parts = [_rows(connection, start) for start in range(0, rows, _A_BATCH)]
        connection.execute("TRUNCATE segue.events")
        started = time.perf_counter()
        for part in parts:
            with connection.cursor() as cursor, cursor.copy("COPY segue.events FROM STDIN") as copy:
                copy.write(part)
        return time.perf_counter() - started


def _rows(connection: psycopg.Connection[Any], start: int) -> bytes:
    with connection.cursor() as cursor, cursor.copy(_COPY_OUT.format(start, _A_BATCH).encode()) as copy:
        return b"".join(bytes(piece) for piece in copy)
