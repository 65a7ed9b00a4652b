"""From the checked tree to Python source: the emitter behind every predicate and label.

A condition becomes two boolean expressions, one that holds when it is true and one that holds when
it is false; where neither holds it is unknown. So AND, OR and NOT cost what Python's own do, and
nothing is allocated. A value becomes a local variable, computed by a statement before it is used:
every operation of the language is total, so computing one that is not needed does no harm.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

from segue.policies.language import tree
from segue.policies.language.patterns import matcher
from segue.policies.language.python_values import Atom, Definitions, Ends, ValueEmitter, Verdict, all_known
from segue.policies.language.tree import Expr
from segue.policies.language.types import Range, Type

__all__ = ["Definitions", "Emitter", "predicate_function", "value_function"]

_ALWAYS, _NEVER = Verdict("True", "False"), Verdict("False", "True")
_UNKNOWN = Verdict("False", "False")
_FLIPPED = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "=": "!=", "<>": "=="}
_PYTHON = {"=": "==", "<>": "!="}
_SHORT = 90
"""A condition whose source is longer is computed once into a variable when it is used as a trait."""


class Emitter(ValueEmitter):
    """Writes conditions, and what they need of values by `ValueEmitter`."""

    def condition(self, node: Expr) -> Verdict:
        """Write what a condition needs and return it as source."""
        writer = _CONDITIONS.get(type(node))
        return writer(self, node) if writer else self._as_boolean(self.value(node))

    def _as_boolean(self, atom: Atom) -> Verdict:
        return Verdict(f"{atom.source} is True", f"{atom.source} is False")

    def _and(self, node: tree.And) -> Verdict:
        parts = [self.condition(item) for item in node.items]
        return Verdict(_join(" and ", [p.true for p in parts]), _join(" or ", [p.false for p in parts]))

    def _or(self, node: tree.Or) -> Verdict:
        parts = [self.condition(item) for item in node.items]
        return Verdict(_join(" or ", [p.true for p in parts]), _join(" and ", [p.false for p in parts]))

    def _not(self, node: tree.Not) -> Verdict:
        inner = self.condition(node.operand)
        return Verdict(inner.false, inner.true)

    def _literal(self, node: tree.Literal) -> Verdict:
        return {True: _ALWAYS, False: _NEVER}.get(cast("Any", node.value), _UNKNOWN)

    def _trait(self, node: tree.Trait) -> Verdict:
        definition = self.definitions.get(node.name)
        if definition is None:
            return self._as_boolean(self.value(node))
        known = self._named.get(("verdict", node.name))
        if known is None:
            known = self.condition(definition)
            if len(known.true) + len(known.false) > _SHORT:
                known = self._as_boolean(self._store(known.value))
            self._named["verdict", node.name] = known
        return cast("Verdict", known)

    def _compare(self, node: tree.Compare) -> Verdict:
        if Type.RANGE in (node.left.type, node.right.type):
            return self._compare_ranges(node.op, node.left, node.right)
        left, right = self.value(node.left), self.value(node.right)
        op = _PYTHON.get(node.op, node.op)
        known = all_known(left, right)
        return Verdict(
            f"({known}{left.source} {op} {right.source})",
            f"({known}{left.source} {_FLIPPED[node.op]} {right.source})",
        )

    def _compare_ranges(self, op: str, left: Expr, right: Expr) -> Verdict:
        if op in (">", ">="):
            return self._compare_ranges({">": "<", ">=": "<="}[op], right, left)
        if op == "<>":
            equal = self._compare_ranges("=", left, right)
            return Verdict(equal.false, equal.true)
        (a, known_a), (b, known_b) = self._ends(left), self._ends(right)
        known = known_a + known_b
        if op == "=":
            return Verdict(
                f"({known}{a.low} == {a.high} == {b.low} == {b.high})",
                f"({known}({a.high} < {b.low} or {b.high} < {a.low}))",
            )
        return Verdict(f"({known}{a.high} {op} {b.low})", f"({known}{a.low} {_FLIPPED[op]} {b.high})")

    def _ends(self, node: Expr) -> tuple[Ends, str]:
        """Return the ends of a numeric operand and the check that it is known."""
        if node.type is Type.RANGE:
            return self.ends(node), ""
        atom = self.value(node)
        return Ends(atom.source, atom.source), all_known(atom)

    def _between(self, node: tree.Between) -> Verdict:
        if Type.RANGE in (node.operand.type, node.low.type, node.high.type):
            low, high = (
                tree.Compare(">=", node.operand, node.low),
                tree.Compare("<=", node.operand, node.high),
            )
            return self._and(tree.And((low, high)))
        operand, low_end, high_end = (self.value(part) for part in (node.operand, node.low, node.high))
        x = operand.source
        outside = " or ".join(
            f"({all_known(end)}{x} {op} {end.source})" for end, op in ((low_end, "<"), (high_end, ">"))
        )
        return Verdict(
            f"({all_known(operand, low_end, high_end)}{low_end.source} <= {x} <= {high_end.source})",
            f"({all_known(operand)}({outside}))",
        )

    def _in(self, node: tree.In) -> Verdict:
        simple = node.operand.type is not Type.RANGE and all(
            isinstance(item, tree.Literal) for item in node.items
        )
        if not simple or node.operand.type is Type.BOOLEAN:
            return self._or(tree.Or(tuple(tree.Compare("=", node.operand, item) for item in node.items)))
        values = {cast("tree.Literal", item).value for item in node.items}
        operand = self.value(node.operand)
        among = self._constant(frozenset(values - {None}))
        outside = "False" if None in values else f"({all_known(operand)}{operand.source} not in {among})"
        return Verdict(f"({operand.source} in {among})", outside)

    def _like(self, node: tree.Like) -> Verdict:
        operand = self.value(node.operand)
        source = operand.source
        if node.ignore_case:
            source = self._where_known(operand, f"_lower({source})").source
        test = matcher(node.pattern, node.ignore_case, source, self._constant)
        return Verdict(f"({all_known(operand)}{test})", f"({all_known(operand)}not {test})")

    def _is_null(self, node: tree.IsNull) -> Verdict:
        operand = self.value(node.operand)
        if not operand.nullable:
            return _NEVER
        return Verdict(f"({operand.source} is None)", f"({operand.source} is not None)")

    def _is_bool(self, node: tree.IsBool) -> Verdict:
        inner = self.condition(node.operand)
        held = inner.true if node.value else inner.false
        return Verdict(f"({held})", f"(not ({held}))")

    def _distinct(self, node: tree.Distinct) -> Verdict:
        left, right = self.value(node.left).source, self.value(node.right).source
        return Verdict(f"({left} != {right})", f"({left} == {right})")

    def _contains(self, node: tree.Contains) -> Verdict:
        operand, item = self.value(node.operand), repr(node.item)
        known = all_known(operand)
        return Verdict(f"({known}{item} in {operand.source})", f"({known}{item} not in {operand.source})")


def _join(word: str, parts: list[str]) -> str:
    return f"({word.join(parts)})"


_CONDITIONS: dict[type, Callable[[Emitter, Any], Verdict]] = {
    tree.And: Emitter._and,
    tree.Or: Emitter._or,
    tree.Not: Emitter._not,
    tree.Literal: Emitter._literal,
    tree.Trait: Emitter._trait,
    tree.Compare: Emitter._compare,
    tree.Between: Emitter._between,
    tree.In: Emitter._in,
    tree.Like: Emitter._like,
    tree.IsNull: Emitter._is_null,
    tree.IsBool: Emitter._is_bool,
    tree.Distinct: Emitter._distinct,
    tree.Contains: Emitter._contains,
}


def predicate_function(
    node: Expr, definitions: Definitions, absent: Mapping[str, Any]
) -> Callable[..., bool | None]:
    """Compile a condition into `f(v, now)` that gives True, False or None."""
    emitter = Emitter(definitions, absent)
    emitter.line(f"return {emitter.condition(node).value}")
    return emitter.function("predicate")


def value_function(node: Expr, definitions: Definitions, absent: Mapping[str, Any]) -> Callable[..., Any]:
    """Compile an expression into `f(v, now)`: a value, None, or a `Range` for a score."""
    emitter = Emitter(definitions, absent)
    if node.type is Type.RANGE:
        ends = emitter.ends(node)
        emitter.line(f"return _range({ends.low}, {ends.high})")
        emitter.constants["_range"] = Range
    else:
        emitter.line(
            f"return {(emitter.double(node) if node.type is Type.NUMBER else emitter.value(node)).source}"
        )
    return emitter.function("expression")
