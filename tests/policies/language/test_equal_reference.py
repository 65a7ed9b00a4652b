"""The Python emitter finds what the plain reading of the tree finds."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings

from segue.evals.differential import Batch
from segue.evals.differential_cases import Case
from segue.evals.differential_values import NOW
from segue.policies.language.evaluate import Evaluator
from segue.policies.language.python import value_function
from tests.policies.language.reference import evaluate
from tests.policies.language.strategies import batches, cases_with_rows


@settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(cases_with_rows())
def test_one_predicate(drawn: tuple[Case, list[dict[str, Any]]]) -> None:
    case, rows = drawn
    evaluator = Evaluator({"score": case.scorecard})
    for row in rows:
        assert evaluator.verdict(case.node, row, NOW) is evaluate(case.whole, row, NOW), (case.text, row)


@settings(max_examples=30, deadline=None, derandomize=True)
@given(batches(cases=10, rows=20))
def test_many_predicates(batch: Batch) -> None:
    for case, expected in zip(batch.cases, batch.expected, strict=True):
        found = [evaluate(case.whole, row, NOW) for row in batch.rows]
        assert found == expected, case.text


@settings(max_examples=30, deadline=None, derandomize=True)
@given(batches(cases=5, rows=20))
def test_ends_of_scores(batch: Batch) -> None:
    for case in batch.cases:
        ends = value_function(case.scorecard, {}, {})
        for row in batch.rows:
            assert tuple(ends(row, NOW)) == evaluate(case.scorecard, row, NOW)
