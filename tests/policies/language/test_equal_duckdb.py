"""DuckDB finds what Python finds."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from segue.evals.differential import Batch
from segue.evals.differential_engines import DuckDB
from tests.policies.language import agreement
from tests.policies.language.strategies import on_batches


@pytest.fixture(scope="module")
def engine() -> Iterator[DuckDB]:
    found = DuckDB()
    yield found
    found.close()


@on_batches(20, cases=25, rows=20)
def test_verdicts(engine: DuckDB, batch: Batch) -> None:
    agreement.assert_verdicts_agree(engine, batch)


@on_batches(5, cases=25, rows=20)
def test_filters(engine: DuckDB, batch: Batch) -> None:
    agreement.assert_filters_agree(engine, batch)


@on_batches(5, cases=10, rows=20)
def test_scores_and_values(engine: DuckDB, batch: Batch) -> None:
    agreement.assert_scores_agree(engine, batch)
    agreement.assert_values_agree(engine, batch)


def test_clock(engine: DuckDB) -> None:
    agreement.assert_clock_agrees(engine)


def test_hostile_texts_stay_constants(engine: DuckDB) -> None:
    agreement.assert_texts_stay_constants(engine)
