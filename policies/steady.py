"""Whether a label is sure to stay while facts move within known bounds: interval arithmetic over conditions.

Pure. What is found steady is; what may not be steady need not change.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from segue.policies.classifier import doubted_traits, seen_by
from segue.policies.facts import Facts
from segue.policies.language import tree
from segue.policies.language.evaluate import Evaluator
from segue.policies.language.tree import Expr
from segue.policies.language.types import Type
from segue.policies.pack import Pack, SegmentPolicy

_NOW = "now()"
_TRUE, _FALSE, _UNKNOWN = 1, 2, 4
_ANY = _TRUE | _FALSE | _UNKNOWN
_BITS = {True: _TRUE, False: _FALSE, None: _UNKNOWN}
_OUTCOMES = (_TRUE, _FALSE, _UNKNOWN)
_FLIPPED: Mapping[str, tree.CompareOp] = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "=", "<>": "<>"}


class Span(NamedTuple):
    """A number that is known to stay between two ends, both included."""

    lo: float
    hi: float
    nullable: bool = False


EVERYTHING = Span(-math.inf, math.inf, True)


class _Ends(NamedTuple):
    """A score, or a number both of whose ends are one: each end moves within a span."""

    lo: Span
    hi: Span
    one: bool


def label_is_steady(
    pack: Pack,
    facts: Facts,
    until: datetime,
    moving: Mapping[str, Span | None],
    seen: dict[int, int] | None = None,
) -> bool:
    """Return True when the segment, status and missing facts are the same at every instant in [now, until].

    `moving` are the traits whose value may be another at some such instant, with the bounds of a number;
    None may become anything. Every other fact stays. `seen` is empty at first and passed on by a caller that
    asks several times of the same facts: what does not move is then worked out once.
    """
    names = frozenset((*moving, _NOW)) if until > facts.now else frozenset(moving)
    if names.isdisjoint(label_reads(pack)):
        return True
    for segment in pack.segments:
        if segment.when is None:
            return True
        outlook = _Outlook.of(pack, segment, facts, until, moving, names)
        if seen is not None and outlook.values is facts.account:
            outlook.seen = seen
        found = outlook.verdict(segment.when.node)
        if found == _TRUE:
            return True
        if found not in _OUTCOMES or (found == _UNKNOWN and outlook.wavered):
            return False
    return True


def reads_of(pack: Pack, node: Expr) -> frozenset[str]:
    """Return the stated traits that a node reads, directly or by definitions; `now()` for the instant."""
    kept: dict[int, tuple[Expr, frozenset[str]]] | None = pack.kept.get("reads")
    if kept is None:
        kept = pack.kept["reads"] = {}
    known = kept.get(id(node))
    if known is None:
        found: set[str] = set()
        for each in tree.walk(node):
            if isinstance(each, tree.Now):
                found.add(_NOW)
            elif isinstance(each, tree.Trait):
                definition = pack.definitions.get(each.name)
                found |= {each.name} if definition is None else reads_of(pack, definition)
        known = kept[id(node)] = node, frozenset(found)
    return known[1]


def label_reads(pack: Pack) -> frozenset[str]:
    """Return the stated traits that a pack's label depends on, and `now()`."""
    found: frozenset[str] | None = pack.kept.get("label_reads")
    if found is None:
        nodes = [each.when.node for each in pack.segments if each.when is not None]
        found = pack.kept["label_reads"] = frozenset().union(*(reads_of(pack, node) for node in nodes))
    return found


@dataclass(slots=True)
class _Outlook:
    """What a segment may see between two instants."""

    pack: Pack
    evaluator: Evaluator
    values: Mapping[str, Any]
    now: datetime
    until: datetime
    moving: Mapping[str, Span | None]
    names: frozenset[str]
    """What moves: the traits, and now() where time passes."""
    seen: dict[int, int] = field(default_factory=dict)
    """The outcomes of conditions that do not move."""
    wavered: bool = False
    """Set once a condition may come out in more than one way."""

    @classmethod
    def of(
        cls, pack: Pack, segment: SegmentPolicy, facts: Facts, until: datetime,
        moving: Mapping[str, Span | None], names: frozenset[str],
    ) -> _Outlook:  # fmt: skip
        """Return what one segment sees, which takes what is believed too little as unknown."""
        doubted = doubted_traits(segment, facts.believed) if facts.believed else frozenset()
        evaluator, values = seen_by(pack, doubted, facts)
        return cls(pack, evaluator, values, facts.now, until, moving, names)

    def moves(self, node: Expr) -> bool:
        """Return True when a node reads what moves."""
        return not self.names.isdisjoint(reads_of(self.pack, node))

    def verdict(self, node: Expr) -> int:
        """Return the outcomes that a condition may have, as bits."""
        if not self.moves(node):
            found = self.seen.get(id(node))
            if found is None:
                found = self.seen[id(node)] = _BITS[self.evaluator.verdict(node, self.values, self.now)]
            return found
        if isinstance(node, tree.And | tree.Or):
            return self._joined(node.items, _FALSE if isinstance(node, tree.And) else _TRUE)
        if isinstance(node, tree.Not):
            return _negated(self.verdict(node.operand))
        if isinstance(node, tree.IsBool):
            inner, wanted = self.verdict(node.operand), _TRUE if node.value else _FALSE
            return (_TRUE if inner & wanted else 0) | (_FALSE if inner & ~wanted else 0)
        if isinstance(node, tree.Trait) and node.name in self.pack.definitions:
            return self.verdict(self.pack.definitions[node.name])
        if isinstance(node, tree.Case):
            found = 0
            for value in self._branches(node):
                found |= self.verdict(value)
            return found
        found = self._atom(node)
        self.wavered = self.wavered or found not in _OUTCOMES
        return found

    def _joined(self, items: Iterable[Expr], ruling: int) -> int:
        """AND is ruled by false, OR by true: any such item decides."""
        found, other, may_rule, unknown = 0, _TRUE if ruling == _FALSE else _FALSE, False, 0
        all_other = True
        for item in items:
            bits = self.verdict(item)
            if bits == ruling:
                return ruling
            may_rule = may_rule or bool(bits & ruling)
            unknown |= bits & _UNKNOWN
            all_other = all_other and bool(bits & other)
        found = (ruling if may_rule else 0) | unknown
        return found | (other if all_other else 0)

    def _atom(self, node: Expr) -> int:
        if isinstance(node, tree.Compare):
            return self._compare(node)
        if isinstance(node, tree.Between):
            return self._joined(_parts(self.pack, node), _FALSE)
        if isinstance(node, tree.In):
            return self._joined(_parts(self.pack, node), _TRUE)
        if isinstance(node, tree.IsNull | tree.Distinct):
            if isinstance(node, tree.IsNull) and node.operand.type in (Type.INTEGER, Type.NUMBER):
                return _FALSE if not self.ends(node.operand).lo.nullable else _TRUE | _FALSE
            return _TRUE | _FALSE
        return _ANY

    def _compare(self, node: tree.Compare) -> int:
        left, right = node.left, node.right
        op: str = node.op
        if isinstance(left, tree.Now):
            left, right, op = right, left, _FLIPPED[op]
        if isinstance(right, tree.Now):
            return _ANY if self.moves(left) else self._against_now(left, op, right)
        if not left.type.is_numeric or not right.type.is_numeric:
            pairs = [(a, b) for a in self._choices(left) for b in self._choices(right)]
            if any(_OPEN in pair for pair in pairs):
                return _ANY
            found = 0
            for a, b in pairs:
                found |= _UNKNOWN if a is None or b is None else _TRUE if _holds(op, a, b) else _FALSE
            return found
        return _compared(op, self.ends(left), self.ends(right))

    def _against_now(self, left: Expr, op: str, right: tree.Now) -> int:
        """A fixed instant against one that passes: the outcome turns at most where they meet."""
        value = self.evaluator.value(left, self.values, self.now)
        if not isinstance(value, datetime):
            return _UNKNOWN
        try:
            begin, end = self.now + right.offset, self.until + right.offset
        except OverflowError:
            return _ANY
        found = 0
        for instant in (begin, end):
            found |= _TRUE if _holds(op, value, instant) else _FALSE
        return found | (_TRUE | _FALSE if op in ("=", "<>") and begin <= value <= end else 0)

    def ends(self, node: Expr) -> _Ends:
        """Return the bounds of both ends of a number."""
        if not self.moves(node):
            return _fixed(self.evaluator.value(node, self.values, self.now))
        if isinstance(node, tree.Trait):
            definition = self.pack.definitions.get(node.name)
            return self.ends(definition) if definition is not None else _number(self.moving[node.name])
        if isinstance(node, tree.Scorecard):
            return self._scorecard(node)
        if isinstance(node, tree.Case):
            return self._case(node)
        if isinstance(node, tree.Negate):
            inner = self.ends(node.operand)
            return _Ends(_minus(inner.hi), _minus(inner.lo), inner.one)
        if isinstance(node, tree.Arithmetic) and node.type is not Type.RANGE:
            return _number(_arithmetic(node.op, self.ends(node.left).lo, self.ends(node.right).lo))
        return _Ends(EVERYTHING, EVERYTHING, node.type is not Type.RANGE)

    def _scorecard(self, node: tree.Scorecard) -> _Ends:
        """Points are added in millionths, as every engine adds them."""
        sums = [0, 0, 0, 0]
        for condition, points in node.items:
            bits = self.verdict(condition)
            for place, unknown in ((0, min(0, points)), (2, max(0, points))):
                each = {_TRUE: points, _FALSE: 0, _UNKNOWN: unknown}
                possible = [value for bit, value in each.items() if bits & bit]
                sums[place] += min(possible)
                sums[place + 1] += max(possible)
        low, most_low, least_high, high = (each / 1_000_000 for each in sums)
        return _Ends(Span(low, most_low), Span(least_high, high), False)

    def _branches(self, node: tree.Case) -> list[Expr]:
        """Return the values that a CASE may take."""
        found = []
        for condition, value in node.branches:
            bits = self.verdict(condition)
            if bits & _TRUE:
                found.append(value)
            if bits == _TRUE:
                return found
        return [*found, node.default]

    def _case(self, node: tree.Case) -> _Ends:
        found = [self.ends(value) for value in self._branches(node)]
        one = all(each.one for each in found)
        return _Ends(_union(each.lo for each in found), _union(each.hi for each in found), one)

    def _choices(self, node: Expr) -> list[Any]:
        """Return the values that an expression may have; _OPEN among them where they cannot be listed."""
        if not self.moves(node):
            return [self.evaluator.value(node, self.values, self.now)]
        if isinstance(node, tree.Trait) and node.name in self.pack.definitions:
            return self._choices(self.pack.definitions[node.name])
        if isinstance(node, tree.Case):
            return [each for value in self._branches(node) for each in self._choices(value)]
        return [_OPEN]


_OPEN = object()


def _parts(pack: Pack, node: tree.Between | tree.In) -> tuple[Expr, ...]:
    """Return the comparisons that a node stands for, written once for a pack: nodes are told apart by identity."""
    kept: dict[int, tuple[Expr, tuple[Expr, ...]]] = pack.kept.setdefault("comparisons", {})
    known = kept.get(id(node))
    if known is None:
        found: tuple[Expr, ...]
        if isinstance(node, tree.In):
            found = tuple(tree.Compare("=", node.operand, item) for item in node.items)
        else:
            low, high = (">=", node.low), ("<=", node.high)
            found = tuple(tree.Compare(op, node.operand, end) for op, end in (low, high))  # type: ignore[arg-type]
        known = kept[id(node)] = node, found
    return known[1]


def _negated(bits: int) -> int:
    return (bits & _UNKNOWN) | (_TRUE if bits & _FALSE else 0) | (_FALSE if bits & _TRUE else 0)


def _holds(op: str, left: Any, right: Any) -> bool:
    return bool(
        {"<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right,
         "=": left == right, "<>": left != right}[op]
    )  # fmt: skip


def _fixed(value: Any) -> _Ends:
    if value is None:
        empty = Span(math.inf, -math.inf, True)
        return _Ends(empty, empty, True)
    if isinstance(value, tuple):
        lo, hi = value
        return _Ends(Span(lo, lo), Span(hi, hi), False)
    return _number(Span(value, value))


def _number(span: Span | None) -> _Ends:
    found = EVERYTHING if span is None else span
    return _Ends(found, found, True)


def _minus(span: Span) -> Span:
    return Span(-span.hi, -span.lo, span.nullable)


def _union(spans: Iterable[Span]) -> Span:
    found = list(spans)
    lo, hi = min(each.lo for each in found), max(each.hi for each in found)
    return Span(lo, hi, any(each.nullable for each in found))


def _arithmetic(op: str, a: Span, b: Span) -> Span:
    nullable = a.nullable or b.nullable
    if not all(map(math.isfinite, (a.lo, a.hi, b.lo, b.hi))):
        return EVERYTHING
    if op == "+":
        return Span(a.lo + b.lo, a.hi + b.hi, nullable)
    if op == "-":
        return Span(a.lo - b.hi, a.hi - b.lo, nullable)
    if op == "/" and b.lo <= 0 <= b.hi:
        return EVERYTHING
    corners = [x * y if op == "*" else x / y for x in (a.lo, a.hi) for y in (b.lo, b.hi)]
    return Span(min(corners), max(corners), nullable)


def _compared(op: str, a: _Ends, b: _Ends) -> int:
    """Return the outcomes of a comparison. One that may be NULL, or lies between two ends, may be unknown."""
    if op in (">", ">="):
        return _compared(_FLIPPED[op], b, a)
    if op == "<>":
        return _negated(_compared("=", a, b))
    unknown = _UNKNOWN if any(each.nullable for each in (a.lo, a.hi, b.lo, b.hi)) else 0
    if a.lo.lo > a.lo.hi or b.lo.lo > b.lo.hi:  # always NULL
        return _UNKNOWN
    between = 0 if a.one and b.one else _UNKNOWN
    spans = (a.lo, a.hi, b.lo, b.hi)
    if op == "=":
        if a.hi.hi < b.lo.lo or b.hi.hi < a.lo.lo:
            return unknown | _FALSE
        if all(each.lo == each.hi == a.lo.lo for each in spans):
            return unknown | _TRUE
        may_hold = max(each.lo for each in spans) <= min(each.hi for each in spans)
        may_fail = a.hi.lo < b.lo.hi or b.hi.lo < a.lo.hi
    else:
        strict = op == "<"
        if a.hi.hi < b.lo.lo if strict else a.hi.hi <= b.lo.lo:
            return unknown | _TRUE
        if a.lo.lo >= b.hi.hi if strict else a.lo.lo > b.hi.hi:
            return unknown | _FALSE
        may_hold = a.hi.lo < b.lo.hi if strict else a.hi.lo <= b.lo.hi
        may_fail = a.lo.hi >= b.hi.lo if strict else a.lo.hi > b.hi.lo
    return unknown | between | (_TRUE if may_hold else 0) | (_FALSE if may_fail else 0)
