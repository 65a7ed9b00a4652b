"""From the checked tree to SQL, with one meaning on every engine.

Every operator stands in parentheses. A trait is the column of its name, `.` written as `__`; a score
is two columns, `<name>__lo` and `<name>__hi`, both NULL while nothing is known of it. Arithmetic and
comparisons that a number takes part in are in double precision; integers meet integers as they are.
The text is complete: it holds no parameters, and no driver should look for any in it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from string import ascii_lowercase, ascii_uppercase
from typing import Any, TypeVar

from segue.core.errors import InputError
from segue.policies.language import tree
from segue.policies.language.dialects import SPELLINGS, Dialect
from segue.policies.language.sql_values import ValueWriter, column, common_type, range_columns, translated
from segue.policies.language.tree import Expr
from segue.policies.language.types import Type

__all__ = ["Dialect", "column", "column_type", "range_columns", "range_sql", "to_sql"]

_T = TypeVar("_T")


def to_sql(node: Expr, dialect: Dialect | str, now: datetime | None = None) -> str:
    """Return a condition or a value as SQL of one engine.

    `now` stands for now() and is written as a constant, naive as UTC; without it the engine's own
    clock is read. `dialect` is a `Dialect` or its name.

    Raises:
        InputError: there is no such dialect; the node is a score, which has two ends; the SQL would
            be longer than a million characters; `now` and an offset leave the calendar.
    """
    if node.type is Type.RANGE:
        raise InputError("a score has a lower and an upper end: ask for its range")
    kind = Type.BOOLEAN if node.type is Type.NULL else node.type
    return _write(lambda writer: writer.value(node, kind), dialect, now)


def range_sql(node: Expr, dialect: Dialect | str, now: datetime | None = None) -> tuple[str, str]:
    """Return the lower and the upper end of a score as SQL of one engine; else as `to_sql`."""
    return _write(lambda writer: writer.ends(node), dialect, now)


def column_type(kind: Type, dialect: Dialect | str) -> str:
    """Return the type that a trait's column has, or each of the two columns of a score."""
    return SPELLINGS[Dialect(dialect)].type_name(kind)


def _write(write: Callable[[Writer], _T], dialect: Dialect | str, now: datetime | None) -> _T:
    aware = now.replace(tzinfo=UTC) if now is not None and now.tzinfo is None else now
    try:
        return write(Writer(SPELLINGS[Dialect(dialect)], aware))
    except RecursionError:
        raise InputError("nested too deeply to be written as SQL") from None


class Writer(ValueWriter):
    """Writes conditions, and dispatches to `ValueWriter` for the rest."""

    def _write(self, node: Expr) -> str:
        return _WRITERS[type(node)](self, node)

    # Logic

    def _all(self, node: tree.And) -> str:
        return f"({' AND '.join(map(self.condition, node.items))})"

    def _any(self, node: tree.Or) -> str:
        return f"({' OR '.join(map(self.condition, node.items))})"

    def _not(self, node: tree.Not) -> str:
        return f"(NOT {self.condition(node.operand)})"

    def _is_null(self, node: tree.IsNull) -> str:
        kind = Type.TEXT if node.operand.type is Type.NULL else node.operand.type
        return f"({self.value(node.operand, kind)} IS NULL)"

    def _is_bool(self, node: tree.IsBool) -> str:
        operand = self.condition(node.operand)
        return f"COALESCE({operand if node.value else f'(NOT {operand})'}, FALSE)"

    # Comparisons

    def _compare(self, node: tree.Compare) -> str:
        if Type.RANGE in (node.left.type, node.right.type):
            return self._compare_ranges(node)
        kind = common_type(node.left, node.right)
        sides = [self.value(side, kind) for side in (node.left, node.right)]
        if kind is Type.TEXT:
            left, right = self._texts(sides, ordered=node.op not in ("=", "<>"))
        else:
            left, right = sides
        return f"({left} {node.op} {right})"

    def _texts(self, sides: Sequence[str], *, ordered: bool) -> list[str]:
        return (self.spelling.ordered_texts if ordered else self.spelling.equal_texts)(sides)

    def _between(self, node: tree.Between) -> str:
        parts = (node.operand, node.low, node.high)
        if any(part.type is Type.RANGE for part in parts):
            low, high = (
                tree.Compare(">=", node.operand, node.low),
                tree.Compare("<=", node.operand, node.high),
            )
            return self._all(tree.And((low, high)))
        kind = common_type(*parts)
        sides = [self.value(part, kind) for part in parts]
        operand, least, most = self._texts(sides, ordered=True) if kind is Type.TEXT else sides
        return f"({operand} BETWEEN {least} AND {most})"

    def _in(self, node: tree.In) -> str:
        if any(part.type is Type.RANGE for part in (node.operand, *node.items)):
            return self._any(tree.Or(tuple(tree.Compare("=", node.operand, item) for item in node.items)))
        kind = common_type(node.operand, *node.items)
        constants = [each.value for each in node.items if isinstance(each, tree.Literal)]
        texts = [each for each in constants if isinstance(each, str)]
        if isinstance(node.operand, tree.Trait) and len(texts) == len(node.items):
            return self.spelling.among(self._trait(node.operand), texts)
        sides = [self.value(part, kind) for part in (node.operand, *node.items)]
        if kind is Type.TEXT:
            sides = self._texts(sides, ordered=False)
        return f"({sides[0]} IN ({', '.join(sides[1:])}))"

    def _like(self, node: tree.Like) -> str:
        operand, pattern = self.value(node.operand, Type.TEXT), node.pattern
        if node.ignore_case:
            operand = translated(operand, ascii_uppercase, ascii_lowercase)
            pattern = tuple(p.translate(_TO_LOWER) if isinstance(p, str) else p for p in pattern)
        return self.spelling.like(operand, pattern)

    def _distinct(self, node: tree.Distinct) -> str:
        kind = common_type(node.left, node.right)
        sides = [self.value(side, kind) for side in (node.left, node.right)]
        left, right = self._texts(sides, ordered=False) if kind is Type.TEXT else sides
        return self.spelling.distinct(left, right)

    def _contains(self, node: tree.Contains) -> str:
        if not isinstance(node.operand, tree.Trait):
            return self.spelling.cast("NULL", Type.BOOLEAN)
        return self.spelling.contains(self._trait(node.operand), node.item)

    def _compare_ranges(self, node: tree.Compare) -> str:
        a, b = self.ends(node.left), self.ends(node.right)
        always, never = {
            "<": (f"{a.hi} < {b.lo}", f"{a.lo} >= {b.hi}"),
            "<=": (f"{a.hi} <= {b.lo}", f"{a.lo} > {b.hi}"),
            ">": (f"{a.lo} > {b.hi}", f"{a.hi} <= {b.lo}"),
            ">=": (f"{a.lo} >= {b.hi}", f"{a.hi} < {b.lo}"),
            "=": (f"({a.lo} = {b.hi}) AND ({a.hi} = {b.lo})", f"({a.hi} < {b.lo}) OR ({a.lo} > {b.hi})"),
            "<>": (f"({a.hi} < {b.lo}) OR ({a.lo} > {b.hi})", f"({a.lo} = {b.hi}) AND ({a.hi} = {b.lo})"),
        }[node.op]
        unknown = self.spelling.cast("NULL", Type.BOOLEAN)
        return f"(CASE WHEN ({always}) THEN TRUE WHEN ({never}) THEN FALSE ELSE {unknown} END)"


_TO_LOWER = str.maketrans(ascii_uppercase, ascii_lowercase)
_WRITERS: dict[type, Callable[[Writer, Any], str]] = {
    tree.Literal: Writer._literal,
    tree.Trait: Writer._trait,
    tree.Now: Writer._now,
    tree.And: Writer._all,
    tree.Or: Writer._any,
    tree.Not: Writer._not,
    tree.IsNull: Writer._is_null,
    tree.IsBool: Writer._is_bool,
    tree.Compare: Writer._compare,
    tree.Between: Writer._between,
    tree.In: Writer._in,
    tree.Like: Writer._like,
    tree.Distinct: Writer._distinct,
    tree.Contains: Writer._contains,
    tree.Arithmetic: Writer._arithmetic,
    tree.Negate: Writer._negate,
    tree.Call: Writer._call,
    tree.Case: Writer._case,
}
