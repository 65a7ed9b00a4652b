"""The SQL of values: traits, constants, arithmetic, calls, CASE, and the two ends of scores."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from string import ascii_lowercase, ascii_uppercase
from typing import NamedTuple, cast

from segue.core.errors import InputError
from segue.policies.language import tree
from segue.policies.language.spelling import Spelling
from segue.policies.language.tree import Expr
from segue.policies.language.types import Type

MAX_SQL = 1_000_000
"""The longest SQL that is written, in characters: scores and some engines need operands twice."""

_NAME = re.compile(r"[a-z_][a-z0-9_]*(\.[a-z_][a-z0-9_]*)?")
_MILLION = 1_000_000


class Ends(NamedTuple):
    """The SQL of the two ends of a range; both give NULL while nothing is known of it."""

    lo: str
    hi: str


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


def common_type(*parts: Expr) -> Type:
    """Return the type in which operands meet: number when any is one, boolean when all are NULL."""
    kinds = {part.type for part in parts} - {Type.NULL}
    if len(kinds) > 1:
        return Type.NUMBER
    return next(iter(kinds), Type.BOOLEAN)


def _bounded(sql: str) -> str:
    if len(sql) > MAX_SQL:
        raise InputError(f"the SQL would be longer than {MAX_SQL:,} characters: simplify the condition")
    return sql


def translated(text: str, these: str, those: str) -> str:
    """Return the SQL that exchanges letters; LOWER and UPPER fold more than ASCII on most engines."""
    return f"TRANSLATE({text}, '{these}', '{those}')"


@dataclass(frozen=True, slots=True)
class ValueWriter:
    """Writes the nodes that give values; `Writer` completes it. Without `now` the engine's clock counts."""

    spelling: Spelling
    now: datetime | None

    def _write(self, node: Expr) -> str:
        raise NotImplementedError

    def value(self, node: Expr, kind: Type) -> str:
        """Return a node that is not a range as SQL of the type `kind`: its own, or number for an integer."""
        if node.type is Type.NULL:  # whatever has no other type than NULL is NULL
            return self.spelling.cast("NULL", kind)
        found = self._write(node)
        if kind is Type.NUMBER:
            found = self._double(node, found)
        return _bounded(found)

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

    # Values

    def _trait(self, node: tree.Trait) -> str:
        return self.spelling.name(column(node.name))

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
            return translated(
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
        kind = common_type(*node.args)
        left, right = (self.value(arg, kind) for arg in node.args)
        if kind is Type.TEXT:
            return self.spelling.nullif_texts(left, right)
        found = f"NULLIF({left}, {right})"
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
        lo, hi = self._ends(node)
        return Ends(_bounded(lo), _bounded(hi))

    def _ends(self, node: Expr) -> Ends:
        if node.type is not Type.RANGE:
            found = self.value(node, Type.NUMBER)
            return Ends(found, found)
        if isinstance(node, tree.Trait):
            return Ends(
                *(
                    self.spelling.cast(self.spelling.name(each), Type.NUMBER)
                    for each in range_columns(node.name)
                )
            )
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
        """Add whole numbers, and divide once: every engine finds the same sums, in any order.

        The upper end is the lower one and all that is unknown, so that an engine may share the first sum.
        """
        scale = 1 if any(points % _MILLION for _, points in node.items) else _MILLION
        least, unknown = self.spelling.cast("0", Type.INTEGER), ""
        for item, points in node.items:
            condition, share = self.condition(item), f"({points // scale})"
            counted = condition if points > 0 else f"COALESCE({condition}, TRUE)"
            least += f" + (CASE WHEN {counted} THEN {share} ELSE 0 END)"
            unknown += f" + (CASE WHEN {condition} IS NULL THEN ({abs(points // scale)}) ELSE 0 END)"
        ends = [self.spelling.cast(f"({end})", Type.NUMBER) for end in (least, least + unknown)]
        if scale == 1:
            million = self.spelling.cast(str(_MILLION), Type.NUMBER)
            ends = [f"({end} / {million})" for end in ends]
        return Ends(*ends)
