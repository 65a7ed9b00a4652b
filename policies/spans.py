"""Numbers that stay between two ends, and how comparisons of them may come out: interval arithmetic. Pure.

The outcomes that a condition may have are bits: TRUE, FALSE and UNKNOWN.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from segue.policies.language import tree

TRUE, FALSE, UNKNOWN = 1, 2, 4
ANY = TRUE | FALSE | UNKNOWN
BITS = {True: TRUE, False: FALSE, None: UNKNOWN}
OUTCOMES = (TRUE, FALSE, UNKNOWN)
FLIPPED: Mapping[str, tree.CompareOp] = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "=", "<>": "<>"}


class Span(NamedTuple):
    """A number that is known to stay between two ends, both included."""

    lo: float
    hi: float
    nullable: bool = False


EVERYTHING = Span(-math.inf, math.inf, True)


class Ends(NamedTuple):
    """A score, or a number both of whose ends are one: each end moves within a span."""

    lo: Span
    hi: Span
    one: bool


def negated(bits: int) -> int:
    """Return the outcomes of NOT."""
    return (bits & UNKNOWN) | (TRUE if bits & FALSE else 0) | (FALSE if bits & TRUE else 0)


def holds(op: str, left: Any, right: Any) -> bool:
    """Return whether a comparison of two known values is true."""
    return bool(
        {"<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right,
         "=": left == right, "<>": left != right}[op]
    )  # fmt: skip


def fixed(value: Any) -> Ends:
    """Return the ends of a value that does not move: a number, a score's range, or NULL."""
    if value is None:
        empty = Span(math.inf, -math.inf, True)
        return Ends(empty, empty, True)
    if isinstance(value, tuple):
        lo, hi = value
        return Ends(Span(lo, lo), Span(hi, hi), False)
    return number_ends(Span(value, value))


def number_ends(span: Span | None) -> Ends:
    """Return the ends of a number within a span, or of one that may be anything."""
    found = EVERYTHING if span is None else span
    return Ends(found, found, True)


def minus(span: Span) -> Span:
    """Return the span of a number with the other sign."""
    return Span(-span.hi, -span.lo, span.nullable)


def union(spans: Iterable[Span]) -> Span:
    """Return the least span that holds all of some."""
    found = list(spans)
    lo, hi = min(each.lo for each in found), max(each.hi for each in found)
    return Span(lo, hi, any(each.nullable for each in found))


def arithmetic(op: str, a: Span, b: Span) -> Span:
    """Return the span of `+`, `-`, `*` or `/` of numbers within two spans."""
    nullable = a.nullable or b.nullable
    if not all(map(math.isfinite, (a.lo, a.hi, b.lo, b.hi))):
        return EVERYTHING
    if op == "+":
        return Span(a.lo + b.lo, a.hi + b.hi, nullable)
    if op == "-":
        return Span(a.lo - b.hi, a.hi - b.lo, nullable)
    if op == "/" and b.lo <= 0 <= b.hi:
        return EVERYTHING
    corners = [x * y if op == "*" else x / y for x in (a.lo, a.hi) for y in (b.lo, b.hi)]
    return Span(min(corners), max(corners), nullable)


def compared(op: str, a: Ends, b: Ends) -> int:
    """Return the outcomes of a comparison. One that may be NULL, or lies between two ends, may be unknown."""
    if op in (">", ">="):
        return compared(FLIPPED[op], b, a)
    if op == "<>":
        return negated(compared("=", a, b))
    unknown = UNKNOWN if any(each.nullable for each in (a.lo, a.hi, b.lo, b.hi)) else 0
    if a.lo.lo > a.lo.hi or b.lo.lo > b.lo.hi:  # always NULL
        return UNKNOWN
    between = 0 if a.one and b.one else UNKNOWN
    spans = (a.lo, a.hi, b.lo, b.hi)
    if op == "=":
        if a.hi.hi < b.lo.lo or b.hi.hi < a.lo.lo:
            return unknown | FALSE
        if all(each.lo == each.hi == a.lo.lo for each in spans):
            return unknown | TRUE
        may_hold = max(each.lo for each in spans) <= min(each.hi for each in spans)
        may_fail = a.hi.lo < b.lo.hi or b.hi.lo < a.lo.hi
    else:
        strict = op == "<"
        if a.hi.hi < b.lo.lo if strict else a.hi.hi <= b.lo.lo:
            return unknown | TRUE
        if a.lo.lo >= b.hi.hi if strict else a.lo.lo > b.hi.hi:
            return unknown | FALSE
        may_hold = a.hi.lo < b.lo.hi if strict else a.hi.lo <= b.lo.hi
        may_fail = a.lo.hi >= b.hi.lo if strict else a.lo.hi > b.hi.lo
    return unknown | between | (TRUE if may_hold else 0) | (FALSE if may_fail else 0)
