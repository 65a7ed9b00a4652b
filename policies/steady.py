"""Whether a label is sure to stay while facts move within known bounds: interval arithmetic over conditions.

Pure. What is found steady is; what may not be steady need not change.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from segue.policies.classifier import doubted_traits, seen_by
from segue.policies.facts import Facts
from segue.policies.language import tree
from segue.policies.language.evaluate import Evaluator
from segue.policies.language.tree import Expr
from segue.policies.language.types import Type
from segue.policies.pack import Pack, SegmentPolicy
from segue.policies.reads import NOW, label_reads, reads_of
from segue.policies.spans import (
    ANY,
    BITS,
    EVERYTHING,
    FALSE,
    FLIPPED,
    OUTCOMES,
    TRUE,
    UNKNOWN,
    Ends,
    Span,
    arithmetic,
    compared,
    fixed,
    holds,
    minus,
    negated,
    number_ends,
    union,
)


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
    names = frozenset((*moving, NOW)) if until > facts.now else frozenset(moving)
    if names.isdisjoint(label_reads(pack)):
        return True
    for segment in pack.segments:
        if segment.when is None:
            return True
        outlook = _Outlook.of(pack, segment, facts, until, moving, names)
        if seen is not None and outlook.values is facts.account:
            outlook.seen = seen
        found = outlook.verdict(segment.when.node)
        if found == TRUE:
            return True
        if found not in OUTCOMES or (found == UNKNOWN and outlook.wavered):
            return False
    return True


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
                found = self.seen[id(node)] = BITS[self.evaluator.verdict(node, self.values, self.now)]
            return found
        if isinstance(node, tree.And | tree.Or):
            return self._joined(node.items, FALSE if isinstance(node, tree.And) else TRUE)
        if isinstance(node, tree.Not):
            return negated(self.verdict(node.operand))
        if isinstance(node, tree.IsBool):
            inner, wanted = self.verdict(node.operand), TRUE if node.value else FALSE
            return (TRUE if inner & wanted else 0) | (FALSE if inner & ~wanted else 0)
        if isinstance(node, tree.Trait) and node.name in self.pack.definitions:
            return self.verdict(self.pack.definitions[node.name])
        if isinstance(node, tree.Case):
            found = 0
            for value in self._branches(node):
                found |= self.verdict(value)
            return found
        found = self._atom(node)
        self.wavered = self.wavered or found not in OUTCOMES
        return found

    def _joined(self, items: Iterable[Expr], ruling: int) -> int:
        """AND is ruled by false, OR by true: any such item decides."""
        found, other, may_rule, unknown = 0, TRUE if ruling == FALSE else FALSE, False, 0
        all_other = True
        for item in items:
            bits = self.verdict(item)
            if bits == ruling:
                return ruling
            may_rule = may_rule or bool(bits & ruling)
            unknown |= bits & UNKNOWN
            all_other = all_other and bool(bits & other)
        found = (ruling if may_rule else 0) | unknown
        return found | (other if all_other else 0)

    def _atom(self, node: Expr) -> int:
        if isinstance(node, tree.Compare):
            return self._compare(node)
        if isinstance(node, tree.Between):
            return self._joined(_parts(self.pack, node), FALSE)
        if isinstance(node, tree.In):
            return self._joined(_parts(self.pack, node), TRUE)
        if isinstance(node, tree.IsNull | tree.Distinct):
            if isinstance(node, tree.IsNull) and node.operand.type in (Type.INTEGER, Type.NUMBER):
                return FALSE if not self.ends(node.operand).lo.nullable else TRUE | FALSE
            return TRUE | FALSE
        return ANY

    def _compare(self, node: tree.Compare) -> int:
        left, right = node.left, node.right
        op: str = node.op
        if isinstance(left, tree.Now):
            left, right, op = right, left, FLIPPED[op]
        if isinstance(right, tree.Now):
            return ANY if self.moves(left) else self._against_now(left, op, right)
        if not left.type.is_numeric or not right.type.is_numeric:
            pairs = [(a, b) for a in self._choices(left) for b in self._choices(right)]
            if any(_OPEN in pair for pair in pairs):
                return ANY
            found = 0
            for a, b in pairs:
                found |= UNKNOWN if a is None or b is None else TRUE if holds(op, a, b) else FALSE
            return found
        return compared(op, self.ends(left), self.ends(right))

    def _against_now(self, left: Expr, op: str, right: tree.Now) -> int:
        """A fixed instant against one that passes: the outcome turns at most where they meet."""
        value = self.evaluator.value(left, self.values, self.now)
        if not isinstance(value, datetime):
            return UNKNOWN
        try:
            begin, end = self.now + right.offset, self.until + right.offset
        except OverflowError:
            return ANY
        found = 0
        for instant in (begin, end):
            found |= TRUE if holds(op, value, instant) else FALSE
        return found | (TRUE | FALSE if op in ("=", "<>") and begin <= value <= end else 0)

    def ends(self, node: Expr) -> Ends:
        """Return the bounds of both ends of a number."""
        if not self.moves(node):
            return fixed(self.evaluator.value(node, self.values, self.now))
        if isinstance(node, tree.Trait):
            definition = self.pack.definitions.get(node.name)
            return self.ends(definition) if definition is not None else number_ends(self.moving[node.name])
        if isinstance(node, tree.Scorecard):
            return self._scorecard(node)
        if isinstance(node, tree.Case):
            return self._case(node)
        if isinstance(node, tree.Negate):
            inner = self.ends(node.operand)
            return Ends(minus(inner.hi), minus(inner.lo), inner.one)
        if isinstance(node, tree.Arithmetic) and node.type is not Type.RANGE:
            return number_ends(arithmetic(node.op, self.ends(node.left).lo, self.ends(node.right).lo))
        return Ends(EVERYTHING, EVERYTHING, node.type is not Type.RANGE)

    def _scorecard(self, node: tree.Scorecard) -> Ends:
        """Points are added in millionths, as every engine adds them."""
        sums = [0, 0, 0, 0]
        for condition, points in node.items:
            bits = self.verdict(condition)
            for place, unknown in ((0, min(0, points)), (2, max(0, points))):
                each = {TRUE: points, FALSE: 0, UNKNOWN: unknown}
                possible = [value for bit, value in each.items() if bits & bit]
                sums[place] += min(possible)
                sums[place + 1] += max(possible)
        low, most_low, least_high, high = (each / 1_000_000 for each in sums)
        return Ends(Span(low, most_low), Span(least_high, high), False)

    def _branches(self, node: tree.Case) -> list[Expr]:
        """Return the values that a CASE may take."""
        found = []
        for condition, value in node.branches:
            bits = self.verdict(condition)
            if bits & TRUE:
                found.append(value)
            if bits == TRUE:
                return found
        return [*found, node.default]

    def _case(self, node: tree.Case) -> Ends:
        found = [self.ends(value) for value in self._branches(node)]
        one = all(each.one for each in found)
        return Ends(union(each.lo for each in found), union(each.hi for each in found), one)

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
