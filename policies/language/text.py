"""The tree as policy text again: one canonical spelling, with the fewest parentheses.

Reading the text back gives an equal tree.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from segue.policies.language import tree
from segue.policies.language.tree import ANY_RUN, Expr, Wildcard

_OR, _AND, _NOT, _PREDICATE, _SUM, _PRODUCT, _UNARY, _ATOM = range(8)
_LEVELS: dict[type, int] = {tree.Or: _OR, tree.And: _AND, tree.Not: _NOT, tree.Negate: _UNARY}
_PREDICATES = (tree.Compare, tree.Between, tree.In, tree.Like, tree.IsNull, tree.IsBool, tree.Distinct)


def to_text(node: Expr) -> str:
    """Return the canonical text of a tree."""
    writer = _WRITERS[type(node)]
    return writer(node)


def quote(text: str) -> str:
    """Return a text as a constant of the language."""
    return "'" + text.replace("'", "''") + "'"


def _level(node: Expr) -> int:
    if isinstance(node, tree.Not) and isinstance(node.operand, _NEGATABLE):
        return _PREDICATE
    if isinstance(node, _PREDICATES):
        return _PREDICATE
    if isinstance(node, tree.Arithmetic):
        return _SUM if node.op in "+-" else _PRODUCT
    if isinstance(node, tree.Literal) and isinstance(node.value, int | float) and node.value < 0:
        return _UNARY
    return _LEVELS.get(type(node), _ATOM)


def _part(node: Expr, least: int) -> str:
    text = to_text(node)
    return text if _level(node) >= least else f"({text})"


def _literal(node: tree.Literal) -> str:
    value = node.value
    if value is None or isinstance(value, bool):
        return {None: "NULL", True: "TRUE", False: "FALSE"}[value]
    if isinstance(value, str):
        return quote(value)
    if isinstance(value, datetime):
        return f"TIMESTAMP {quote(value.astimezone(UTC).isoformat(' '))}"
    return repr(value)


def _now(node: tree.Now) -> str:
    if not node.offset:
        return "now()"
    sign, size = ("+", node.offset) if node.offset > timedelta(0) else ("-", -node.offset)
    seconds = int(size.total_seconds())
    units = (("WEEK", 604_800), ("DAY", 86_400), ("HOUR", 3_600), ("MINUTE", 60), ("SECOND", 1))
    unit, length = next(
        (u, n) for u, n in units if seconds % n == 0 and (u != "WEEK" or seconds % 604_800 == 0)
    )
    if unit == "WEEK":
        unit, length = "DAY", 86_400
    return f"now() {sign} INTERVAL '{seconds // length}' {unit}"


def _arithmetic(node: tree.Arithmetic) -> str:
    level = _SUM if node.op in "+-" else _PRODUCT
    return f"{_part(node.left, level)} {node.op} {_part(node.right, level + 1)}"


def _case(node: tree.Case) -> str:
    branches = " ".join(f"WHEN {to_text(c)} THEN {to_text(v)}" for c, v in node.branches)
    empty = isinstance(node.default, tree.Literal) and node.default.value is None
    return f"CASE {branches}{'' if empty else f' ELSE {to_text(node.default)}'} END"


def _scorecard(node: tree.Scorecard) -> str:
    items = ", ".join(f"{to_text(c)}: {points / 1_000_000:g}" for c, points in node.items)
    return f"score({items})"


def pattern_text(pattern: tuple[str | Wildcard, ...]) -> tuple[str, bool]:
    """Return a pattern as text, escaped by a backslash, and whether any escape was needed."""
    parts, escaped = [], False
    for part in pattern:
        if isinstance(part, str):
            text = part.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
            escaped = escaped or any(mark in part for mark in "%_")
            parts.append((part, text))
        else:
            mark = "%" if part is ANY_RUN else "_"
            parts.append((mark, mark))
    return "".join(safe if escaped else plain for plain, safe in parts), escaped


def _like(node: tree.Like, negated: str = "") -> str:
    text, escaped = pattern_text(node.pattern)
    word = "ILIKE" if node.ignore_case else "LIKE"
    return f"{_part(node.operand, _SUM)} {negated}{word} {quote(text)}" + (" ESCAPE '\\'" if escaped else "")


def _between(node: tree.Between, negated: str = "") -> str:
    low, high = _part(node.low, _SUM), _part(node.high, _SUM)
    return f"{_part(node.operand, _SUM)} {negated}BETWEEN {low} AND {high}"


def _in(node: tree.In, negated: str = "") -> str:
    return f"{_part(node.operand, _SUM)} {negated}IN ({', '.join(to_text(item) for item in node.items)})"


def _is_null(node: tree.IsNull, negated: str = "") -> str:
    return f"{_part(node.operand, _SUM)} IS {negated}NULL"


def _is_bool(node: tree.IsBool, negated: str = "") -> str:
    return f"{_part(node.operand, _SUM)} IS {negated}{'TRUE' if node.value else 'FALSE'}"


def _distinct(node: tree.Distinct, negated: str = "") -> str:
    return f"{_part(node.left, _SUM)} IS {negated}DISTINCT FROM {_part(node.right, _SUM)}"


_NEGATABLE = (tree.In, tree.Between, tree.Like, tree.IsNull, tree.IsBool, tree.Distinct)
_NEGATED: dict[type, Callable[..., str]] = {
    tree.In: _in, tree.Between: _between, tree.Like: _like, tree.IsNull: _is_null, tree.IsBool: _is_bool,
    tree.Distinct: _distinct,
}  # fmt: skip


def _not(node: tree.Not) -> str:
    writer = _NEGATED.get(type(node.operand))
    return writer(node.operand, "NOT ") if writer else f"NOT {_part(node.operand, _NOT)}"


_WRITERS: dict[type, Callable[[Any], str]] = {
    tree.Literal: _literal,
    tree.Trait: lambda node: str(node.name),
    tree.Now: _now,
    tree.Arithmetic: _arithmetic,
    tree.Negate: lambda node: f"-{_part(node.operand, _ATOM)}",
    tree.Call: lambda node: f"{node.name}({', '.join(to_text(arg) for arg in node.args)})",
    tree.Case: _case,
    tree.Scorecard: _scorecard,
    tree.Compare: lambda node: f"{_part(node.left, _SUM)} {node.op} {_part(node.right, _SUM)}",
    tree.Contains: lambda node: f"ARRAY_CONTAINS({to_text(node.operand)}, {quote(node.item)})",
    tree.And: lambda node: " AND ".join(_part(item, _NOT) for item in node.items),
    tree.Or: lambda node: " OR ".join(_part(item, _AND) for item in node.items),
    tree.Not: _not,
    **_NEGATED,
}
