"""The Python source of values: traits, constants, arithmetic, calls, CASE, and the two ends of scores."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple, cast

from segue.policies.language import tree
from segue.policies.language.patterns import LIBRARY
from segue.policies.language.tree import Expr
from segue.policies.language.types import Type


class Verdict(NamedTuple):
    """A condition as Python source: an expression for true and one for false."""

    true: str
    false: str

    @property
    def value(self) -> str:
        """The expression that gives True, False or None."""
        return f"True if {self.true} else False if {self.false} else None"


class Atom(NamedTuple):
    """A value as Python source: a name or a constant, cheap to repeat."""

    source: str
    nullable: bool


class Ends(NamedTuple):
    """A range as Python source: its two ends, neither ever None."""

    low: str
    high: str


Definitions = Mapping[str, Expr]
"""Derived traits: name to the tree that defines it."""


@dataclass
class ValueEmitter:
    """Writes the statements of one function; `Emitter` completes it with conditions.

    Values are read from the mapping `v`, the time from `now`.
    """

    definitions: Definitions = field(default_factory=dict)
    absent: Mapping[str, Any] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)
    constants: dict[str, Any] = field(default_factory=lambda: dict(LIBRARY))
    indent: str = ""
    """What stands before every statement from here on."""
    _named: dict[Any, Any] = field(default_factory=dict)
    _read: dict[str, None] = field(default_factory=dict)
    _count: int = 0

    def function(self, name: str = "f") -> Callable[..., Any]:
        """Compile the statements written so far into `name(v, now)`.

        A trait that the mapping lacks counts as NULL: the function is then run once more on a
        copy that names every trait.
        """
        head = f"def {name}(v, now):\n try:\n  "
        tail = f"\n except KeyError:\n  return {name}({{**_blank, **v}}, now)\n"
        source = head + "\n  ".join(self.lines) + tail
        scope = {**self.constants, "_blank": self._read}
        exec(compile(source, f"<segue {name}>", "exec"), scope)  # noqa: S102 - source comes from a checked tree
        return cast("Callable[..., Any]", scope[name])

    def line(self, text: str) -> None:
        """Append one statement."""
        self.lines.append(self.indent + text)

    @contextmanager
    def inside(self, head: str) -> Iterator[None]:
        """Write what follows under a statement such as `if ...:`; what it reads is not known afterwards."""
        self.line(head)
        indent, named = self.indent, dict(self._named)
        self.indent += " "
        yield
        self.indent, self._named = indent, named

    def condition(self, node: Expr) -> Verdict:
        """Write what a condition needs and return it as source."""
        raise NotImplementedError

    # Values

    def value(self, node: Expr) -> Atom:
        """Write what a value needs and return it as a name or a constant."""
        writer = _VALUES.get(type(node))
        if writer is not None:
            return writer(self, node)
        return self._store(self.condition(node).value)

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
        self._read[node.name] = None
        return atom

    def _now(self, node: tree.Now) -> Atom:
        known = self._named.get(("now", node.offset))
        if known is None:
            known = self._store(
                f"now + {self._constant(node.offset)}" if node.offset else "now", nullable=False
            )
            self._named["now", node.offset] = known
        return cast("Atom", known)

    def double(self, node: Expr) -> Atom:
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
        left, right = self.double(node.left), self.double(node.right)
        known = all_known(left, right).removesuffix(" and ")
        if node.op == "/":
            known = f"{known} and {right.source}" if known else right.source
        source = f"{left.source} {node.op} {right.source}"
        return self._store(f"({source}) if {known} else None" if known else source, nullable=bool(known))

    def _negate(self, node: tree.Negate) -> Atom:
        operand = self.double(node.operand)
        return self._where_known(operand, f"-{operand.source}")

    def _call(self, node: tree.Call) -> Atom:
        if node.name == "ABS":
            operand = self.double(node.args[0])
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
        atom = self.double(node)
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


def all_known(*atoms: Atom) -> str:
    """Return the check that every atom is known, ready to stand before what needs it."""
    return "".join(
        f"{name} is not None and " for name in dict.fromkeys(a.source for a in atoms if a.nullable)
    )


def _is_negative(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value < 0


_VALUES: dict[type, Callable[[ValueEmitter, Any], Atom]] = {
    tree.Literal: ValueEmitter._literal_value,
    tree.Trait: ValueEmitter._trait_value,
    tree.Now: ValueEmitter._now,
    tree.Arithmetic: ValueEmitter._arithmetic,
    tree.Negate: ValueEmitter._negate,
    tree.Call: ValueEmitter._call,
    tree.Case: ValueEmitter._case,
}
