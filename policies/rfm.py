"""Recency, frequency and monetary value as quantiles: from raw values and cut points to scores.

Cut points are values of the population itself, so that equal values get equal scores: the k-th cut of n
is the least value that k of n accounts do not exceed. Many equal values may leave a quantile empty.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

PARTS = ("recency", "frequency", "monetary")
_DIGITS = {"recency": 100, "frequency": 10, "monetary": 1}


@dataclass(frozen=True, slots=True)
class RfmScale:
    """Where the quantiles are cut. Without cuts nothing is known of anybody's."""

    quantiles: int
    part: str | None
    recency: tuple[int, ...] = ()
    """Seconds since the last event: below the first is the highest quantile."""
    frequency: tuple[int, ...] = ()
    """Days with an event: above the last is the highest quantile."""
    monetary: tuple[float, ...] = ()

    @classmethod
    def of(cls, quantiles: int, part: str | None, body: Mapping[str, Any] | None) -> RfmScale:
        """Return the scale of an artifact's body, or the one without cuts."""
        if body is None:
            return cls(quantiles, part)
        return cls(
            quantiles, part, tuple(body["recency"]), tuple(body["frequency"]), tuple(map(float, body["monetary"]))
        )  # fmt: skip

    @property
    def is_cut(self) -> bool:
        """True once there are cut points."""
        return bool(self.recency)

    @property
    def nothing(self) -> int | str | None:
        """The value of an account with no event in the window."""
        if not self.is_cut:
            return None
        return 0 if self.part else "000"

    def scores(self, age: timedelta, days: int, total: float) -> dict[str, int]:
        """Return the three quantiles of raw values, 1 to `quantiles`, the highest the best."""
        return {
            "recency": self.quantiles - sum(age >= timedelta(seconds=cut) for cut in self.recency),
            "frequency": 1 + sum(days > cut for cut in self.frequency),
            "monetary": 1 + sum(total > cut for cut in self.monetary),
        }

    def value(self, last: datetime | None, days: int, total: float, now: datetime) -> int | str | None:
        """Return the value of the trait: one quantile, or all three as digits."""
        if last is None or not self.is_cut:
            return self.nothing
        scores = self.scores(now - last, days, total)
        return scores[self.part] if self.part else "".join(str(scores[part]) for part in PARTS)

    def to_json(self) -> list[Any]:
        """Return it as plain JSON, for the key of a trait's definition."""
        return [self.quantiles, self.part, self.recency, self.frequency, self.monetary]


def digits(parts: Mapping[str, str]) -> str:
    """Return the SQL of all three quantiles as one number, from that of each."""
    return " + ".join(f"{_DIGITS[part]} * {parts[part]}" for part in PARTS)


def recency_cut(age: timedelta) -> int:
    """Return the cut in whole seconds that an account of this age is just below."""
    return age // timedelta(seconds=1) + 1


def cut_values(values: Sequence[Any], quantiles: int) -> list[Any]:
    """Return the cut points of sorted values; none of no values."""
    count = len(values)
    return [values[-(-k * count // quantiles) - 1] for k in range(1, quantiles)] if count else []
