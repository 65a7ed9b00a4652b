"""Kill the service and stop PostgreSQL again and again while events come in, and see what came of everything."""

from __future__ import annotations

import asyncio
import contextlib
import random
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import httpx2
import psycopg

from segue.core.errors import UnavailableError
from segue.core.private_server import PrivateServer
from segue.evals.days import let_pass
from segue.evals.killable import KillableService
from segue.evals.live_crashes.consequence_evidence import ConsequenceEvidence, read_consequence_evidence
from segue.evals.live_crashes.event_evidence import EventEvidence, read_event_evidence
from segue.evals.live_crashes.outside import Senders, Sent, Told
from segue.evals.live_crashes.visits import accounts_file
from segue.policies.load import load_pack

_PACK = "saas_pipeline"
_PASSES = timedelta(days=4)
"""Longer than any play of the pack waits."""
_LONG_PASSES = timedelta(days=70)
"""Longer than any event of the pack counts."""
_MOST_PASSES = 6
_SETTLES_WITHIN = 120.0
_DUE = """
SELECT (SELECT count(*) FROM segue.consequences WHERE status = 'doing' OR status = 'waiting' AND due_at <= now()),
    (SELECT count(*) FROM segue.accounts WHERE label_due_at <= now()),
    (SELECT count(*) FROM segue_jobs.procrastinate_jobs
        WHERE status = 'doing' OR status = 'todo' AND (scheduled_at IS NULL OR scheduled_at <= now()))
"""
_LABELS_DUE = "SELECT count(*) FROM segue.accounts WHERE label_due_at <= now()"
_OPEN = "SELECT count(*) FROM segue.consequences WHERE status IN ('waiting', 'doing')"


@dataclass(frozen=True, slots=True)
class Plan:
    """How often what is ended, and what goes on meanwhile."""

    kills: int
    """Of the service, by SIGKILL."""
    stops: int
    """Of PostgreSQL, by an immediate stop."""
    accounts: int = 400
    pace: float = 60.0
    """Events a second."""
    load_for: tuple[float, float] = (0.3, 3.0)
    """Seconds of load between being back and what comes next, at random between these."""
    passes: int = 5
    """How often, while the service is down, days pass: what waits for days is then due."""
    seed: int = 0
    unaided: bool = True
    """Whether what is due at the end must be done before another start: half a minute where one died at a job."""

    def steps(self, chance: random.Random) -> list[str]:
        """Return what is done, in order: a stop of PostgreSQL comes last, so that no start mends what it broke."""
        found = ["kill"] * self.kills + ["stop"] * max(0, self.stops - 1)
        chance.shuffle(found)
        kills = [number for number, each in enumerate(found) if each == "kill"]
        for each in range(1, self.passes + 1):
            if kills:
                found[kills[(each * len(kills) - 1) // self.passes]] = "days"
        return found + ["stop"] * min(1, self.stops)


@dataclass(frozen=True, slots=True)
class LiveResult:
    """What came of a run."""

    plan: Plan
    seconds: float
    sent: Sent
    events: EventEvidence
    consequences: ConsequenceEvidence
    settled_after: float
    """Seconds from the last event until nothing was due, with nobody's help; infinite when something stayed."""
    defects: int
    """Lines of the service's log that tell of a defect."""
    ended: bool
    """Whether no PostgreSQL was left behind."""
    key: str
    """The key under which events were sent."""
    told: Told

    @property
    def unanswered(self) -> int:
        """Events that the clients took and never got through."""
        return len(self.sent.visits.keys() - self.sent.answered.keys())

    @property
    def kept(self) -> bool:
        """True when everything is as promised."""
        events, sent = self.events, self.sent
        return (
            self.ended
            and bool(sent.answered)
            and self.settled_after < float("inf")
            and set(sent.statuses) <= {200, 503}
            and not any((self.unanswered, sent.gave_up, sent.refused, self.defects))
            and not any((events.lost, events.twice, events.unsent, events.marked))
            and not any((events.miscounted, events.mislabelled, self.consequences.broken))
        )


def run(plan: Plan, data_dir: Path | None = None) -> LiveResult:
    """Carry a plan out, in a folder that is thrown away unless one is named."""
    if data_dir is not None:
        return asyncio.run(_run(plan, data_dir))
    with tempfile.TemporaryDirectory(prefix="segue-live-crashes-") as folder:
        return asyncio.run(_run(plan, Path(folder)))


async def _run(plan: Plan, folder: Path) -> LiveResult:
    started = time.monotonic()
    told = Told(plan.accounts)
    with told.running() as settings:
        service = KillableService(folder, _PACK, settings=settings)
        service.start()
        try:
            await service.ready()
            url = _url(service)
            key, secret = service.create_key("write"), service.create_key()
            await asyncio.to_thread(_import, service, secret, plan.accounts)
            sent = await _under_load(plan, service, url, key, folder)
            settled_after = await _settled(url, _DUE if plan.unaided else _LABELS_DUE)
            pack = load_pack(_PACK)
            events = await asyncio.to_thread(read_event_evidence, url, key, sent, pack)
            await _finish(service, url)
            consequences = read_consequence_evidence(url, told, pack)
        finally:
            service.stop()
    ended = service.database_pid() is None
    seconds = time.monotonic() - started
    return LiveResult(
        plan, seconds, sent, events, consequences, settled_after, service.defects(), ended, key, told
    )


async def _under_load(plan: Plan, service: KillableService, url: str, key: str, folder: Path) -> Sent:
    chance = random.Random(plan.seed)  # noqa: S311 - no secret
    senders = Senders(folder, service.url, key, plan.accounts, plan.seed, plan.pace)
    try:
        await asyncio.sleep(1.0)
        for step in plan.steps(chance):
            await asyncio.sleep(chance.uniform(*plan.load_for))
            await asyncio.to_thread(_end, service, url, step)
            await _back(service, url)
        await asyncio.sleep(plan.load_for[1])
        return await asyncio.to_thread(senders.finish)
    finally:
        senders.close()


def _end(service: KillableService, url: str, step: str, passes: timedelta = _PASSES) -> None:
    if step == "stop":
        service.stop_database_at_once()
        return
    service.kill()
    if step == "days":
        let_pass(url, passes, at_rest=True)
    service.start()


async def _back(service: KillableService, url: str) -> None:
    """Wait until PostgreSQL answers, and the service says that it is ready."""
    until = time.monotonic() + _SETTLES_WITHIN
    while time.monotonic() < until:
        with contextlib.suppress(psycopg.OperationalError), psycopg.connect(url):
            await service.ready()
            return
        await asyncio.sleep(0.05)
    raise UnavailableError("PostgreSQL is not back")


async def _finish(service: KillableService, url: str) -> None:
    """Let days pass until nothing waits any more."""
    for number in range(_MOST_PASSES):
        if _count(url, _OPEN) == (0,):
            return
        _end(service, url, "days", _LONG_PASSES if number else _PASSES)
        await _back(service, url)
        await _settled(url, _DUE)


async def _settled(url: str, due: str) -> float:
    """Wait until nothing is due, and return how long that took."""
    begun = time.monotonic()
    while time.monotonic() - begun < _SETTLES_WITHIN:
        if not any(_count(url, due)):
            return time.monotonic() - begun
        await asyncio.sleep(0.25)
    return float("inf")


def _count(url: str, query: str) -> Sequence[int]:
    try:
        with psycopg.connect(url) as connection:
            return connection.execute(query.encode()).fetchone() or ()
    except psycopg.OperationalError:  # it is on its way up
        return (1,)


def _url(service: KillableService) -> str:
    """Return where the service's PostgreSQL is: it stays there however often it is ended."""
    server = PrivateServer(service.folder)
    try:
        return server.start()
    finally:
        server.stop()


def _import(service: KillableService, secret: str, accounts: int) -> None:
    """Import the CRM's accounts, once the service has heard of the key, which takes it a moment."""
    asked = {"filename": "accounts.csv", "pack": _PACK, "source": "crm"}
    headers, content = {"Authorization": f"Bearer {secret}"}, accounts_file(accounts)
    with httpx2.Client(base_url=service.url, timeout=60, trust_env=False) as client:
        until = time.monotonic() + _SETTLES_WITHIN
        while True:
            answer = client.post("/v1/accounts:import", params=asked, headers=headers, content=content)
            if answer.status_code == 200:
                return
            if time.monotonic() > until:
                raise UnavailableError(f"the accounts are not imported: {answer.status_code}")
            time.sleep(0.05)
