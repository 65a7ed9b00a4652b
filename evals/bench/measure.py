"""Time competitors in turn, in one process, and put their medians side by side."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Measurement:
    """One line of the bench: what was measured, against what, and how it came out.

    `ratio` is `ours` over `theirs`, or `theirs` over `ours` where `faster` is set: then more is better.
    Without a peer it is None, and the bounds are in the unit of `ours`. `same` is False when the
    competitors did not give the same results.
    """

    name: str
    peer: str
    unit: str
    ours: float
    theirs: float | None
    bound: float | None
    stretch: float | None
    faster: bool = False
    same: bool = True
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """The ratio that the bounds are for."""
        if self.theirs is None:
            return None
        return self.theirs / self.ours if self.faster else self.ours / self.theirs

    @property
    def reached(self) -> str:
        """`stretch`, `bound` or `missed`; nothing where there is no bound."""
        found = self.ours if self.ratio is None else self.ratio
        for name, limit in (("stretch", self.stretch), ("bound", self.bound)):
            if limit is not None and (found >= limit if self.faster else found <= limit):
                return name
        return "" if self.bound is None else "missed"

    def to_json(self) -> dict[str, object]:
        """Return everything as plain data."""
        return {
            "name": self.name, "peer": self.peer, "unit": self.unit, "ours": self.ours, "theirs": self.theirs,
            "ratio": self.ratio, "bound": self.bound, "stretch": self.stretch, "reached": self.reached,
            "same": self.same, "note": self.note,
        }  # fmt: skip


def interleaved(
    competitors: Mapping[str, Callable[[], object]],
    rounds: int,
    clock: Callable[[], float] = time.perf_counter,
) -> dict[str, float]:
    """Return the median seconds of each competitor; every round runs each once, in turn.

    What runs in this thread alone may be timed by `time.thread_time`: other work on the machine then
    counts less.
    """
    found: dict[str, list[float]] = {name: [] for name in competitors}
    for _ in range(rounds):
        for name, run in competitors.items():
            started = clock()
            run()
            found[name].append(clock() - started)
    return {name: statistics.median(seconds) for name, seconds in found.items()}
