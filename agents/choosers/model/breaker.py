"""A circuit breaker: an endpoint that keeps failing is left alone for a while, then tried once."""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum


class State(StrEnum):
    """Whether calls are let through: all, none, or one at a time to see whether it works again."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


@dataclass(frozen=True, slots=True)
class Permit:
    """Leave to make one call, given back exactly once."""

    period: int
    probe: bool


@dataclass(slots=True)
class BreakerCounts:
    """What happened since the start, for metrics. Every call ends as a success, a failure or abandoned."""

    calls: int = 0
    successes: int = 0
    failures: Counter[str] = field(default_factory=Counter)
    """By reason."""
    abandoned: int = 0
    """Calls that say nothing of the endpoint: the caller went away, or a daily limit was reached."""
    refused: int = 0
    opens: int = 0
    probes: int = 0


class Breaker:
    """Opens when `failures` of the last `window` calls failed; tries one call after `open_for` seconds.

    A probe that succeeds closes it, one that fails opens it again. What comes back from calls that
    began before the state changed is counted, and changes nothing.
    """

    def __init__(
        self, failures: int, window: int, open_for: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.counts = BreakerCounts()
        self._most = failures
        self._open_for = open_for
        self._clock = clock
        self._failed: deque[bool] = deque(maxlen=window)
        self._open_until: float | None = None
        self._probing = False
        self._period = 0

    @property
    def state(self) -> State:
        """The state at this instant."""
        if self._open_until is None:
            return State.CLOSED
        return State.OPEN if self._clock() < self._open_until else State.HALF_OPEN

    def admit(self) -> Permit | None:
        """Return leave for one call, or None: it is open, or half open with a probe under way."""
        state = self.state
        if state is State.OPEN or (state is State.HALF_OPEN and self._probing):
            self.counts.refused += 1
            return None
        self.counts.calls += 1
        probe = state is State.HALF_OPEN
        if probe:
            self._probing = True
            self.counts.probes += 1
        return Permit(self._period, probe)

    def succeeded(self, permit: Permit) -> None:
        """Take note that the endpoint answered."""
        self.counts.successes += 1
        if permit.period != self._period:
            return
        if permit.probe:
            self._change(None)
        else:
            self._failed.append(False)

    def failed(self, permit: Permit, reason: str) -> None:
        """Take note that the endpoint failed, and why."""
        self.counts.failures[reason] += 1
        if permit.period != self._period:
            return
        self._failed.append(True)
        if permit.probe or sum(self._failed) >= self._most:
            self.counts.opens += 1
            self._change(self._clock() + self._open_for)

    def abandoned(self, permit: Permit) -> None:
        """Take note that the call says nothing of the endpoint; another may be the probe."""
        self.counts.abandoned += 1
        if permit.period == self._period and permit.probe:
            self._probing = False

    def _change(self, open_until: float | None) -> None:
        self._open_until = open_until
        self._probing = False
        self._period += 1
        self._failed.clear()
