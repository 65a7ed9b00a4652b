"""Kill the server, or PostgreSQL, again and again under load."""

from __future__ import annotations

import asyncio
import random
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from segue.core.private_server import PrivateServer
from segue.evals.crashes.callers import Callers, Observed
from segue.evals.crashes.evidence import Evidence, read_evidence
from segue.evals.killable import KillableService

_LOAD_FOR = (0.2, 1.2)
"""Seconds of load between being back and the next kill, at random between these."""


@dataclass(frozen=True, slots=True)
class CrashResult:
    """What came of some kills."""

    killed: str
    kills: int
    observed: Observed
    evidence: Evidence
    back_after: tuple[float, ...]
    """Seconds from each kill to the first answer of a request that began after it."""
    defects: int
    """Lines of the service's log that tell of a defect."""
    ended: bool
    """Whether no PostgreSQL was left behind."""

    @property
    def kept(self) -> bool:
        """True when everything is as promised."""
        return (
            self.ended
            and bool(self.observed.received)
            and max(self.back_after, default=0.0) < float("inf")
            and not self.observed.others
            and not any((self.evidence.lost, self.evidence.twice, self.observed.other_bytes, self.defects))
        )


def kill_server(kills: int, data_dir: Path | None = None, seed: int = 0) -> CrashResult:
    """Kill the server so many times, starting it again over the same folder each time."""

    def kill(service: KillableService) -> None:
        service.kill()
        service.start()

    return _in_folder("server", kill, kills, data_dir, seed)


def kill_database(kills: int, data_dir: Path | None = None, seed: int = 0) -> CrashResult:
    """Kill the private PostgreSQL so many times; the service is left alone."""
    return _in_folder("PostgreSQL", KillableService.kill_database, kills, data_dir, seed)


def _in_folder(
    name: str, kill: Callable[[KillableService], None], kills: int, data_dir: Path | None, seed: int
) -> CrashResult:
    if data_dir is not None:
        return asyncio.run(_run(name, kill, kills, data_dir, seed))
    with tempfile.TemporaryDirectory(prefix="segue-crashes-") as folder:
        return asyncio.run(_run(name, kill, kills, Path(folder), seed))


async def _run(
    name: str, kill: Callable[[KillableService], None], kills: int, data_dir: Path, seed: int
) -> CrashResult:
    chance = random.Random(seed)  # noqa: S311 - no secret
    service = KillableService(data_dir)
    callers = Callers(service.url, service.create_key())
    back_after: list[float] = []
    service.start()
    try:
        await service.ready()
        callers.start()
        await asyncio.sleep(1.0)
        for _ in range(kills):
            await asyncio.sleep(chance.uniform(*_LOAD_FOR))
            killed = time.monotonic()
            callers.observed.answered.clear()
            kill(service)
            await service.ready()
            back_after.append(await _back(callers.observed, killed))
            await callers.repeat(30, chance)
        await callers.end()
        await callers.repeat(500, chance)
    finally:
        await callers.close()
        service.stop()
    ended = service.database_pid() is None
    server = PrivateServer(service.folder)
    try:
        evidence = read_evidence(server.start(), callers.observed)
    finally:
        server.stop()
    ended = ended and service.database_pid() is None
    return CrashResult(name, kills, callers.observed, evidence, tuple(back_after), service.defects(), ended)


async def _back(observed: Observed, killed: float) -> float:
    """Wait until a request that began after a kill is answered, and return how long that took."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        found = observed.seconds_until_answered(killed)
        if found < float("inf"):
            return found
        await asyncio.sleep(0.01)
    return float("inf")
