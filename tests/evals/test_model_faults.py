"""Whatever a model does, decisions stay inside policy and budget, and the breaker counts right."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence

import pytest

from segue.agents.snapshot import Snapshot
from segue.evals.model_faults.__main__ import main, show
from segue.evals.model_faults.faults import FAULTS, Fault
from segue.evals.model_faults.server import answering
from segue.evals.model_faults.trials import FaultResult, open_snapshots, run_fault, settled_memory

pytestmark = pytest.mark.deadline


@pytest.fixture(scope="module")
def snapshots() -> Iterator[Sequence[Snapshot]]:
    found = open_snapshots(120)
    with settled_memory():
        yield found


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_no_fault_of_a_model_reaches_a_decision(fault: Fault, snapshots: Sequence[Snapshot]) -> None:
    budget = 250 if fault.reason == "timeout" else 1_000  # a busy machine must not make the others late
    late = []
    for _ in range(
        3
    ):  # the deadline is promised for an idle machine: what is late by itself is late each time
        found = asyncio.run(run_fault(fault, snapshots, budget, at_once=10))
        assert (found.calls, found.outside, found.unexplained) == (120, 0, 0)
        assert found.breaker_right, found.breaker
        late.append(found.percentile(0.99))
        if late[-1] <= 50:
            break
    assert min(late) <= 50, late


def test_a_promise_that_is_not_kept_is_noticed(snapshots: Sequence[Snapshot]) -> None:
    blamed = Fault("a wrong answer called right", answering(lambda _: {}), None)
    found = asyncio.run(run_fault(blamed, snapshots[:5]))
    assert found.unexplained == 5 and not found.kept
    blamed = Fault("a model's fault called the endpoint's", answering(lambda _: {}), "invalid_choice", True)
    found = asyncio.run(run_fault(blamed, snapshots[:5]))
    assert not found.breaker_right and not found.kept
    late = FaultResult("late", 100, over=[-1.0] * 98 + [51.0, 52.0], breaker_right=True)
    assert not late.kept and late.percentile(0.5) == -1.0
    assert "NO" in [
        str(cell) for column in show([FaultResult("x", over=[0.0])]).columns for cell in column.cells
    ]


def test_the_script_prints_a_line_for_each_fault(capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(3):  # what is late by itself, and not for a busy machine, is late each time
        status, printed = main(["--calls", "3", "--budget", "150"]), capsys.readouterr().out
        if status == 0:
            break
    assert status == 0, printed
    assert f"{len(FAULTS)} of {len(FAULTS)} faults as promised" in printed and "0 outside policy" in printed
