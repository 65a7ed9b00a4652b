"""Decisions by a model that misbehaves: are they within policy, in time, and counted right."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from pydantic import SecretStr

from segue.agents.choosers.model.breaker import Breaker, BreakerCounts, State
from segue.agents.choosers.model.chooser import ModelChooser
from segue.agents.choosers.model.kept_answers import KeptAnswers
from segue.agents.choosers.model.openai_endpoint import OpenAIEndpoint
from segue.agents.choosers.model.options import Options, shown_options
from segue.agents.choosers.model.spending import Allowance, Amount, Prices, SpendingHere
from segue.agents.decide import decide, decide_with_model
from segue.agents.decision import Decision
from segue.agents.snapshot import Snapshot
from segue.agents.steps import BEFORE_ASKING, SILENCE, Progress
from segue.evals.cases import snapshot_of
from segue.evals.generate import Generator
from segue.evals.model_faults.faults import FAULTS, Fault, right_answer
from segue.evals.model_faults.server import ModelServer, answering
from segue.policies.load import load_pack

PACKS = ("saas_pipeline", "security_maturity", "buying_motion")
_FAILURES, _SECONDS = 5, 30.0


@dataclass(slots=True)
class FaultResult:
    """What came of one fault. Times are milliseconds from asking to answer, over the budget."""

    name: str
    calls: int = 0
    outside: int = 0
    """Decisions that policy does not permit."""
    unexplained: int = 0
    """Decisions that do not give the fault's reason."""
    over: list[float] = field(default_factory=list)
    breaker: BreakerCounts = field(default_factory=BreakerCounts)
    breaker_right: bool = False

    def percentile(self, share: float) -> float:
        """Return the time over budget that this share of the calls stays below; negative is inside."""
        return sorted(self.over)[min(len(self.over) - 1, int(len(self.over) * share))]

    @property
    def kept(self) -> bool:
        """True when everything is as promised."""
        return (
            not self.outside and not self.unexplained and self.breaker_right and self.percentile(0.99) <= 50
        )


def open_chooser(url: str, breaker: Breaker) -> ModelChooser:
    """Return a chooser for an endpoint on loopback, which keeps no answers and has a day's money."""
    return ModelChooser(
        OpenAIEndpoint(url, SecretStr("key"), "loopback", 300, "max_completion_tokens"),
        "loopback",
        breaker,
        Allowance(SpendingHere(), Amount(10**12, 10**12), Prices(1, 1)),
        KeptAnswers(0, 0),
        least_budget=0.05,
    )


def options_of(snapshot: Snapshot) -> Options:
    """Return what a model is shown of a snapshot."""
    state = Progress(snapshot)
    for _, step in BEFORE_ASKING:
        for name, value in step(state).items():
            setattr(state, name, value)
    assert state.situation is not None and state.choice is not None
    return shown_options(state.situation, state.findings, state.choice)


def open_snapshots(count: int, seed: int = 0) -> list[Snapshot]:
    """Return situations of the shipped packs, in turn, in which there is something to choose."""
    packs = [load_pack(name) for name in PACKS]
    drawn = [_open(Generator(pack, seed)) for pack in packs]
    return [next(drawn[number % len(drawn)]) for number in range(count)]


def _open(generator: Generator) -> Iterator[Snapshot]:
    while True:
        for case in generator.cases(100):
            snapshot = snapshot_of([generator.pack], case)
            if options_of(snapshot).open:
                yield snapshot


def outside_policy(snapshot: Snapshot, decision: Decision) -> bool:
    """Return True when policy does not permit what a decision does or shows, by the rules alone."""
    by_rules = decide(snapshot)
    permitted = {each.play for each in by_rules.findings if each.permitted} | {SILENCE}
    proof = {each for each, _ in options_of(snapshot).proof}
    shown = {each.id for each in decision.play.proof_points}
    return decision.play.name not in permitted or not shown <= proof


async def run_fault(
    fault: Fault, snapshots: Sequence[Snapshot], budget_ms: float = 300, at_once: int = 5
) -> FaultResult:
    """Play one fault for every snapshot, `at_once` at a time, then once more to see the breaker count."""
    result = FaultResult(fault.name)
    made: list[tuple[Snapshot, Decision]] = []
    async with ModelServer(fault.behaviour) as server:
        chooser = open_chooser(server.url, Breaker(10**9, 1, _SECONDS))
        queue = iter(snapshots)

        async def caller() -> None:
            for snapshot in queue:
                started = time.perf_counter()
                decision = await decide_with_model(snapshot, chooser, budget_ms)
                result.over.append((time.perf_counter() - started) * 1000 - budget_ms)
                made.append((snapshot, decision))

        await asyncio.gather(*(caller() for _ in range(at_once)))
        for snapshot, decision in made:  # not before: the loop would answer the others late for it
            result.calls += 1
            result.outside += outside_policy(snapshot, decision)
            result.unexplained += decision.fallback_reason != fault.reason
        await chooser.aclose()
        await _count(fault, server, snapshots[0], budget_ms, result)
    return result


async def _count(
    fault: Fault, server: ModelServer, snapshot: Snapshot, budget_ms: float, result: FaultResult
) -> None:
    """Hold the breaker's counts against what they must be: opened, probed in vain, probed and closed."""
    now = 0.0
    breaker = Breaker(_FAILURES, 20, _SECONDS, lambda: now)
    chooser = open_chooser(server.url, breaker)
    found: list[tuple[int, Mapping[str, int], int, int, int, int, State]] = []

    async def calls(count: int) -> None:
        for _ in range(count):
            await decide_with_model(snapshot, chooser, budget_ms)
        counts = breaker.counts
        found.append((
            counts.calls, dict(counts.failures), counts.successes, counts.refused, counts.opens,
            counts.probes, breaker.state,
        ))  # fmt: skip

    await calls(8)
    now = _SECONDS
    await calls(2)
    server.behaviour = answering(right_answer)
    now = 2 * _SECONDS
    await calls(2)
    await chooser.aclose()
    if fault.of_endpoint:
        expected = [
            (5, {fault.reason: 5}, 0, 3, 1, 0, State.OPEN),
            (6, {fault.reason: 6}, 0, 4, 2, 1, State.OPEN),
            (8, {fault.reason: 6}, 2, 4, 2, 2, State.CLOSED),
        ]
    else:
        expected = [(each, {}, each, 0, 0, 0, State.CLOSED) for each in (8, 10, 12)]
    result.breaker = breaker.counts
    result.breaker_right = found == expected and breaker.counts.abandoned == 0


@contextmanager
def settled_memory() -> Iterator[None]:
    """Keep what has been loaded out of the garbage collector's rounds.

    A full round over the modules of openai and LangGraph takes 0.2 s, in which nothing answers:
    a service does well to do the same once it has started.
    """
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


async def run_all(calls: int, budget_ms: float) -> list[FaultResult]:
    """Play every fault, each for the same situations."""
    snapshots = open_snapshots(calls)
    with settled_memory():
        return [await run_fault(fault, snapshots, budget_ms) for fault in FAULTS]
