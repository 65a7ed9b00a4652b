"""Values of one trait that between them give every outcome that a set of tests on it can have.

Numbers and instants change their answer only at the constants they are compared with, so the
constants, their neighbours and what lies between are enough; integers and instants step by whole
units. Texts are covered by `texts`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from segue.policies.language import tree
from segue.policies.language.patterns import ascii_lower
from segue.policies.language.shapes import plain_trait
from segue.policies.language.texts import Listed, Matched, Ordered, Test, covering_texts
from segue.policies.language.tree import Expr, Wildcard
from segue.policies.language.types import (
    MAX_INTEGER,
    MAX_NUMBER,
    MAX_TEXT,
    MIN_NUMBER,
    Range,
    Type,
    ValueFault,
    coerce,
)

_MICROSECOND = timedelta(microseconds=1)
_FIRST, _LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Bounds:
    """The least and the most that a numeric trait can be, by what it means; None where there is no end."""

    least: float | None = None
    most: float | None = None

    def hold(self, value: Any) -> bool:
        """Return True when a number lies within."""
        return (self.least is None or value >= self.least) and (self.most is None or value <= self.most)


def cut(
    kind: Type, tests: Sequence[Expr], hints: Sequence[Any], bounds: Bounds, now: datetime
) -> tuple[list[Any], bool]:
    """Return values of a trait, never None, and whether they cover every joint outcome of the tests.

    Each test is a predicate that compares the trait, perhaps under LOWER, UPPER, ABS or a minus
    sign, with constants or with now(). `hints` are further values worth having among them.
    """
    if kind is Type.BOOLEAN:
        return [True, False], True
    if kind is Type.TEXT_LIST:
        return [()], True
    if kind is Type.TEXT:
        return _texts(tests, [each for each in hints if isinstance(each, str)])
    if kind is Type.TIMESTAMP:
        instants = [each for each in _constants(tests, now) if isinstance(each, datetime)]
        return list(dict.fromkeys(_instants(instants, now))), True
    points = [each for each in (*_constants(tests, now), *hints) if _is_number(each)]
    if kind is Type.RANGE:
        ends = sorted({0.0, 1.0, *(float(each) for each in points)})
        return [Range(low, high) for low in ends for high in ends if low <= high][:200], False
    within = [each for each in (bounds.least, bounds.most) if each is not None]
    candidates = _numbers(sorted({*points, *(-each for each in points), *within}), kind)
    valid = (_as(kind, each) for each in dict.fromkeys(candidates))
    return list(dict.fromkeys(each for each in valid if each is not None and bounds.hold(each))), True


def _constants(tests: Sequence[Expr], now: datetime) -> Iterator[Any]:
    """Yield what the tests compare with."""
    for node in (each for test in tests for each in tree.children(test)):
        if isinstance(node, tree.Literal) and node.value is not None:
            yield node.value
        elif isinstance(node, tree.Now):
            yield now + node.offset


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _numbers(points: Sequence[float], kind: Type) -> Iterator[float]:
    """Yield numbers at, beside, between and beyond the points: those a person would pick come first."""
    for low, high in pairwise(points):
        middle = low + (high - low) / 2
        yield from (round(middle), round(middle, 2), middle)
    yield from (100, 1, 0, -1, 1_000_000)
    yield from points
    for point in points:
        if kind is Type.INTEGER:
            yield from (math.floor(point) + step for step in (-1, 0, 1, 2))
        else:
            yield from (point - 1, point + 1)
            yield from (math.nextafter(point, -math.inf), math.nextafter(point, math.inf))
    if kind is Type.INTEGER:
        yield from (MAX_INTEGER, -MAX_INTEGER)
    else:
        yield from (MIN_NUMBER, -MIN_NUMBER, MAX_NUMBER, -MAX_NUMBER)


def _as(kind: Type, value: float) -> Any:
    """Return a number as the trait would hold it, or None when it cannot."""
    try:
        return coerce(kind, value, "value")
    except ValueFault:
        return None


def _instants(points: Iterable[datetime], now: datetime) -> Iterator[datetime]:
    """Yield instants at, beside, between and beyond the points."""
    ordered = sorted(set(points))
    for low, high in pairwise(ordered):
        yield low + (high - low) / 2
    for point in ordered:
        yield from (
            point + step
            for step in (timedelta(days=-1), timedelta(days=1), -_MICROSECOND, timedelta(0), _MICROSECOND)
            if timedelta(days=2) < point - _FIRST and timedelta(days=2) < _LAST - point
        )
        yield point
    yield from (now, _FIRST, _LAST)


# Texts


def _texts(tests: Sequence[Expr], hints: Sequence[str]) -> tuple[list[str], bool]:
    words: dict[tuple[str, ...], set[str]] = {}
    walked: list[Test] = []
    for test in tests:
        _sort_out(test, words, walked)
    if not walked and not any(words):
        known = [*words.get((), ()), *hints]
        return list(dict.fromkeys([*sorted(known), _another(known), ""])), True
    listed = [Listed(fold, frozenset(known)) for fold, known in words.items()]
    found, complete = covering_texts((*listed, *dict.fromkeys(walked)))
    return [each for each in dict.fromkeys([*found, *hints]) if len(each) <= MAX_TEXT], complete


def _another(known: Sequence[str]) -> str:
    """Return a text that is none of these."""
    found = "other"
    while found in known:
        found += "_"
    return found


def _sort_out(test: Expr, words: dict[tuple[str, ...], set[str]], walked: list[Test]) -> None:
    """Add what a test asks of the text: words that it may be, by how it is folded, or a test to walk."""
    if isinstance(test, tree.IsNull):
        return
    if isinstance(test, tree.Like):
        fold = (*_fold(test.operand), *(("LOWER",) if test.ignore_case else ()))
        parts: list[str | Wildcard] = []
        for part in test.pattern:
            text = ascii_lower(part) if test.ignore_case and isinstance(part, str) else part
            parts.extend(text if isinstance(text, str) else (text,))
        walked.append(Matched(fold, tuple(parts)))
        return
    sides = list(tree.children(test))
    fold = next(_fold(side) for side in sides if plain_trait(side) is not None)
    constants = [
        each.value for each in sides if isinstance(each, tree.Literal) and isinstance(each.value, str)
    ]
    if isinstance(test, tree.Compare) and test.op not in ("=", "<>"):
        walked.extend(Ordered(fold, each) for each in constants)
    else:
        words.setdefault(fold, set()).update(constants)


def _fold(operand: Expr) -> tuple[str, ...]:
    """Return the LOWER and UPPER around a trait, the innermost first."""
    found: list[str] = []
    while isinstance(operand, tree.Call):
        found.append(operand.name)
        operand = operand.args[0]
    return tuple(reversed(found))
