"""The differential run of traits over events finds no difference, and would find one."""

from __future__ import annotations

import pytest

from segue.evals import differential_events
from segue.evals.differential_event_cases import NOW, random_trait
from segue.evals.differential_events import main, run
from segue.policies.event_traits import EventTrait


@pytest.mark.parametrize("seed", [7, 8])
def test_python_duckdb_and_postgres_agree(seed: int) -> None:
    for report in run(["duckdb", "postgres"], 120, 4_000, seed, 30):
        assert report.values > 2_000
        assert report.differences == []


@pytest.mark.spark
def test_python_and_spark_agree() -> None:
    (report,) = run(["spark"], 120, 4_000, 9, 24)
    assert report.differences == []


def test_a_difference_is_found_and_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def off_by_one(trait: EventTrait, events: object, now: object) -> int:
        return 1_000_000

    monkeypatch.setattr(differential_events, "fold", off_by_one)
    assert main(["--accounts", "5", "--events", "50", "--engines", "duckdb"]) == 1
    assert "python 1000000, duckdb" in capsys.readouterr().out
    assert main(["--engines", "oracle"]) == 2


def test_every_kind_of_trait_is_drawn() -> None:
    from random import Random

    random = Random(1)
    kinds = {random_trait(random).kind for _ in range(200)}
    assert kinds == {"count", "distinct", "sum", "first", "latest", "trend", "decay", "rfm"}
    assert NOW.microsecond, "instants are not on whole seconds"
