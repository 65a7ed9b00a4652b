"""One label in process, and one decision."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime
from random import Random
from typing import Any

import zen

from segue.agents.decide import decide
from segue.agents.snapshot import Snapshot, take_snapshot
from segue.evals.bench.measure import Measurement, interleaved
from segue.evals.bench.population import known_accounts
from segue.evals.bench.rules import ZEN, measured_pack
from segue.policies.facts import Account, take_facts
from segue.policies.load import load_pack

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)


def measure_label(accounts: int, rounds: int) -> Measurement:
    """Measure the label of one account against zen-engine, which gives the segment without a status.

    zen-engine takes its facts as a dict, as JSON text or as JSON bytes; the fastest of the three is
    the peer, its JSON written beforehand.
    """
    pack = measured_pack()
    made = known_accounts(accounts)
    ready = [take_facts(pack, row, NOW).account for row in made]
    label, evaluate = pack.label_code, zen.compile_expression(ZEN).evaluate
    names = [each.name for each in pack.segments]
    texts = [json.dumps(row) for row in made]
    raw = [text.encode() for text in texts]
    same = [names[label(row, NOW) >> 1] for row in ready] == [evaluate(row) for row in made]
    same = same and [evaluate(row) for row in raw] == [evaluate(text) for text in texts]
    times = interleaved(
        {
            "segue": lambda: [label(row, NOW) for row in ready],
            "a dict": lambda: [evaluate(row) for row in made],
            "JSON text": lambda: [evaluate(text) for text in texts],
            "JSON bytes": lambda: [evaluate(row) for row in raw],
        },
        rounds,
        time.thread_time,
    )
    micros = {name: seconds / accounts * 1e6 for name, seconds in times.items()}
    ours = micros.pop("segue")
    fastest = min(micros, key=lambda name: micros[name])
    note = "processor time; zen-engine from " + ", ".join(
        f"{name} {value:.2f}" for name, value in micros.items()
    )
    return Measurement(
        "label, 7 segments, 12 traits", f"zen-engine, {fastest}", "µs", ours, micros[fastest], 5, 10,
        faster=True, same=same, note=note,
    )  # fmt: skip


def measure_decision(snapshots: int, rounds: int) -> Measurement:
    """Measure one decision of a shipped pack, its facts ready, `flip` not asked: median and 99th percentile."""
    made = _snapshots(snapshots)
    first = [decide(each).to_json() for each in made]
    same = [_lasting(each) for each in first] == [_lasting(decide(each).to_json()) for each in made]
    medians, tails = [], []
    for _ in range(rounds):
        times = sorted(_timed(decide, each) for each in made)
        medians.append(statistics.median(times))
        tails.append(times[int(len(times) * 0.99)])
    median, tail = statistics.median(medians), statistics.median(tails)
    note = f"processor time, median; p99 {tail:.0f} µs; saas_pipeline, {snapshots:,} accounts, 3 surfaces"
    return Measurement("one decision", "", "µs", median, None, 100, 50, same=same, note=note)


def _timed(run: Callable[[Snapshot], object], snapshot: Snapshot) -> float:
    started = time.thread_time()
    run(snapshot)
    return (time.thread_time() - started) * 1e6


def _lasting(answer: dict[str, Any]) -> dict[str, Any]:
    """What is the same each time."""
    return {
        name: value
        for name, value in answer.items()
        if name not in ("decision_id", "latency_ms", "decided_at")
    }


def _snapshots(count: int) -> list[Snapshot]:
    pack, random = load_pack("saas_pipeline"), Random(11)  # noqa: S311 - made-up data
    found = []
    for number, row in enumerate(known_accounts(count)):
        facts = {name: value for name, value in row.items() if name in pack.blank and random.random() > 1 / 6}
        person = {
            "persona": random.choice(("ciso", "cmo", "cfo", "it")),
            "seniority": random.choice(("vp", "individual")),
        }
        account = Account(f"acc_{number}", f"account-{number}.example", f"Account {number}")
        surface = ("web", "chat", "slack")[number % 3]
        found.append(take_snapshot([pack], account, surface, NOW, account_facts=facts, contact=person))
    return found
