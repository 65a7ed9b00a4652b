"""The verdicts that a graph can give while its traits lie in given regions.

What is found may hold verdicts that cannot be, never lack one that can: items are judged each for
itself, as if they had nothing to do with each other, until the regions decide them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping

from segue.policies.language.atoms import (
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
    Verdicts,
)
from segue.policies.language.domains import Domain
from segue.policies.language.scores import Ends, ScoreDomain

Regions = Mapping[Subject | Score, int]
"""For each subject, and each score that is compared, the regions it may lie in, a bit for each."""

_SETTLED = frozenset({TRUE, FALSE, UNKNOWN})
_MILLION = 1_000_000


class Sweep:
    """Judges graphs over one set of regions, each part once."""

    def __init__(
        self, domains: Mapping[Subject, Domain], scores: Mapping[Score, ScoreDomain], regions: Regions
    ) -> None:
        self._domains = domains
        self._scores = scores
        self._regions = regions
        self._known: dict[int, Verdicts] = {}
        self._reached: dict[Score, int] = {}

    def verdicts(self, graph: Graph) -> Verdicts:
        """Return every verdict that the graph can give, and perhaps some that it cannot."""
        known = self._known.get(id(graph))
        if known is None:
            known = self._known[id(graph)] = self._judge(graph)
        return known

    def reached(self, score: Score) -> int:
        """Return the regions that a score can come to lie in, as its items stand."""
        known = self._reached.get(score)
        if known is None:
            known = self._reached[score] = self._scores[score].reached(self._ends(score))
        return known

    def parts(self, test: Atom | ScoreTest) -> list[int]:
        """Split the regions that a test reads by what it gives there."""
        if isinstance(test, Atom):
            return self._domains[test.subject].parts(test, self._regions[test.subject])
        regions = self._regions[test.score] & self.reached(test.score)
        return self._scores[test.score].parts(test, regions)

    def open_test(self, graph: Graph) -> Atom | ScoreTest | None:
        """Return a test on which the graph's verdict hangs and that the regions can still be split by."""
        if isinstance(graph, Atom | ScoreTest):
            return graph if len(self.parts(graph)) > 1 else None
        if self.verdicts(graph) in _SETTLED:
            return None
        return next((found for part in self._deciding(graph) if (found := self.open_test(part))), None)

    def open_item(self, score: Score) -> Atom | ScoreTest | None:
        """Return a test on which a score hangs: that of the heaviest item that is open."""
        for _, condition in sorted(weighed(score), key=lambda each: -each[0]):
            found = self.open_test(condition)
            if found is not None:
                return found
        return None

    def _deciding(self, graph: Graph) -> Iterator[Graph]:
        """Yield the parts that may decide a graph."""
        if not isinstance(graph, Choice):
            yield from _below(graph)
            return
        for condition, outcome in graph.branches:
            found = self.verdicts(condition)
            yield condition
            if found & TRUE:
                yield outcome
            if not found & ~TRUE:
                return
        yield graph.default

    def _judge(self, graph: Graph) -> Verdicts:
        if isinstance(graph, Atom):
            return self._domains[graph.subject].verdicts(graph, self._regions[graph.subject])
        if isinstance(graph, ScoreTest):
            regions = self._regions[graph.score] & self.reached(graph.score)
            return self._scores[graph.score].verdicts(graph, regions)
        if isinstance(graph, All | Either):
            return self._several(graph)
        if isinstance(graph, Opposite):
            found = self.verdicts(graph.operand)
            return (found & UNKNOWN) | (TRUE if found & FALSE else 0) | (FALSE if found & TRUE else 0)
        if isinstance(graph, Is):
            found = self.verdicts(graph.operand)
            return (TRUE if found & graph.verdicts else 0) | (FALSE if found & ~graph.verdicts else 0)
        return graph.verdicts if isinstance(graph, Fixed) else self._chosen(graph)

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

    def _ends(self, score: Score) -> Ends:
        if isinstance(score, Number):
            return Ends((score.value, score.value), (score.value, score.value), False)
        if isinstance(score, Anything):
            return Ends((-math.inf, math.inf), (-math.inf, math.inf), True)
        if isinstance(score, Card):
            return self._card(score)
        left, right = self._ends(score.left), self._ends(score.right)
        return left.minus(right) if score.minus else left.plus(right)

    def _card(self, card: Card) -> Ends:
        low, high, wide = [0, 0], [0, 0], False
        for condition, points in card.items:
            found = self.verdicts(condition)
            sure = [value for bit, value in ((TRUE, points), (FALSE, 0)) if found & bit]
            lows, highs = sure, sure
            if found & UNKNOWN:
                wide = True
                lows, highs = [*sure, min(points, 0)], [*sure, max(points, 0)]
            low = [low[0] + min(lows, default=0), low[1] + max(lows, default=0)]
            high = [high[0] + min(highs, default=0), high[1] + max(highs, default=0)]
        return Ends((low[0] / _MILLION, low[1] / _MILLION), (high[0] / _MILLION, high[1] / _MILLION), wide)


def tests_below(graphs: Iterable[Graph]) -> list[Atom | ScoreTest]:
    """Return the tests at the bottom of some graphs, those of a score's items included, each once."""
    stack, seen, found = list(graphs), set[int](), list[Atom | ScoreTest]()
    while stack:
        graph = stack.pop()
        if id(graph) in seen:
            continue
        seen.add(id(graph))
        if isinstance(graph, Atom | ScoreTest):
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
        yield from (condition for _, condition in weighed(graph.score))


def weighed(score: Score) -> Iterator[tuple[int, Graph]]:
    """Yield the conditions that a score hangs on, with the points that hang on each."""
    if isinstance(score, Card):
        yield from ((abs(points), condition) for condition, points in score.items)
    elif not isinstance(score, Number | Anything):
        yield from weighed(score.left)
        yield from weighed(score.right)
