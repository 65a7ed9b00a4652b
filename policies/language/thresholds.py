"""The values at which a condition can change: found in its own comparisons."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from segue.policies.language import tree
from segue.policies.language.tree import Expr, Wildcard, traits_of
from segue.policies.language.types import Type

Number = Callable[[Expr, Any], float | None]
"""Gives the value of a numeric expression when the trait under study has the given value."""


def expand(nodes: Iterable[Expr], definitions: Mapping[str, Expr]) -> list[Expr]:
    """Return the nodes and every definition that they read, directly or not, each once."""
    found: list[Expr] = []
    seen: set[str] = set()
    queue = list(nodes)
    while queue:
        node = queue.pop(0)
        found.append(node)
        for name in sorted(traits_of(node)):
            if name in definitions and name not in seen:
                seen.add(name)
                queue.append(definitions[name])
    return found


def candidates(
    name: str, kind: Type, nodes: Sequence[Expr], now: datetime, current: Any, solve: Number
) -> list[Any]:
    """Return values of a trait around every threshold that the nodes compare it with.

    For numbers and instants: the threshold and the nearest value on each side; for texts: those
    compared with; for lists: the current one with each named item put in or taken out. Where a
    trait stands inside arithmetic the threshold is solved for, as the other facts are.
    """
    if kind is Type.BOOLEAN:
        return [value for value in (True, False) if value is not current]
    found: list[Any] = []
    for node in nodes:
        for each in tree.walk(node):
            found.extend(_of_node(each, name, kind, now, current, solve))
    return [value for value in dict.fromkeys(found) if value != current]


def _of_node(node: Expr, name: str, kind: Type, now: datetime, current: Any, solve: Number) -> Iterator[Any]:
    if isinstance(node, tree.Contains) and _is(node.operand, name):
        items = current or ()
        yield tuple(i for i in items if i != node.item) if node.item in items else (*items, node.item)
    elif isinstance(node, tree.Like) and _is(node.operand, name):
        yield "".join(part if isinstance(part, str) else _filler(part) for part in node.pattern)
    elif isinstance(node, tree.In) and _is(node.operand, name):
        for item in node.items:
            yield from _around(item, kind, now)
    elif isinstance(node, tree.Compare | tree.Distinct):
        yield from _of_sides(((node.left, node.right), (node.right, node.left)), name, kind, now, solve)
    elif isinstance(node, tree.Between):
        sides = ((node.operand, node.low), (node.operand, node.high))
        yield from _of_sides(sides, name, kind, now, solve)


def _of_sides(
    sides: Sequence[tuple[Expr, Expr]], name: str, kind: Type, now: datetime, solve: Number
) -> Iterator[Any]:
    for one, other in sides:
        if _is(one, name):
            yield from _around(other, kind, now)
        elif (
            kind.is_numeric
            and name in traits_of(one)
            and isinstance(one, tree.Arithmetic | tree.Negate | tree.Call)
        ):
            yield from _solved(one, other, kind, solve)


def _is(node: Expr, name: str) -> bool:
    while isinstance(node, tree.Call) and node.name in ("LOWER", "UPPER", "COALESCE") and node.args:
        node = node.args[0]
    return isinstance(node, tree.Trait) and node.name == name


def _filler(part: Wildcard) -> str:
    return "x" if part.symbol == "_" else ""


def _around(threshold: Expr, kind: Type, now: datetime) -> Iterator[Any]:
    if isinstance(threshold, tree.Now):
        instant = now + threshold.offset
        yield from (instant, instant - timedelta(days=1), instant + timedelta(days=1))
    elif isinstance(threshold, tree.Literal) and threshold.value is not None:
        value = threshold.value
        if isinstance(value, datetime):
            yield from (value, value - timedelta(days=1), value + timedelta(days=1))
        elif isinstance(value, int | float) and not isinstance(value, bool):
            yield from _near(value, kind)
        elif isinstance(value, str):
            yield value


def step_of(value: float, kind: Type) -> float:
    """Return the smallest step that a person would take at a threshold: 1, or its last decimal, at most 0.1."""
    if kind is Type.INTEGER:
        return 1
    exponent = Decimal(repr(value)).normalize().as_tuple().exponent
    return float(Decimal(1).scaleb(min(int(exponent), -1)))


def _near(value: float, kind: Type) -> Iterator[float]:
    step = step_of(value, kind)
    for found in (value, value - step, value + step):
        yield round(found) if kind is Type.INTEGER else round(float(found), 9)


def _solved(one: Expr, other: Expr, kind: Type, solve: Number) -> Iterator[float]:
    """Solve one(x) = other(x) for a side that is linear in x; the caller verifies what comes out."""
    low, high = 0.0, 1024.0
    ends = [solve(one, low), solve(other, low), solve(one, high), solve(other, high)]
    if any(each is None for each in ends):
        return
    at_low, at_high = ends[0] - ends[1], ends[2] - ends[3]  # type: ignore[operator]
    if at_low == at_high:
        return
    root = low - at_low * (high - low) / (at_high - at_low)
    if abs(root) < 1e12:
        base = int(root) if kind is Type.INTEGER else round(root, 6)
        yield from _near(base, kind)
        if kind is Type.INTEGER:
            yield base + (2 if root > base else -2)
