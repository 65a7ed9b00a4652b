"""The length of the queue, for Prometheus: read from the database when it is asked for, and not more often."""

from __future__ import annotations

import asyncio
import time
from math import nan

from prometheus_client import CollectorRegistry, Gauge

from segue.activation.queue_length import queue_length
from segue.agents.erasure_requests import open_requests
from segue.core.database import Database
from segue.core.errors import SegueError

_KEPT = 5.0
"""Seconds that a reading is good for: whoever asks more often gets it again."""
_WITHIN = 2.0
"""Seconds that the database has to answer: the other metrics do not wait longer for it."""
_GAUGES = {
    "planned": "Consequences whose time has not come",
    "waiting": "Consequences that are due and not under way",
    "doing": "Consequences under way",
    "parked": "Consequences given up until somebody has them tried again",
}


class QueueGauges:
    """The gauges `segue_consequences_*`, the same on every replica; NaN while the database does not answer."""

    def __init__(self, registry: CollectorRegistry, database: Database) -> None:
        self._database = database
        self._read_at = float("-inf")
        self._gauges = {
            name: Gauge(f"segue_consequences_{name}", text, registry=registry)
            for name, text in _GAUGES.items()
        }
        self._gauges["oldest"] = Gauge(
            "segue_consequences_oldest_seconds",
            "Seconds since the first of those that are open was due",
            registry=registry,
        )

        self._erasures = Gauge(
            "segue_erasure_requests",
            "Requests to be erased, made in conversations, that wait for an operator",
            registry=registry,
        )

    async def refresh(self) -> None:
        """Read the queue's length, unless that was done just now."""
        if time.monotonic() - self._read_at < _KEPT:
            return
        self._read_at = time.monotonic()
        try:
            async with asyncio.timeout(_WITHIN), self._database.connection() as connection:
                found = await queue_length(connection)
                asked = len(await open_requests(connection))
        except (SegueError, TimeoutError):
            for each in (*self._gauges.values(), self._erasures):
                each.set(nan)
            return
        self._erasures.set(asked)
        for name, gauge in self._gauges.items():
            gauge.set(getattr(found, name))
