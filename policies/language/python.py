"""From the checked tree to Python source: the emitter behind every predicate and label.

A condition becomes two boolean expressions, one that holds when it is true and one that holds when
it is false; where neither holds it is unknown. So AND, OR and NOT cost what Python's own do, and
nothing is allocated. A value becomes a local variable, computed by a statement before it is used:
every operation of the language is total, so computing one that is not needed does no harm.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, cast

from segue.policies.language import tree
from segue.policies.language.patterns import LIBRARY, matcher
from segue.policies.language.tree import Expr
from segue.policies.language.types import Range, Type


class Verdict(NamedTuple):
    """A condition as Python source: an expression for true and one for false."""

    true: str
    false: str


class Atom(NamedTuple):
    """A value as Python source: a name or a constant, cheap to repeat."""

    source: str
    nullable: bool


class Ends(NamedTuple):
    """A range as Python source: its two ends, neither ever None."""

    low: str
    high: str


_ALWAYS, _NEVER = Verdict("True", "False"), Verdict("False", "True")
_UNKNOWN = Verdict("False", "False")
_FLIPPED = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "=": "!=", "<>": "=="}
_PYTHON = {"=": "==", "<>": "!="}
_SHORT = 90
"""A condition whose source is longer is computed once into a variable when it is used as a trait."""

Definitions = Mapping[str, Expr]
"""Derived traits: name to the tree that defines it."""


@dataclass
class Emitter:
    """Writes the statements of one function. Values are read from the mapping `v`, the time from `now`."""

    definitions: Definitions = field(default_factory=dict)
    absent: Mapping[str, Any] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)
    constants: dict[str, Any] = field(default_factory=lambda: dict(LIBRARY))
    _named: dict[Any, Any] = field(default_factory=dict)
    _count: int = 0

    def function(self, name: str = "f") -> Callable[..., Any]:
        """Compile the statements written so far into `name(v, now)`.

        A trait that the mapping lacks counts as NULL: the function is then run once more on a
        copy that names every trait.
        """
        reads = [key[1] for key in self._named if key[0] == "trait"]
        head = f"def {name}(v, now):\n try:\n  "
        tail = f"\n except KeyError:\n  return {name}({{**_blank, **v}}, now)\n"
        source = head + "\n  ".join(self.lines) + tail
        scope = {**self.constants, "_blank": dict.fromkeys(reads)}
        exec(compile(source, f"<segue {name}>", "exec"), scope)  # noqa: S102 - source comes from a checked tree
        return cast("Callable[..., Any]", scope[name])

    def line(self, text: str) -> None:
        """Append one statement."""
        self.lines.append(text)

    # Conditions

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
                known = self._as_boolean(
                    self._store(f"True if {known.true} else False if {known.false} else None")
                )
            self._named["verdict", node.name] = known
        return cast("Verdict", known)

    def _compare(self, node: tree.Compare) -> Verdict:
        if Type.RANGE in (node.left.type, node.right.type):
            return self._compare_ranges(node.op, node.left, node.right)
        left, right = self.value(node.left), self.value(node.right)
        op = _PYTHON.get(node.op, node.op)
        known = _known(left, right)
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
        return Ends(atom.source, atom.source), _known(atom)

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
            f"({_known(end)}{x} {op} {end.source})" for end, op in ((low_end, "<"), (high_end, ">"))
        )
        return Verdict(
            f"({_known(operand, low_end, high_end)}{low_end.source} <= {x} <= {high_end.source})",
            f"({_known(operand)}({outside}))",
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
        outside = "False" if None in values else f"({_known(operand)}{operand.source} not in {among})"
        return Verdict(f"({operand.source} in {among})", outside)

    def _like(self, node: tree.Like) -> Verdict:
        operand = self.value(node.operand)
        source = operand.source
        if node.ignore_case:
            source = self._where_known(operand, f"_lower({source})").source
        test = matcher(node.pattern, node.ignore_case, source, self._constant)
        return Verdict(f"({_known(operand)}{test})", f"({_known(operand)}not {test})")

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
        known = _known(operand)
        return Verdict(f"({known}{item} in {operand.source})", f"({known}{item} not in {operand.source})")

    # Values

    def value(self, node: Expr) -> Atom:
        """Write what a value needs and return it as a name or a constant."""
        writer = _VALUES.get(type(node))
        if writer is not None:
            return writer(self, node)
        verdict = self.condition(node)
        return self._store(f"True if {verdict.true} else False if {verdict.false} else None")

    def _store(self, source: str, nullable: bool = True) -> Atom:
        self._count += 1
        name = f"t{self._count}"
        self.line(f"{name} = {source}")
        return Atom(name, nullable)

    def _where_known(self, operand: Atom, source: str) -> Atom:
        """Store what is computed from one operand: None where that is."""
        known = f" if {operand.source} is not None else None" if operand.nullable else ""
        return self._store(f"{source}{known}", operand.nullable)

    def _constant(self, value: Any) -> str:
        name = f"k{len(self.constants)}"
        self.constants[name] = value
        return name

    def _literal_value(self, node: tree.Literal) -> Atom:
        if node.type is Type.TIMESTAMP:
            return Atom(self._constant(node.value), False)
        return Atom(
            repr(node.value) if not _is_negative(node.value) else f"({node.value!r})", node.value is None
        )

    def _trait_value(self, node: tree.Trait) -> Atom:
        known = self._named.get(("trait", node.name))
        if known is not None:
            return cast("Atom", known)
        definition = self.definitions.get(node.name)
        if definition is not None:
            atom = self.value(definition)
            self._named["derived", node.name] = atom
            return atom
        atom = self._store(f"v[{node.name!r}]")
        if node.name in self.absent:
            self.line(f"if {atom.source} is None: {atom.source} = {self._constant(self.absent[node.name])}")
            atom = Atom(atom.source, False)
        self._named["trait", node.name] = atom
        return atom

    def _now(self, node: tree.Now) -> Atom:
        known = self._named.get(("now", node.offset))
        if known is None:
            known = self._store(
                f"now + {self._constant(node.offset)}" if node.offset else "now", nullable=False
            )
            self._named["now", node.offset] = known
        return cast("Atom", known)

    def _double(self, node: Expr) -> Atom:
        """Return a numeric operand as a float."""
        if isinstance(node, tree.Literal) and isinstance(node.value, int | float):
            return Atom(f"({float(node.value)!r})", False)
        atom = self.value(node)
        if self._is_float(node):
            return atom
        known = f" if {atom.source} is not None else None" if atom.nullable else ""
        return self._store(f"float({atom.source}){known}", atom.nullable)

    def _is_float(self, node: Expr) -> bool:
        """Return True when the value is a float already: a COALESCE of both kinds may be an integer."""
        while isinstance(node, tree.Trait) and node.name in self.definitions:
            node = self.definitions[node.name]
        if isinstance(node, tree.Call) and node.name == "ABS":
            return True
        return node.type is Type.NUMBER and isinstance(node, tree.Trait | tree.Arithmetic | tree.Negate)

    def _arithmetic(self, node: tree.Arithmetic) -> Atom:
        left, right = self._double(node.left), self._double(node.right)
        known = _known(left, right).removesuffix(" and ")
        if node.op == "/":
            known = f"{known} and {right.source}" if known else right.source
        source = f"{left.source} {node.op} {right.source}"
        return self._store(f"({source}) if {known} else None" if known else source, nullable=bool(known))

    def _negate(self, node: tree.Negate) -> Atom:
        operand = self._double(node.operand)
        return self._where_known(operand, f"-{operand.source}")

    def _call(self, node: tree.Call) -> Atom:
        if node.name == "ABS":
            operand = self._double(node.args[0])
            return self._where_known(operand, f"abs({operand.source})")
        args = [self.value(arg) for arg in node.args]
        first = args[0].source
        if node.name == "NULLIF":
            return self._store(f"None if {first} == {args[1].source} else {first}")
        if node.name in ("LOWER", "UPPER"):
            return self._where_known(args[0], f"_{node.name.lower()}({first})")
        source = "None"
        for atom in reversed(args):
            source = (
                f"{atom.source} if {atom.source} is not None else {source}" if atom.nullable else atom.source
            )
        return self._store(source, nullable=all(atom.nullable for atom in args))

    def _case(self, node: tree.Case) -> Atom:
        parts = []
        for condition, value in node.branches:
            verdict = self.condition(condition)
            parts.append(f"{self.value(value).source} if {verdict.true} else ")
        default = self.value(node.default).source
        return self._store("".join(parts) + default)

    # Ranges

    def ends(self, node: Expr) -> Ends:
        """Write what a range needs and return its two ends."""
        if isinstance(node, tree.Trait):
            return self._trait_ends(node)
        if isinstance(node, tree.Scorecard):
            return self._scorecard(node)
        if isinstance(node, tree.Negate):
            inner = self.ends(node.operand)
            return Ends(self._store(f"-{inner.high}").source, self._store(f"-{inner.low}").source)
        node = cast("tree.Arithmetic", node)
        left, right = self._double_ends(node.left), self._double_ends(node.right)
        other = right if node.op == "+" else Ends(right.high, right.low)
        return Ends(
            self._store(f"{left.low} {node.op} {other.low}").source,
            self._store(f"{left.high} {node.op} {other.high}").source,
        )

    def _double_ends(self, node: Expr) -> Ends:
        """Return the ends of a summand; one that is unknown may be anything."""
        if node.type is Type.RANGE:
            return self.ends(node)
        atom = self._double(node)
        if not atom.nullable:
            return Ends(atom.source, atom.source)
        return Ends(
            self._store(f"{atom.source} if {atom.source} is not None else _minus_infinity").source,
            self._store(f"{atom.source} if {atom.source} is not None else _infinity").source,
        )

    def _trait_ends(self, node: tree.Trait) -> Ends:
        known = self._named.get(("ends", node.name))
        if known is None:
            definition = self.definitions.get(node.name)
            if definition is not None:
                known = self.ends(definition)
            else:
                raw = self._trait_value(node).source
                self.line(f"if {raw} is None: {raw} = _anything")
                known = Ends(self._store(f"{raw}[0]").source, self._store(f"{raw}[1]").source)
            self._named["ends", node.name] = known
        return cast("Ends", known)

    def _scorecard(self, node: tree.Scorecard) -> Ends:
        scale = 1 if any(points % 1_000_000 for _, points in node.items) else 1_000_000
        self._count += 1
        low, high = f"low{self._count}", f"high{self._count}"
        conditions = [(self.condition(condition), points // scale) for condition, points in node.items]
        self.line(f"{low} = {high} = 0")
        for verdict, points in conditions:
            self.line(f"if {verdict.true}: {low} += {points}; {high} += {points}")
            side = high if points > 0 else low
            self.line(f"elif not {_enclosed(verdict.false)}: {side} += {points}")
        if scale == 1:
            self.line(f"{low} /= 1000000; {high} /= 1000000")
        return Ends(low, high)


def _enclosed(source: str) -> str:
    return (
        source if source.startswith("(") and source.endswith(")") and " or " not in source else f"({source})"
    )


def _join(word: str, parts: list[str]) -> str:
    return f"({word.join(parts)})"


def _known(*atoms: Atom) -> str:
    """Return the check that every atom is known, ready to stand before what needs it."""
    return "".join(
        f"{name} is not None and " for name in dict.fromkeys(a.source for a in atoms if a.nullable)
    )


def _is_negative(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value < 0


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
_VALUES: dict[type, Callable[[Emitter, Any], Atom]] = {
    tree.Literal: Emitter._literal_value,
    tree.Trait: Emitter._trait_value,
    tree.Now: Emitter._now,
    tree.Arithmetic: Emitter._arithmetic,
    tree.Negate: Emitter._negate,
    tree.Call: Emitter._call,
    tree.Case: Emitter._case,
}


def predicate_function(
    node: Expr, definitions: Definitions, absent: Mapping[str, Any]
) -> Callable[..., bool | None]:
    """Compile a condition into `f(v, now)` that gives True, False or None."""
    emitter = Emitter(definitions, absent)
    verdict = emitter.condition(node)
    emitter.line(f"return True if {verdict.true} else False if {verdict.false} else None")
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
            f"return {(emitter._double(node) if node.type is Type.NUMBER else emitter.value(node)).source}"
        )
    return emitter.function("expression")
