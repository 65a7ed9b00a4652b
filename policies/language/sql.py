"""From the checked tree to SQL, with one meaning on every engine.

Every operator stands in parentheses. A trait is the column of its name, `.` written as `__`; a score
is two columns, `<name>__lo` and `<name>__hi`, both NULL while nothing is known of it. Arithmetic and
comparisons that a number takes part in are in double precision; integers meet integers as they are.
The text is complete: it holds no parameters, and no driver should look for any in it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from string import ascii_lowercase, ascii_uppercase
from typing import Any, NamedTuple, TypeVar, cast

from segue.core.errors import InputError
from segue.policies.language import tree
from segue.policies.language.dialects import SPELLINGS, Dialect, Spelling
from segue.policies.language.tree import Expr
from segue.policies.language.types import Type

MAX_SQL = 1_000_000
"""The longest SQL that is written, in characters: scores and some engines need operands twice."""

_NAME = re.compile(r"[a-z_][a-z0-9_]*(\.[a-z_][a-z0-9_]*)?")
_MILLION = 1_000_000
_T = TypeVar("_T")


class Ends(NamedTuple):
    """The SQL of the two ends of a range; both give NULL while nothing is known of it."""

    lo: str
    hi: str


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


def column(trait: str) -> str:
    """Return the column of a trait: `account_tiers.segment` is `account_tiers__segment`.

    Raises:
        InputError: the name is not made of lower-case letters, digits and underscores.
    """
    if not _NAME.fullmatch(trait):
        raise InputError(f"{trait!r} cannot be a column: expected lower-case letters, digits and underscores")
    return trait.replace(".", "__")


def range_columns(trait: str) -> tuple[str, str]:
    """Return the columns of a trait that is a score: its lower and its upper end."""
    return f"{column(trait)}__lo", f"{column(trait)}__hi"


def column_type(kind: Type, dialect: Dialect | str) -> str:
    """Return the type that a trait's column has, or each of the two columns of a score."""
    return SPELLINGS[Dialect(dialect)].type_name(kind)


def _write(write: Callable[[_Writer], _T], dialect: Dialect | str, now: datetime | None) -> _T:
    aware = now.replace(tzinfo=UTC) if now is not None and now.tzinfo is None else now
    try:
        return write(_Writer(SPELLINGS[Dialect(dialect)], aware))
    except RecursionError:
        raise InputError("nested too deeply to be written as SQL") from None


@dataclass(frozen=True, slots=True)
class _Writer:
    spelling: Spelling
    now: datetime | None

    def value(self, node: Expr, kind: Type) -> str:
        """Return a node that is not a range as SQL of the type `kind`: its own, or number for an integer."""
        if node.type is Type.NULL:  # whatever has no other type than NULL is NULL
            return self.spelling.cast("NULL", kind)
        found = _WRITERS[type(node)](self, node)
        if kind is Type.NUMBER:
            found = self._double(node, found)
        if len(found) > MAX_SQL:
            raise InputError(f"the SQL would be longer than {MAX_SQL:,} characters: simplify the condition")
        return found

    def _double(self, node: Expr, found: str) -> str:
        if isinstance(node, tree.Literal):
            return self.spelling.cast(self.spelling.quote(repr(node.value)), Type.NUMBER)
        computed = node.type is Type.NUMBER and not isinstance(node, tree.Trait)
        return found if computed else self.spelling.cast(found, Type.NUMBER)

    def condition(self, node: Expr) -> str:
        """Return a condition as SQL."""
        return self.value(node, Type.BOOLEAN)

    def _literal(self, node: tree.Literal) -> str:
        value = node.value
        if isinstance(value, bool):
            return "TRUE" if value else "FALSE"
        if isinstance(value, str):
            return self.spelling.quote(value)
        if isinstance(value, datetime):
            return self.spelling.instant(value)
        return f"({value})" if cast("float", value) < 0 else str(value)

    def _now(self, node: tree.Now) -> str:
        if self.now is None:
            return self.spelling.now(node.offset)
        try:
            return self.spelling.instant(self.now + node.offset)
        except OverflowError:
            raise InputError(f"now() {node.offset} from {self.now} leaves the calendar") from None

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
        kind = _common(node.left, node.right)
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
        kind = _common(*parts)
        sides = [self.value(part, kind) for part in parts]
        operand, least, most = self._texts(sides, ordered=True) if kind is Type.TEXT else sides
        return f"({operand} BETWEEN {least} AND {most})"

    def _in(self, node: tree.In) -> str:
        if any(part.type is Type.RANGE for part in (node.operand, *node.items)):
            return self._any(tree.Or(tuple(tree.Compare("=", node.operand, item) for item in node.items)))
        kind = _common(node.operand, *node.items)
        sides = [self.value(part, kind) for part in (node.operand, *node.items)]
        if kind is Type.TEXT:
            sides = self._texts(sides, ordered=False)
        elif kind is Type.NUMBER:
            sides = self.spelling.equal_numbers(sides)
        return f"({sides[0]} IN ({', '.join(sides[1:])}))"

    def _like(self, node: tree.Like) -> str:
        operand, pattern = self.value(node.operand, Type.TEXT), node.pattern
        if node.ignore_case:
            operand = _translated(operand, ascii_uppercase, ascii_lowercase)
            pattern = tuple(p.translate(_TO_LOWER) if isinstance(p, str) else p for p in pattern)
        return self.spelling.like(operand, pattern)

    def _distinct(self, node: tree.Distinct) -> str:
        kind = _common(node.left, node.right)
        sides = [self.value(side, kind) for side in (node.left, node.right)]
        left, right = self._texts(sides, ordered=False) if kind is Type.TEXT else sides
        return self.spelling.distinct(left, right)

    def _contains(self, node: tree.Contains) -> str:
        if not isinstance(node.operand, tree.Trait):
            return self.spelling.cast("NULL", Type.BOOLEAN)
        return self.spelling.contains(column(node.operand.name), node.item)

    # Values

    def _arithmetic(self, node: tree.Arithmetic) -> str:
        left, right = (self.value(side, Type.NUMBER) for side in (node.left, node.right))
        if node.op == "/":
            right = f"NULLIF({right}, {self.spelling.cast('0', Type.NUMBER)})"
        return f"({left} {node.op} {right})"

    def _negate(self, node: tree.Negate) -> str:
        return f"(- {self.value(node.operand, Type.NUMBER)})"

    def _call(self, node: tree.Call) -> str:
        if node.name in ("LOWER", "UPPER"):
            cases = (ascii_uppercase, ascii_lowercase)
            return _translated(
                self.value(node.args[0], Type.TEXT), *(cases if node.name == "LOWER" else cases[::-1])
            )
        if node.name == "ABS":
            return f"ABS({self.value(node.args[0], Type.NUMBER)})"
        if node.name == "NULLIF":
            return self._nullif(node)
        parts = [self.value(arg, node.type) for arg in node.args if arg.type is not Type.NULL]
        return f"COALESCE({', '.join(parts)})" if len(parts) > 1 else parts[0]

    def _nullif(self, node: tree.Call) -> str:
        if node.args[0].type is Type.NULL:
            return self.spelling.cast("NULL", node.type)
        kind = _common(*node.args)
        left, right = (self.value(arg, kind) for arg in node.args)
        found = self.spelling.nullif(left, right, kind)
        return found if kind is node.type else self.spelling.cast(found, node.type)

    def _case(self, node: tree.Case) -> str:
        branches = " ".join(
            f"WHEN {self.condition(condition)} THEN {self.value(value, node.type)}"
            for condition, value in node.branches
        )
        return f"(CASE {branches} ELSE {self.value(node.default, node.type)} END)"

    # Ranges

    def ends(self, node: Expr) -> Ends:
        """Return the two ends of a number; those of one that is not a range are the same."""
        if node.type is not Type.RANGE:
            found = self.value(node, Type.NUMBER)
            return Ends(found, found)
        if isinstance(node, tree.Trait):
            return Ends(*(self.spelling.cast(name, Type.NUMBER) for name in range_columns(node.name)))
        if isinstance(node, tree.Scorecard):
            return self._scorecard(node)
        if isinstance(node, tree.Negate):
            inner = self.ends(node.operand)
            return Ends(f"(- {inner.hi})", f"(- {inner.lo})")
        sum_ = cast("tree.Arithmetic", node)
        left, right = self.ends(sum_.left), self.ends(sum_.right)
        if sum_.op == "-":
            right = Ends(right.hi, right.lo)
        return Ends(f"({left.lo} {sum_.op} {right.lo})", f"({left.hi} {sum_.op} {right.hi})")

    def _scorecard(self, node: tree.Scorecard) -> Ends:
        """Add whole numbers, and divide once: every engine finds the same sums, in any order."""
        scale = 1 if any(points % _MILLION for _, points in node.items) else _MILLION
        least = most = self.spelling.cast("0", Type.INTEGER)
        for item, points in node.items:
            condition, share = self.condition(item), f"({points // scale})"
            only_true = f" + (CASE WHEN {condition} THEN {share} ELSE 0 END)"
            unless_false = f" + (CASE WHEN (NOT {condition}) THEN 0 ELSE {share} END)"
            least += only_true if points > 0 else unless_false
            most += unless_false if points > 0 else only_true
        ends = [self.spelling.cast(f"({end})", Type.NUMBER) for end in (least, most)]
        if scale == 1:
            million = self.spelling.cast(str(_MILLION), Type.NUMBER)
            ends = [f"({end} / {million})" for end in ends]
        return Ends(*ends)

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


def _translated(text: str, these: str, those: str) -> str:
    """Return the SQL that exchanges letters; LOWER and UPPER fold more than ASCII on most engines."""
    return f"TRANSLATE({text}, '{these}', '{those}')"


def _common(*parts: Expr) -> Type:
    """Return the type in which operands meet: number when any is one, boolean when all are NULL."""
    kinds = {part.type for part in parts} - {Type.NULL}
    if len(kinds) > 1:
        return Type.NUMBER
    return next(iter(kinds), Type.BOOLEAN)


_WRITERS: dict[type, Callable[[_Writer, Any], str]] = {
    tree.Literal: _Writer._literal,
    tree.Trait: lambda _, node: column(node.name),
    tree.Now: _Writer._now,
    tree.And: _Writer._all,
    tree.Or: _Writer._any,
    tree.Not: _Writer._not,
    tree.IsNull: _Writer._is_null,
    tree.IsBool: _Writer._is_bool,
    tree.Compare: _Writer._compare,
    tree.Between: _Writer._between,
    tree.In: _Writer._in,
    tree.Like: _Writer._like,
    tree.Distinct: _Writer._distinct,
    tree.Contains: _Writer._contains,
    tree.Arithmetic: _Writer._arithmetic,
    tree.Negate: _Writer._negate,
    tree.Call: _Writer._call,
    tree.Case: _Writer._case,
}
