"""The verdicts that a graph can give while its traits lie in given regions.

What is found may hold verdicts that cannot be, never lack one that can: items are judged each for
itself, as if they had nothing to do with each other, until the regions decide them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from segue.policies.language.atoms import (
    ANY,
    FALSE,
    TRUE,
    UNKNOWN,
    All,
    Anything,
    Atom,
    Card,
    Choice,
    Either,
    Fixed,
    Graph,
    Is,
    Number,
    Opposite,
    Score,
    ScoreTest,
    Subject,
    Sum,
    Verdicts,
)
from segue.policies.language.domains import Domain

Regions = Mapping[Subject, int]
"""For each subject the regions it may lie in, a bit for each."""

_SETTLED = frozenset({TRUE, FALSE, UNKNOWN})


class Ends(NamedTuple):
    """Between what a score's low end and its high end lie. `wide`: the two may differ."""

    low: tuple[float, float]
    high: tuple[float, float]
    wide: bool


class Sweep:
    """Judges graphs over one set of regions, each part once."""

    def __init__(self, domains: Mapping[Subject, Domain], regions: Regions) -> None:
        self._domains = domains
        self._regions = regions
        self._known: dict[int, Verdicts] = {}

    def verdicts(self, graph: Graph) -> Verdicts:
        """Return every verdict that the graph can give, and perhaps some that it cannot."""
        known = self._known.get(id(graph))
        if known is None:
            known = self._known[id(graph)] = self._judge(graph)
        return known

    def open_atom(self, graph: Graph) -> Atom | None:
        """Return an atom on which the graph's verdict hangs and that the regions can still be split by."""
        if isinstance(graph, Atom):
            domain, regions = self._domains[graph.subject], self._regions[graph.subject]
            return graph if len(domain.parts(graph, regions)) > 1 else None
        if self.verdicts(graph) in _SETTLED:
            return None
        for part in self._parts(graph):
            found = self.open_atom(part)
            if found is not None:
                return found
        return None

    def _parts(self, graph: Graph) -> Iterator[Graph]:
        """Yield the parts that may decide, those that weigh most first."""
        if isinstance(graph, ScoreTest):
            for _, condition in sorted(_weighed(graph), key=lambda each: -each[0]):
                yield condition
        elif isinstance(graph, Choice):
            for condition, outcome in graph.branches:
                found = self.verdicts(condition)
                yield condition
                if found & TRUE:
                    yield outcome
                if not found & ~TRUE:
                    return
            yield graph.default
        else:
            yield from _below(graph)

    def _judge(self, graph: Graph) -> Verdicts:
        if isinstance(graph, Atom):
            return self._domains[graph.subject].verdicts(graph, self._regions[graph.subject])
        if isinstance(graph, All | Either):
            return self._several(graph)
        if isinstance(graph, Opposite):
            found = self.verdicts(graph.operand)
            return _swapped(found)
        if isinstance(graph, Is):
            found = self.verdicts(graph.operand)
            return (TRUE if found & graph.verdicts else 0) | (FALSE if found & ~graph.verdicts else 0)
        if isinstance(graph, Choice):
            return self._chosen(graph)
        return graph.verdicts if isinstance(graph, Fixed) else self._score_test(graph)

    def _several(self, graph: All | Either) -> Verdicts:
        """Judge AND; OR is AND with true and false changed about."""
        decisive, neutral = (FALSE, TRUE) if isinstance(graph, All) else (TRUE, FALSE)
        some, every_neutral, some_unknown, none_decided = 0, True, False, True
        for item in graph.items:
            found = self.verdicts(item)
            if found == decisive:
                return decisive
            some |= found & decisive
            every_neutral = every_neutral and bool(found & neutral)
            some_unknown = some_unknown or bool(found & UNKNOWN)
            none_decided = none_decided and bool(found & (neutral | UNKNOWN))
        unknown = UNKNOWN if some_unknown and none_decided else 0
        return some | (neutral if every_neutral else 0) | unknown

    def _chosen(self, graph: Choice) -> Verdicts:
        found = 0
        for condition, outcome in graph.branches:
            verdicts = self.verdicts(condition)
            if verdicts & TRUE:
                found |= self.verdicts(outcome)
            if not verdicts & ~TRUE:
                return found
        return found | self.verdicts(graph.default)

    # Scores

    def _score_test(self, graph: ScoreTest) -> Verdicts:
        left, right, op = self._ends(graph.left), self._ends(graph.right), graph.op
        if op in (">", ">="):
            left, right, op = right, left, "<" if op == ">" else "<="
        if op in ("=", "<>"):
            found = _equal(left, right)
            return _swapped(found) if op == "<>" else found
        true = left.high[0] < right.low[1] or (op == "<=" and left.high[0] == right.low[1])
        false = left.low[1] > right.high[0] or (op == "<" and left.low[1] == right.high[0])
        unknown = (left.wide or right.wide) and left.high[1] >= right.low[0] and left.low[0] <= right.high[1]
        return (TRUE if true else 0) | (FALSE if false else 0) | (UNKNOWN if unknown else 0)

    def _ends(self, score: Score) -> Ends:
        if isinstance(score, Number):
            return Ends((score.value, score.value), (score.value, score.value), False)
        if isinstance(score, Anything):
            return Ends((-math.inf, math.inf), (-math.inf, math.inf), True)
        if isinstance(score, Card):
            return self._card(score)
        left, right = self._ends(score.left), self._ends(score.right)
        low, high = (right.high, right.low) if score.minus else (right.low, right.high)
        sign = -1 if score.minus else 1
        return Ends(_added(left.low, low, sign), _added(left.high, high, sign), left.wide or right.wide)

    def _card(self, card: Card) -> Ends:
        low, high, wide = [0, 0], [0, 0], False
        for condition, points in card.items:
            found = self.verdicts(condition)
            unknown = bool(found & UNKNOWN)
            wide = wide or unknown
            sure = [value for bit, value in ((TRUE, points), (FALSE, 0)) if found & bit]
            lows = [*sure, *([min(points, 0)] if unknown else [])]
            highs = [*sure, *([max(points, 0)] if unknown else [])]
            low = [low[0] + min(lows), low[1] + max(lows)]
            high = [high[0] + min(highs), high[1] + max(highs)]
        return Ends(
            (low[0] / 1_000_000, low[1] / 1_000_000), (high[0] / 1_000_000, high[1] / 1_000_000), wide
        )


def atoms_below(graphs: Iterable[Graph]) -> list[Atom]:
    """Return the atoms of some graphs, each once."""
    stack, seen, found = list(graphs), set[int](), []
    while stack:
        graph = stack.pop()
        if id(graph) in seen:
            continue
        seen.add(id(graph))
        if isinstance(graph, Atom):
            found.append(graph)
        stack.extend(_below(graph))
    return found


def _below(graph: Graph) -> Iterator[Graph]:
    if isinstance(graph, All | Either):
        yield from graph.items
    elif isinstance(graph, Opposite | Is):
        yield graph.operand
    elif isinstance(graph, Choice):
        for condition, outcome in graph.branches:
            yield condition
            yield outcome
        yield graph.default
    elif isinstance(graph, ScoreTest):
        yield from (condition for _, condition in _weighed(graph))


def _weighed(graph: ScoreTest) -> Iterator[tuple[int, Graph]]:
    """Yield the conditions below a score test with the points that hang on each."""
    stack: list[Score] = [graph.left, graph.right]
    while stack:
        score = stack.pop()
        if isinstance(score, Sum):
            stack += [score.left, score.right]
        elif isinstance(score, Card):
            yield from ((abs(points), condition) for condition, points in score.items)


def _swapped(found: Verdicts) -> Verdicts:
    return (found & UNKNOWN) | (TRUE if found & FALSE else 0) | (FALSE if found & TRUE else 0)


def _added(one: tuple[float, float], other: tuple[float, float], sign: int) -> tuple[float, float]:
    if sign > 0:
        return one[0] + other[0], one[1] + other[1]
    return one[0] - other[1], one[1] - other[0]


def _equal(left: Ends, right: Ends) -> Verdicts:
    """Judge `left = right`: true when all four ends are one number, false when the two lie apart."""
    if math.inf in (left.low[1], right.low[1]):
        return ANY
    ends = (left.low, left.high, right.low, right.high)
    true = max(least for least, _ in ends) <= min(most for _, most in ends)
    false = left.high[0] < right.low[1] or right.high[0] < left.low[1]
    unknown = (left.wide or right.wide) and left.high[1] >= right.low[0] and right.high[1] >= left.low[0]
    return (TRUE if true else 0) | (FALSE if false else 0) | (UNKNOWN if unknown else 0)
