"""The differential run finds faults when there are any, repeats itself, and says what it found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from random import Random
from typing import Any

import pytest

from segue.evals.differential import Batch, batches, compare, main, random_batch
from segue.evals.differential_engines import DuckDB
from segue.policies.language import sql, sql_values, tree
from segue.policies.language.spelling import Spelling
from segue.policies.language.types import Type


@pytest.fixture(scope="module")
def drawn() -> list[Batch]:
    return [random_batch(Random(5), cases=400, rows=25)]


def _unescaped(self: Spelling, operand: str, pattern: Any) -> str:
    texts = "".join(part if isinstance(part, str) else part.symbol for part in pattern)
    return f"({operand} LIKE {self.quote(texts)})"


def _first_only(writer: Any, node: tree.Between) -> str:
    return str(writer._compare(tree.Compare(">=", node.operand, node.low)))


def _flipped(writer: Any, node: tree.Compare) -> str:
    op = {">=": ">", ">": ">=", "<=": "<", "<": "<="}.get(node.op, node.op)
    return str(_COMPARE(writer, tree.Compare(op, node.left, node.right)))  # type: ignore[arg-type]


_COMPARE = sql.Writer._compare

FAULTS: dict[str, tuple[Any, str, Callable[..., Any]]] = {
    "LIKE forgets its escapes": (Spelling, "like", _unescaped),
    "a NULL list is false": (
        Spelling,
        "contains",
        lambda self, column, item: f"COALESCE(list_contains({column}, {self.quote(item)}), FALSE)",
    ),
    "now() is not moved": (
        sql.Writer,
        "_now",
        lambda self, node: self.spelling.instant(self.now),
    ),
    "texts fold beyond ASCII": (
        sql,
        "translated",
        lambda text, these, _: f"{'LOWER' if these.isupper() else 'UPPER'}({text})",
    ),
    "DISTINCT is <>": (Spelling, "distinct", lambda _, left, right: f"({left} <> {right})"),
    "division by zero is infinite": (
        sql.Writer,
        "_arithmetic",
        lambda self, node: (
            f"({self.value(node.left, Type.NUMBER)} {node.op} {self.value(node.right, Type.NUMBER)})"
        ),
    ),
    "numbers are decimals": (
        sql.Writer,
        "_double",
        lambda _, node, found: repr(node.value) if isinstance(node, tree.Literal) else found,
    ),
    "IS TRUE keeps unknown": (
        sql.Writer,
        "_is_bool",
        lambda self, node: f"({self.condition(node.operand)} = {node.value})",
    ),
    "BETWEEN forgets its upper end": (sql.Writer, "_between", _first_only),
    "the ends of intervals move": (sql.Writer, "_compare", _flipped),
    "an unknown item adds nothing": (
        sql.Writer,
        "_scorecard",
        lambda self, node: sql_values.Ends(*[_known_sum(self, node)] * 2),
    ),
}
_WRITTEN = {
    "_now": tree.Now,
    "_arithmetic": tree.Arithmetic,
    "_is_bool": tree.IsBool,
    "_between": tree.Between,
    "_compare": tree.Compare,
}


def _known_sum(writer: Any, node: tree.Scorecard) -> str:
    parts = [f"CASE WHEN {writer.condition(item)} THEN {points} ELSE 0 END" for item, points in node.items]
    return f"(({' + '.join(parts)}) / 1e6)"


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_found(fault: str, drawn: list[Batch], monkeypatch: pytest.MonkeyPatch) -> None:
    place, name, wrong = FAULTS[fault]
    monkeypatch.setattr(place, name, wrong)
    if place is sql:
        monkeypatch.setattr(sql_values, name, wrong)
    if name in _WRITTEN:
        monkeypatch.setitem(sql._WRITERS, _WRITTEN[name], wrong)
    report = compare(DuckDB(), drawn)
    assert 0 < len(report.differences) < report.pairs
    assert any("  predicate " in line for line in report.lines(shown=1))


def test_without_a_fault_there_is_no_difference(drawn: list[Batch]) -> None:
    report = compare(DuckDB(), drawn)
    assert report.differences == [] and report.pairs == 10_000
    assert min(report.verdicts[each] for each in (True, False, None)) > 1_500


def test_the_same_seed_gives_the_same_pairs() -> None:
    first, again, other = ([batch.cases for batch in batches(seed, 2_500)] for seed in (7, 7, 8))
    assert first == again != other


def test_cases_hold_every_node_and_most_tell_rows_apart(drawn: list[Batch]) -> None:
    counts = Counter(type(node) for case in drawn[0].cases for node in tree.walk(case.whole))
    assert set(counts) == set(tree.Expr.__args__)
    assert min(counts.values()) >= 10
    varied = [expected for expected in drawn[0].expected if len(set(expected)) > 1]
    assert len(varied) > 250


def test_the_command_prints_its_figures(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--pairs", "2000", "--engines", "duckdb", "--seed", "3"]) == 0
    assert "2500 pairs" in (out := capsys.readouterr().out)
    assert "0 differences" in out and out.startswith("duckdb ")


def test_the_command_fails_on_a_difference(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Spelling, "distinct", FAULTS["DISTINCT is <>"][2])
    assert main(["--pairs", "2500", "--engines", "duckdb", "--show", "2"]) == 1
    assert capsys.readouterr().out.count("  predicate ") == 2


def test_an_engine_that_is_not_there_is_named(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["--engines", "duckdbb"]) == 2
    assert "did you mean 'duckdb'?" in capsys.readouterr().err
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("JAVA_HOME", raising=False)
    assert main(["--engines", "spark"]) == 2
    assert "Java" in capsys.readouterr().err
