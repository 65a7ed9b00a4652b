"""The checked tree of a predicate: what the parser allows and every emitter walks.

Nodes are immutable and typed. `at` is where the node starts in its source text, counted in
characters from 0; it takes no part in equality, so two spellings of one condition are equal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, timedelta
from typing import Literal as Lit

from segue.policies.language.types import Type

CompareOp = Lit["=", "<>", "<", "<=", ">", ">="]
ArithmeticOp = Lit["+", "-", "*", "/"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Positioned:
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Literal(_Positioned):
    """A constant. `value` is None for NULL; a timestamp is aware, in UTC."""

    value: str | int | float | bool | datetime | None
    type: Type


@dataclass(frozen=True, slots=True)
class Trait(_Positioned):
    """The value of a trait."""

    name: str
    type: Type


@dataclass(frozen=True, slots=True)
class Now(_Positioned):
    """The instant of evaluation, plus `offset`."""

    offset: timedelta
    type: Type = Type.TIMESTAMP


@dataclass(frozen=True, slots=True)
class Arithmetic(_Positioned):
    """`left op right` in double precision; division by zero gives NULL."""

    op: ArithmeticOp
    left: Expr
    right: Expr
    type: Type


@dataclass(frozen=True, slots=True)
class Negate(_Positioned):
    """`-operand`, in double precision."""

    operand: Expr
    type: Type


@dataclass(frozen=True, slots=True)
class Call(_Positioned):
    """LOWER and UPPER (ASCII only), ABS, COALESCE, NULLIF."""

    name: Lit["LOWER", "UPPER", "ABS", "COALESCE", "NULLIF"]
    args: tuple[Expr, ...]
    type: Type


@dataclass(frozen=True, slots=True)
class Case(_Positioned):
    """The value of the first branch whose condition is true, else the default."""

    branches: tuple[tuple[Expr, Expr], ...]
    default: Expr
    type: Type


@dataclass(frozen=True, slots=True)
class Scorecard(_Positioned):
    """The sum of the points of the true items; an unknown item widens the sum to a range.

    Points are in millionths, so that every engine adds them exactly.
    """

    items: tuple[tuple[Expr, int], ...]
    type: Type = Type.RANGE


@dataclass(frozen=True, slots=True)
class Compare(_Positioned):
    """`left op right`; NULL when either side is."""

    op: CompareOp
    left: Expr
    right: Expr
    type: Type = Type.BOOLEAN


@dataclass(frozen=True, slots=True)
class Between(_Positioned):
    """`operand >= low AND operand <= high`."""

    operand: Expr
    low: Expr
    high: Expr
    type: Type = Type.BOOLEAN


@dataclass(frozen=True, slots=True)
class In(_Positioned):
    """`operand = item OR operand = item ...` over at least one item."""

    operand: Expr
    items: tuple[Expr, ...]
    type: Type = Type.BOOLEAN


@dataclass(frozen=True, slots=True)
class Like(_Positioned):
    """A text against a pattern: a tuple of literal texts, ANY_RUN for `%` and ANY_ONE for `_`."""

    operand: Expr
    pattern: tuple[str | Wildcard, ...]
    ignore_case: bool
    type: Type = Type.BOOLEAN


@dataclass(frozen=True, slots=True)
class Wildcard:
    """A wildcard of a pattern."""

    symbol: Lit["%", "_"]


ANY_RUN = Wildcard("%")
ANY_ONE = Wildcard("_")


@dataclass(frozen=True, slots=True)
class IsNull(_Positioned):
    """True when the operand is NULL, else false; never unknown."""

    operand: Expr
    type: Type = Type.BOOLEAN


@dataclass(frozen=True, slots=True)
class IsBool(_Positioned):
    """`operand IS TRUE` or `IS FALSE`; never unknown."""

    operand: Expr
    value: bool
    type: Type = Type.BOOLEAN


@dataclass(frozen=True, slots=True)
class Distinct(_Positioned):
    """`left IS DISTINCT FROM right`: two NULLs are the same; never unknown."""

    left: Expr
    right: Expr
    type: Type = Type.BOOLEAN


@dataclass(frozen=True, slots=True)
class Contains(_Positioned):
    """`ARRAY_CONTAINS(operand, item)`; NULL when the list is."""

    operand: Expr
    item: str
    type: Type = Type.BOOLEAN


@dataclass(frozen=True, slots=True)
class And(_Positioned):
    """False when any item is false, else unknown when any is, else true."""

    items: tuple[Expr, ...]
    type: Type = Type.BOOLEAN


@dataclass(frozen=True, slots=True)
class Or(_Positioned):
    """True when any item is true, else unknown when any is, else false."""

    items: tuple[Expr, ...]
    type: Type = Type.BOOLEAN


@dataclass(frozen=True, slots=True)
class Not(_Positioned):
    """True for false, false for true, unknown for unknown."""

    operand: Expr
    type: Type = Type.BOOLEAN


Expr = (
    Literal
    | Trait
    | Now
    | Arithmetic
    | Negate
    | Call
    | Case
    | Scorecard
    | Compare
    | Between
    | In
    | Like
    | IsNull
    | IsBool
    | Distinct
    | Contains
    | And
    | Or
    | Not
)
"""Any node of the tree."""


def children(node: Expr) -> Iterator[Expr]:
    """Yield the direct operands of a node, in source order."""
    for slot in fields(node):
        value = getattr(node, slot.name)
        if isinstance(value, tuple):
            for item in value:
                for part in item if isinstance(item, tuple) else (item,):
                    if isinstance(part, _Positioned):
                        yield part  # type: ignore[misc]
        elif isinstance(value, _Positioned):
            yield value  # type: ignore[misc]


def walk(node: Expr) -> Iterator[Expr]:
    """Yield the node and everything below it, each before its operands."""
    stack = [node]
    while stack:
        top = stack.pop()
        yield top
        stack.extend(reversed(list(children(top))))


def rebuild(node: Expr, change: Callable[[Expr], Expr]) -> Expr:
    """Return the tree with `change` applied to every node, operands first."""

    def part(item: object) -> object:
        if isinstance(item, tuple):
            return tuple(part(each) for each in item)
        return rebuild(item, change) if isinstance(item, _Positioned) else item  # type: ignore[arg-type]

    changed = {
        slot.name: part(getattr(node, slot.name))
        for slot in fields(node)
        if isinstance(getattr(node, slot.name), tuple | _Positioned)
    }
    return change(replace(node, **changed) if changed else node)  # type: ignore[arg-type]


def traits_of(node: Expr) -> frozenset[str]:
    """Return the names of the traits that the tree reads."""
    return frozenset(each.name for each in walk(node) if isinstance(each, Trait))


def reads_now(node: Expr) -> bool:
    """Return True when the tree reads the instant of evaluation."""
    return any(isinstance(each, Now) for each in walk(node))
