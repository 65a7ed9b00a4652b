"""Spark finds what Python finds; needs Java and pyspark."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from segue.evals.differential import Batch
from segue.evals.differential_engines import EngineMissing, Spark
from tests.policies.language import agreement
from tests.policies.language.strategies import batches

pytestmark = pytest.mark.spark

_SEEDED = settings(
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],  # a batch is drawn by its seed, which does not shrink
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@pytest.fixture(scope="module")
def engine() -> Iterator[Spark]:
    try:
        found = Spark()
    except EngineMissing as missing:
        pytest.skip(str(missing))
    yield found
    found.close()


@settings(_SEEDED, max_examples=3)
@given(batch=batches(cases=20, rows=25))
def test_verdicts(engine: Spark, batch: Batch) -> None:
    agreement.assert_verdicts_agree(engine, batch)


@settings(_SEEDED, max_examples=1)
@given(batch=batches(cases=20, rows=25))
def test_filters(engine: Spark, batch: Batch) -> None:
    agreement.assert_filters_agree(engine, batch)


@settings(_SEEDED, max_examples=1)
@given(batch=batches(cases=5, rows=20))
def test_scores_and_values(engine: Spark, batch: Batch) -> None:
    agreement.assert_scores_agree(engine, batch)
    agreement.assert_values_agree(engine, batch)


def test_clock(engine: Spark) -> None:
    agreement.assert_clock_agrees(engine)


def test_hostile_texts_stay_constants(engine: Spark) -> None:
    agreement.assert_texts_stay_constants(engine)
