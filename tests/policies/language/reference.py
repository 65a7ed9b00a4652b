"""The meaning of the checked tree, written down as plainly as it can be: the oracle of the oracles.

One function a node, straight from the docstrings of `tree.py`, nothing shared with the emitters. A
condition is True, False or None; a score is a pair (lowest, highest), or None while nothing is known.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from segue.policies.language import tree
from segue.policies.language.tree import ANY_RUN, Expr
from segue.policies.language.types import Type

_UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_LOWER = "abcdefghijklmnopqrstuvwxyz"


def evaluate(node: Expr, values: Mapping[str, Any], now: datetime) -> Any:
    """Return the value of a node over one row."""
    if isinstance(node, tree.Literal):
        return node.value
    if isinstance(node, tree.Trait):
        return values.get(node.name)
    if isinstance(node, tree.Now):
        return now + node.offset
    if isinstance(node, tree.Scorecard):
        return _scorecard(node, values, now)
    if isinstance(node, tree.Case):
        return _case(node, values, now)
    if isinstance(node, tree.In):
        operand = evaluate(node.operand, values, now)
        kinds = node.operand.type, *(item.type for item in node.items)
        found = [compare("=", operand, evaluate(item, values, now), kinds) for item in node.items]
        return any_of(found)
    operands = [evaluate(each, values, now) for each in tree.children(node)]
    return _OPERATORS[type(node)](node, *operands)


def all_of(items: list[bool | None]) -> bool | None:
    if False in items:
        return False
    return None if None in items else True


def any_of(items: list[bool | None]) -> bool | None:
    if True in items:
        return True
    return None if None in items else False


def negation(item: bool | None) -> bool | None:
    return None if item is None else not item


def compare(op: str, left: Any, right: Any, kinds: tuple[Type, ...]) -> bool | None:
    if left is None or right is None:
        return None
    if Type.RANGE in kinds:
        return _compare_ranges(op, _pair(left), _pair(right))
    if Type.NUMBER in kinds:
        left, right = float(left), float(right)
    return _decide(op, left, right)


def _decide(op: str, left: Any, right: Any) -> bool:
    return bool(
        {
            "=": left == right,
            "<>": left != right,
            "<": sorts_before(left, right),
            ">": sorts_before(right, left),
            "<=": not sorts_before(right, left),
            ">=": not sorts_before(left, right),
        }[op]
    )


def sorts_before(left: Any, right: Any) -> bool:
    if isinstance(left, str):
        return [ord(character) for character in left] < [ord(character) for character in right]
    return bool(left < right)


def _compare_ranges(op: str, left: tuple[float, float], right: tuple[float, float]) -> bool | None:
    """Decide from every pair of ends, and from whether two ranges can share a value."""
    ends = {_decide(op, a, b) for a in left for b in right}
    if len(ends) == 2:
        return None
    overlap = left[0] <= right[1] and right[0] <= left[1]
    settled = left[0] == left[1] and right[0] == right[1]
    if op in ("=", "<>") and overlap and not settled:
        return None
    return ends.pop()


def _pair(value: Any) -> tuple[float, float]:
    return (float(value[0]), float(value[1])) if isinstance(value, tuple) else (float(value), float(value))


def _between(node: tree.Between, operand: Any, low: Any, high: Any) -> bool | None:
    least = compare(">=", operand, low, (node.operand.type, node.low.type))
    most = compare("<=", operand, high, (node.operand.type, node.high.type))
    return all_of([least, most])


def _case(node: tree.Case, values: Mapping[str, Any], now: datetime) -> Any:
    for condition, value in node.branches:
        if evaluate(condition, values, now) is True:
            return evaluate(value, values, now)
    return evaluate(node.default, values, now)


def _scorecard(node: tree.Scorecard, values: Mapping[str, Any], now: datetime) -> tuple[float, float]:
    sums = {0}
    for condition, points in node.items:
        verdict = evaluate(condition, values, now)
        added = {True: {points}, False: {0}, None: {0, points}}[verdict]
        reached = {each + more for each in sums for more in added}
        sums = {min(reached), max(reached)}
    return min(sums) / 1_000_000, max(sums) / 1_000_000


def _arithmetic(node: tree.Arithmetic, left: Any, right: Any) -> Any:
    if left is None or right is None:
        return None
    if node.type is Type.RANGE:
        a, b = _pair(left), _pair(right)
        found = [x + y if node.op == "+" else x - y for x in a for y in b]
        return min(found), max(found)
    x, y = float(left), float(right)
    if node.op == "/":
        return x / y if y != 0 else None
    return {"+": x + y, "-": x - y, "*": x * y}[node.op]


def _negate(node: tree.Negate, operand: Any) -> Any:
    if operand is None:
        return None
    return tuple(sorted(-x for x in _pair(operand))) if node.type is Type.RANGE else -float(operand)


def _call(node: tree.Call, *args: Any) -> Any:
    first = args[0]
    if node.name == "COALESCE":
        return next((arg for arg in args if arg is not None), None)
    if first is None:
        return None
    if node.name == "NULLIF":
        return None if args[1] is not None and first == args[1] else first
    if node.name == "ABS":
        return abs(float(first))
    return fold(first, lower=node.name == "LOWER")


def fold(text: str, *, lower: bool) -> str:
    these, those = (_UPPER, _LOWER) if lower else (_LOWER, _UPPER)
    return "".join(those[these.index(c)] if c in these else c for c in text)


def _like(node: tree.Like, operand: str | None) -> bool | None:
    if operand is None:
        return None
    symbols: list[Any] = []
    for part in node.pattern:
        symbols.extend(part if isinstance(part, str) else [part])
    if node.ignore_case:
        operand = fold(operand, lower=True)
        symbols = [fold(each, lower=True) if isinstance(each, str) else each for each in symbols]
    reached = {0}  # how many symbols may have been used up
    for character in operand:
        reached = {
            at + (symbols[at] is not ANY_RUN)
            for at in _past_runs(symbols, reached)
            if at < len(symbols) and (not isinstance(symbols[at], str) or symbols[at] == character)
        }
    return len(symbols) in _past_runs(symbols, reached)


def _past_runs(symbols: list[Any], reached: set[int]) -> set[int]:
    found = set(reached)
    for at, symbol in enumerate(symbols):
        if at in found and symbol is ANY_RUN:
            found.add(at + 1)
    return found


_OPERATORS: dict[type, Any] = {
    tree.And: lambda node, *items: all_of(list(items)),
    tree.Or: lambda node, *items: any_of(list(items)),
    tree.Not: lambda node, item: negation(item),
    tree.Compare: lambda node, left, right: compare(node.op, left, right, (node.left.type, node.right.type)),
    tree.Between: _between,
    tree.Like: _like,
    tree.IsNull: lambda node, operand: operand is None,
    tree.IsBool: lambda node, operand: operand is node.value,
    tree.Distinct: lambda node, left, right: left != right,
    tree.Contains: lambda node, operand: None if operand is None else node.item in operand,
    tree.Arithmetic: _arithmetic,
    tree.Negate: _negate,
    tree.Call: _call,
}
