"""Spark finds what Python finds; needs Java and pyspark."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from segue.evals.differential import Batch
from segue.evals.differential_engines import EngineMissing, Spark
from tests.policies.language import agreement
from tests.policies.language.strategies import on_batches

pytestmark = pytest.mark.spark


@pytest.fixture(scope="module")
def engine() -> Iterator[Spark]:
    try:
        found = Spark()
    except EngineMissing as missing:
        pytest.skip(str(missing))
    yield found
    found.close()


@on_batches(3, cases=20, rows=25)
def test_verdicts(engine: Spark, batch: Batch) -> None:
    agreement.assert_verdicts_agree(engine, batch)


@on_batches(1, cases=20, rows=25)
def test_filters(engine: Spark, batch: Batch) -> None:
    agreement.assert_filters_agree(engine, batch)


@on_batches(1, cases=5, rows=20)
def test_scores_and_values(engine: Spark, batch: Batch) -> None:
    agreement.assert_scores_agree(engine, batch)
    agreement.assert_values_agree(engine, batch)


def test_clock(engine: Spark) -> None:
    agreement.assert_clock_agrees(engine)


def test_hostile_texts_stay_constants(engine: Spark) -> None:
    agreement.assert_texts_stay_constants(engine)
