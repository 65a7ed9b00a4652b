"""The bench runs, compares results and says when they differ."""

from __future__ import annotations

import json

import pytest

from segue.evals.bench import __main__ as bench
from segue.evals.bench.measure import Measurement, interleaved
from segue.evals.bench.page import chromium


@pytest.mark.trial
def test_a_quick_run_measures_everything_and_finds_no_difference(capsys: pytest.CaptureFixture[str]) -> None:
    assert bench.main(["--quick", "--json", "--rows", "3000"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert set(found["versions"]) == {"python", "segue", "duckdb", "fastapi", "uvicorn", "zen-engine"}
    names = [each["name"] for each in found["measurements"]]
    assert names == [
        "label, 7 segments, 12 traits", "one decision", "a turn of a conversation, over its model calls",
        "label file, measured", "label file, saas_pipeline", "import", "POST /v1/batch, 500 events",
        "100 events of an account of 2,000", "relabel, postgres", "relabel, duckdb",
        "POST /v1/decisions, explain short", "POST /v1/decisions, explain none",
        "OFREP, all flags, visitors who come back", "OFREP, all flags, visitors who come first",
        *(["first paint with /segue.js"] if chromium() else []),
    ]  # fmt: skip
    for each in found["measurements"]:
        assert each["same"]
        assert each["ours"] > 0
        assert each["name"].startswith(("one decision", "a turn of ")) or each["ratio"] > 0


def test_a_table_is_printed_with_the_versions(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    measured = Measurement("label", "peer", "s", 2.0, 4.0, 1.5, 3, faster=True)
    monkeypatch.setattr(bench, "measure_all", lambda *_, **__: iter([measured]))
    assert bench.main(["--quick"]) == 0
    shown = capsys.readouterr().out
    assert "2.00x faster" in shown.replace("\n", " ")
    assert "duckdb" in shown


def test_results_that_differ_fail_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    measured = Measurement("label", "peer", "s", 2.0, 4.0, 1.5, 1.1, same=False)
    monkeypatch.setattr(bench, "measure_all", lambda *_, **__: iter([measured]))
    assert bench.main(["--quick", "--json"]) == 1


@pytest.mark.parametrize(
    ("ours", "theirs", "faster", "reached"),
    [
        (1.0, 12.0, True, "stretch"), (1.0, 6.0, True, "bound"), (1.0, 4.9, True, "missed"),
        (5.0, 1.0, False, "bound"), (10.1, 1.0, False, "missed"), (4.0, None, False, "bound"),
    ],
)  # fmt: skip
def test_a_bound_is_reached_or_missed(ours: float, theirs: float | None, faster: bool, reached: str) -> None:
    bound, stretch = (5, 10) if faster else (10, 3)
    assert Measurement("m", "p", "s", ours, theirs, bound, stretch, faster=faster).reached == reached


def test_competitors_run_in_turn() -> None:
    order: list[str] = []
    found = interleaved({"a": lambda: order.append("a"), "b": lambda: order.append("b")}, 3)
    assert order == ["a", "b"] * 3
    assert set(found) == {"a", "b"}
