"""The small mistakes that a change to a predicate can hold: each operator makes one of them.

An operator changes one node of a checked tree, and knows nothing of what stands around it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from segue.policies.language import tree
from segue.policies.language.thresholds import step_of
from segue.policies.language.tree import ANY_RUN, Expr
from segue.policies.language.types import Type

_FLIPS = {">=": ">", ">": ">=", "<=": "<", "<": "<=", "=": "<>", "<>": "="}
_SAME_AS_FLIP = {">=": 1, ">": -1, "<=": -1, "<": 1}
"""The step of a whole-number threshold that does the same as flipping its comparator."""
_ARITHMETIC = {"+": "-", "-": "+", "*": "/", "/": "*"}
_LONG_LIST = 8
_UNITS = (timedelta(days=1), timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1))

Domain = Callable[[str], Sequence[str]]
"""The values that a trait may have, as far as its pack lists them."""


def mistakes_at(node: Expr, domain: Domain) -> Iterator[tuple[str, Expr]]:
    """Yield the mistakes that can be made at this node itself."""
    made = _OPERATORS.get(type(node))
    if made is not None:
        yield from made(node, domain)
    if isinstance(node, tree.Trait) and node.type is Type.BOOLEAN:
        yield "negate", tree.Not(node, at=node.at)


def _compare(node: tree.Compare, domain: Domain) -> Iterator[tuple[str, Expr]]:
    yield "comparator", replace(node, op=_FLIPS[node.op])  # type: ignore[arg-type]
    whole = node.left.type is Type.INTEGER and node.right.type is Type.INTEGER
    for side, other in (("right", node.left), ("left", node.right)):
        threshold = getattr(node, side)
        for step, moved in _moved(threshold, other.type):
            direction = step if side == "right" else -step
            if whole and _SAME_AS_FLIP.get(node.op) == direction:
                continue
            yield "threshold", replace(node, **{side: moved})  # type: ignore[arg-type]
    if node.op in ("=", "<>") and isinstance(node.left, tree.Trait) and isinstance(node.right, tree.Literal):
        yield from _other_value(node, node.left.name, node.right, domain)


def _other_value(
    node: tree.Compare, name: str, literal: tree.Literal, domain: Domain
) -> Iterator[tuple[str, Expr]]:
    values = [each for each in domain(name) if each != literal.value]
    if isinstance(literal.value, str) and values:
        yield "value", replace(node, right=replace(literal, value=values[0]))


def _moved(threshold: Expr, kind: Type) -> Iterator[tuple[int, Expr]]:
    """Yield the threshold one step down and one step up."""
    for sign in (-1, 1):
        if isinstance(threshold, tree.Now) and threshold.offset:
            unit = next(each for each in _UNITS if threshold.offset % each == timedelta(0))
            yield sign, replace(threshold, offset=threshold.offset + sign * unit)
        elif isinstance(threshold, tree.Literal):
            value = threshold.value
            if isinstance(value, datetime):
                yield sign, replace(threshold, value=value + timedelta(days=sign))
            elif isinstance(value, int | float) and not isinstance(value, bool):
                step = step_of(value, Type.INTEGER if kind is Type.INTEGER else Type.NUMBER)
                moved = round(value + sign * step, 9)
                yield sign, replace(threshold, value=moved, type=_type_of(moved))


def _type_of(value: float) -> Type:
    return Type.INTEGER if isinstance(value, int) else Type.NUMBER


def _between(node: tree.Between, _: Domain) -> Iterator[tuple[str, Expr]]:
    for end in ("low", "high"):
        for _sign, moved in _moved(getattr(node, end), node.operand.type):
            yield "threshold", replace(node, **{end: moved})  # type: ignore[arg-type]


def _in(node: tree.In, domain: Domain) -> Iterator[tuple[str, Expr]]:
    """Leave items out, and let one more in. Of a long list the first, the middle and the last are left out."""
    count = len(node.items)
    if count > 1:
        chosen = range(count) if count <= _LONG_LIST else (0, count // 2, count - 1)
        for index in chosen:
            yield "list", replace(node, items=node.items[:index] + node.items[index + 1 :])
    else:
        yield "negate", tree.Not(node, at=node.at)
    named = {item.value for item in node.items if isinstance(item, tree.Literal)}
    if isinstance(node.operand, tree.Trait):
        other = next((each for each in domain(node.operand.name) if each not in named), None)
        if other is not None:
            more = tree.Literal(other, Type.TEXT)
            yield "list", replace(node, items=(*node.items, more))


def _logic(node: tree.And | tree.Or, _: Domain) -> Iterator[tuple[str, Expr]]:
    other = tree.Or if isinstance(node, tree.And) else tree.And
    yield "logic", other(node.items, at=node.at)
    for index in range(len(node.items)):
        rest = node.items[:index] + node.items[index + 1 :]
        yield "clause", rest[0] if len(rest) == 1 else replace(node, items=rest)


def _not(node: tree.Not, _: Domain) -> Iterator[tuple[str, Expr]]:
    yield "negate", node.operand


def _is_bool(node: tree.IsBool, _: Domain) -> Iterator[tuple[str, Expr]]:
    """Take unknown for the other answer: `IS TRUE` for `IS NOT FALSE`."""
    yield "unknown", tree.Not(replace(node, value=not node.value), at=node.at)


def _is_null(node: tree.IsNull, _: Domain) -> Iterator[tuple[str, Expr]]:
    yield "negate", tree.Not(node, at=node.at)


def _contains(node: tree.Contains, domain: Domain) -> Iterator[tuple[str, Expr]]:
    yield "negate", tree.Not(node, at=node.at)
    if isinstance(node.operand, tree.Trait):
        other = next((each for each in domain(node.operand.name) if each != node.item), None)
        if other is not None:
            yield "value", replace(node, item=other)


def _like(node: tree.Like, _: Domain) -> Iterator[tuple[str, Expr]]:
    if node.pattern[-1:] == (ANY_RUN,) and len(node.pattern) > 1:
        yield "pattern", replace(node, pattern=node.pattern[:-1])
    if node.pattern[:1] == (ANY_RUN,) and len(node.pattern) > 1:
        yield "pattern", replace(node, pattern=node.pattern[1:])
    yield "negate", tree.Not(node, at=node.at)


def _case(node: tree.Case, _: Domain) -> Iterator[tuple[str, Expr]]:
    """Forget one branch: what it was for falls to the branches after it."""
    for index in range(len(node.branches)):
        rest = node.branches[:index] + node.branches[index + 1 :]
        yield "branch", replace(node, branches=rest) if rest else node.default


def _arithmetic(node: tree.Arithmetic, _: Domain) -> Iterator[tuple[str, Expr]]:
    yield "arithmetic", replace(node, op=_ARITHMETIC[node.op])  # type: ignore[arg-type]


def _call(node: tree.Call, _: Domain) -> Iterator[tuple[str, Expr]]:
    if node.name == "COALESCE" or node.name == "NULLIF":
        yield "unknown", node.args[0]


def _distinct(node: tree.Distinct, _: Domain) -> Iterator[tuple[str, Expr]]:
    yield "unknown", tree.Compare("<>", node.left, node.right, at=node.at)


_OPERATORS: dict[type, Callable[[Any, Domain], Iterator[tuple[str, Expr]]]] = {
    tree.Compare: _compare,
    tree.Between: _between,
    tree.In: _in,
    tree.And: _logic,
    tree.Or: _logic,
    tree.Not: _not,
    tree.IsBool: _is_bool,
    tree.IsNull: _is_null,
    tree.Contains: _contains,
    tree.Like: _like,
    tree.Case: _case,
    tree.Arithmetic: _arithmetic,
    tree.Call: _call,
    tree.Distinct: _distinct,
}
