"""Hypothesis strategies for predicates and rows: those of the differential runs, and texts of every kind.

A single case is drawn choice by choice, so that a failing one shrinks. A batch is drawn by its seed,
because hundreds of cases are more choices than hypothesis keeps; the pair that fails is printed.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from random import Random
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from segue.evals.differential import Batch, random_batch
from segue.evals.differential_cases import Case, random_case
from segue.evals.differential_values import INTEGERS, NUMBERS, ROW_TEXTS, TEXTS, Pools, random_row
from segue.policies.language.types import MAX_INTEGER, MAX_NUMBER, MIN_NUMBER

_REFUSED = ("Cc", "Cs", "Cf", "Zl", "Zp")

row_texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=12)
"""What a row may hold."""

policy_texts = row_texts.map(
    lambda text: "".join(c for c in text if c in "\t\n\r" or unicodedata.category(c) not in _REFUSED)
)
"""What a policy text may hold between quotes."""

integers = st.integers(-MAX_INTEGER, MAX_INTEGER)
numbers = st.floats(-MAX_NUMBER, MAX_NUMBER).filter(lambda x: x == 0 or abs(x) >= MIN_NUMBER)


@st.composite
def pools(draw: st.DrawFn) -> Pools:
    """The fixed values, and as many drawn ones again: half of what a case holds is then new."""
    texts = draw(st.lists(policy_texts, min_size=1, max_size=8))
    wholes = draw(st.lists(integers, min_size=1, max_size=8))
    decimals = draw(st.lists(numbers, min_size=1, max_size=8))
    return Pools(
        texts=(*TEXTS, *texts * (len(TEXTS) // len(texts))),
        integers=(*INTEGERS, *wholes * (len(INTEGERS) // len(wholes))),
        numbers=(*NUMBERS, *decimals * (len(NUMBERS) // len(decimals))),
        row_texts=(*ROW_TEXTS, *draw(st.lists(row_texts, max_size=8))),
    )


@st.composite
def cases_with_rows(draw: st.DrawFn) -> tuple[Case, list[dict[str, Any]]]:
    """One predicate and a few rows."""
    random, values = draw(st.randoms(use_true_random=False)), draw(pools())
    return random_case(random, values), [random_row(random, values) for _ in range(3)]


@st.composite
def batches(draw: st.DrawFn, cases: int, rows: int) -> Batch:
    """So many predicates and rows, with what Python finds for each pair."""
    return random_batch(Random(draw(st.integers(0, 2**32 - 1))), cases, rows, draw(pools()))


_SEEDED = settings(
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],  # a batch is drawn by its seed, which does not shrink
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def on_batches(most: int, cases: int, rows: int) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Run a test of an engine on `most` values of its argument `batch`, the same in every run."""

    def decorated(test: Callable[..., None]) -> Callable[..., None]:
        return settings(_SEEDED, max_examples=most)(given(batch=batches(cases, rows))(test))

    return decorated
