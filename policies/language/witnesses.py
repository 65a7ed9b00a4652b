"""Rows of values drawn from regions, to try a condition out on."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from segue.policies.language.atoms import Subject
from segue.policies.language.domains import Domain
from segue.policies.language.sweep import Regions
from segue.policies.language.types import Type

TRIES = 200
"""How many rows are worth trying."""


def rows(
    kinds: Mapping[str, Type], domains: Mapping[Subject, Domain], regions: Regions
) -> Iterator[dict[str, Any]]:
    """Yield rows of values from the regions, the likeliest first."""
    choices: dict[Subject, list[Any]] = {}
    for subject, domain in domains.items():
        held = [s for i, s in enumerate(domain.samples) if regions[subject] >> i & 1]
        deepest = max(len(samples) for samples in held)
        choices[subject] = [s[depth] for depth in range(deepest) for s in held if depth < len(s)]
    subjects = list(choices)
    for picked in _scattered([choices[subject] for subject in subjects]):
        row = dict(zip(subjects, picked, strict=True))
        yield {name: _value(name, kind, row) for name, kind in kinds.items()}


def _scattered(choices: Sequence[Sequence[Any]]) -> Iterator[tuple[Any, ...]]:
    """Yield picks of one from each: all of them when they are few, else the first ones and a scatter."""
    if math.prod(len(each) for each in choices) <= TRIES:
        yield from itertools.product(*choices)
        return
    for step in range(max(len(each) for each in choices)):
        yield tuple(each[step % len(each)] for each in choices)
    for step in itertools.count(1):
        yield tuple(each[(step * (7 + 2 * i) + step // 5) % len(each)] for i, each in enumerate(choices))


def _value(name: str, kind: Type, row: Mapping[Subject, Any]) -> Any:
    value = row[Subject(name)]
    if kind is not Type.TEXT_LIST or value is None:
        return value
    return tuple(s.item for s, held in row.items() if s.trait == name and s.item is not None and held)
