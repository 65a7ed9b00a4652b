"""What a score can be, cut at the numbers it is compared with.

A score has a low and a high end, each below, at, between or above those numbers. The regions of a
score are the pairs of such places in which the low end is not above the high one.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from typing import NamedTuple

from segue.policies.language.atoms import FALSE, TRUE, UNKNOWN, ScoreTest, Verdicts

Span = tuple[float, float]


class Ends(NamedTuple):
    """Between what a score's low end and its high end lie. `wide`: the two may differ."""

    low: Span
    high: Span
    wide: bool

    def plus(self, other: Ends) -> Ends:
        """Return the ends of a sum."""
        return Ends(_sum(self.low, other.low), _sum(self.high, other.high), self.wide or other.wide)

    def minus(self, other: Ends) -> Ends:
        """Return the ends of a difference."""
        low, high = _difference(self.low, other.high), _difference(self.high, other.low)
        return Ends(low, high, self.wide or other.wide)


class ScoreDomain:
    """The regions of one score, told apart by the tests of it. A set of regions is an integer of bits."""

    def __init__(self, tests: Iterable[ScoreTest]) -> None:
        asked = list(tests)
        self._points = sorted({test.value for test in asked})
        places = range(2 * len(self._points) + 1)
        self._pairs = [(low, high) for low in places for high in places if low <= high]
        self.full = (1 << len(self._pairs)) - 1
        self._even = self._bits(low == high for low, high in self._pairs)
        self._low = [self._bits(low == at for low, _ in self._pairs) for at in places]
        self._high = [self._bits(high == at for _, high in self._pairs) for at in places]
        self._masks = {test: self._judge(test) for test in asked}

    def verdicts(self, test: ScoreTest, regions: int) -> Verdicts:
        """Return the verdicts that a test gives over a set of regions."""
        true, false, unknown = self._masks[test]
        return (
            (TRUE if regions & true else 0)
            | (FALSE if regions & false else 0)
            | (UNKNOWN if regions & unknown else 0)
        )

    def parts(self, test: ScoreTest, regions: int) -> list[int]:
        """Split a set of regions by what the test gives there."""
        return [regions & mask for mask in self._masks[test] if regions & mask]

    def reached(self, ends: Ends) -> int:
        """Return the regions that a score with these ends can lie in."""
        low = high = 0
        for at in range(self._place(ends.low[0]), self._place(ends.low[1]) + 1):
            low |= self._low[at]
        for at in range(self._place(ends.high[0]), self._place(ends.high[1]) + 1):
            high |= self._high[at]
        return low & high & (self.full if ends.wide else self._even)

    def _place(self, value: float) -> int:
        """Return 2k for a number before the k-th point (and after the one before), 2k + 1 for the point."""
        index = bisect_left(self._points, value)
        return 2 * index + (index < len(self._points) and self._points[index] == value)

    def _judge(self, test: ScoreTest) -> tuple[int, int, int]:
        at, pairs = self._place(test.value), self._pairs
        below, above = self._bits(high < at for _, high in pairs), self._bits(low > at for low, _ in pairs)
        same = self._bits(low == high == at for low, high in pairs)
        least, most = self._bits(low >= at for low, _ in pairs), self._bits(high <= at for _, high in pairs)
        true, false = {
            "<": (below, least),
            "<=": (most, above),
            ">": (above, most),
            ">=": (least, below),
            "=": (same, below | above),
            "<>": (below | above, same),
        }[test.op]
        return true, false, self.full & ~true & ~false

    def _bits(self, held: Iterable[bool]) -> int:
        return sum(1 << index for index, each in enumerate(held) if each)


def _sum(one: Span, other: Span) -> Span:
    return one[0] + other[0], one[1] + other[1]


def _difference(one: Span, other: Span) -> Span:
    return one[0] - other[1], one[1] - other[0]
