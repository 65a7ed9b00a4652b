"""Callers that keep asking while things are killed, and remember what they received."""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import random
import time
from collections import Counter
from dataclasses import dataclass, field

import httpx2

_AGAIN_AFTER = 0.05
"""Seconds to the next try of a call that was cut or refused for now."""
_PATIENCE = 60.0
"""Seconds after which a caller that tries again gives up for good."""
_ONE_IN = 4
"""One of so many callers goes away when a call is cut; the others try again with the same key."""


@dataclass(slots=True)
class Observed:
    """What callers saw. A call is its number; what it received is the digest of the answer's bytes."""

    received: dict[int, str] = field(default_factory=dict)
    unanswered: set[int] = field(default_factory=set)
    """Calls that never got their answer."""
    requests: int = 0
    cut: int = 0
    """Connections lost before the answer."""
    refused: int = 0
    """503 as promised: a problem, with Retry-After."""
    others: Counter[str] = field(default_factory=Counter)
    """Answers of any other kind, which nothing explains."""
    asked_again: int = 0
    other_bytes: int = 0
    """Calls that got other bytes when they were repeated."""
    answered: list[tuple[float, float]] = field(default_factory=list)
    """When answered requests began and ended, by the monotonic clock."""

    def seconds_until_answered(self, killed: float) -> float:
        """Return how long after a kill the first request that began later was answered."""
        return min((end for begun, end in self.answered if begun >= killed), default=float("inf")) - killed


class Callers:
    """Some callers of one service, each asking anew as soon as it is answered."""

    def __init__(self, url: str, key: str, count: int = 8) -> None:
        self.observed = Observed()
        self._client = httpx2.AsyncClient(
            base_url=url, headers={"Authorization": f"Bearer {key}"}, timeout=30, trust_env=False
        )
        self._numbers = itertools.count(1)
        self._count = count
        self._tasks: list[asyncio.Task[None]] = []
        self._ended = False

    def start(self) -> None:
        """Begin to ask."""
        self._tasks = [asyncio.create_task(self._ask_on()) for _ in range(self._count)]

    async def end(self) -> None:
        """Let every caller finish what it asked."""
        self._ended = True
        await asyncio.gather(*self._tasks)

    async def close(self) -> None:
        """Let go of the connections."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._client.aclose()

    async def repeat(self, most: int, chance: random.Random) -> None:
        """Repeat calls that were answered, the newest or a sample, and hold the bytes against the first ones."""
        found = list(self.observed.received)
        newest, rest = found[-most // 2 :], found[: -most // 2]
        numbers = iter(newest + chance.sample(rest, min(len(rest), most - len(newest))))

        async def repeat() -> None:
            for number in numbers:
                digest = await self._try(number)
                self.observed.asked_again += 1
                self.observed.other_bytes += digest != self.observed.received[number]

        await asyncio.gather(*(repeat() for _ in range(self._count)))

    async def _ask_on(self) -> None:
        while not self._ended:
            number = next(self._numbers)
            digest = await self._try(number, gives_up=number % _ONE_IN == 0)
            if digest is None:
                self.observed.unanswered.add(number)
            else:
                self.observed.received[number] = digest

    async def _try(self, number: int, *, gives_up: bool = False) -> str | None:
        until = time.monotonic() + _PATIENCE
        while time.monotonic() < until:
            begun = time.monotonic()
            self.observed.requests += 1
            try:
                response = await self._client.post(
                    "/v1/decisions", json=_body(number), headers=_headers(number)
                )
            except httpx2.TransportError:
                self.observed.cut += 1
                if gives_up:
                    return None
            else:
                if response.status_code == 200:
                    self.observed.answered.append((begun, time.monotonic()))
                    return hashlib.sha256(response.content).hexdigest()
                self._note(response)
            await asyncio.sleep(_AGAIN_AFTER)
        return None

    def _note(self, response: httpx2.Response) -> None:
        kind, after = response.headers.get("content-type"), response.headers.get("retry-after", "")
        if response.status_code == 503 and kind == "application/problem+json" and after.isdigit():
            self.observed.refused += 1
        else:
            self.observed.others[f"{response.status_code} {response.text[:200]}"] += 1


def account_of(number: int) -> str:
    """Return the account that a call, and no other, asks for."""
    return f"call-{number:07d}"


def _body(number: int) -> dict[str, str]:
    return {"surface": "chat", "account": account_of(number)}


def _headers(number: int) -> dict[str, str]:
    return {"Idempotency-Key": f"once-{number}"}
