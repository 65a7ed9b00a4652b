"""PostgreSQL finds what Python finds."""

from __future__ import annotations

from hypothesis import HealthCheck, Phase, given, settings

from segue.evals.differential import Batch
from segue.evals.differential_engines import Postgres
from tests.policies.language import agreement
from tests.policies.language.strategies import batches

_SEEDED = settings(
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],  # a batch is drawn by its seed, which does not shrink
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@settings(_SEEDED, max_examples=20)
@given(batch=batches(cases=25, rows=20))
def test_verdicts(postgres: Postgres, batch: Batch) -> None:
    agreement.assert_verdicts_agree(postgres, batch)


@settings(_SEEDED, max_examples=5)
@given(batch=batches(cases=25, rows=20))
def test_filters(postgres: Postgres, batch: Batch) -> None:
    agreement.assert_filters_agree(postgres, batch)


@settings(_SEEDED, max_examples=5)
@given(batch=batches(cases=10, rows=20))
def test_scores_and_values(postgres: Postgres, batch: Batch) -> None:
    agreement.assert_scores_agree(postgres, batch)
    agreement.assert_values_agree(postgres, batch)


def test_clock(postgres: Postgres) -> None:
    agreement.assert_clock_agrees(postgres)


def test_hostile_texts_stay_constants(postgres: Postgres) -> None:
    agreement.assert_texts_stay_constants(postgres)
