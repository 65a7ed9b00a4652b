"""PostgreSQL finds what Python finds."""

from __future__ import annotations

from segue.evals.differential import Batch
from segue.evals.differential_engines import Postgres
from tests.policies.language import agreement
from tests.policies.language.strategies import on_batches


@on_batches(20, cases=25, rows=20)
def test_verdicts(postgres: Postgres, batch: Batch) -> None:
    agreement.assert_verdicts_agree(postgres, batch)


@on_batches(5, cases=25, rows=20)
def test_filters(postgres: Postgres, batch: Batch) -> None:
    agreement.assert_filters_agree(postgres, batch)


@on_batches(5, cases=10, rows=20)
def test_scores_and_values(postgres: Postgres, batch: Batch) -> None:
    agreement.assert_scores_agree(postgres, batch)
    agreement.assert_values_agree(postgres, batch)


def test_clock(postgres: Postgres) -> None:
    agreement.assert_clock_agrees(postgres)


def test_hostile_texts_stay_constants(postgres: Postgres) -> None:
    agreement.assert_texts_stay_constants(postgres)
