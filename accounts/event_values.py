"""What the kept state of an account's events comes to at an instant, for one pack: pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from segue.policies.event_traits import MOST_HALVINGS, EventTrait, event_traits_of
from segue.policies.pack import Pack

HAS_EVENTS = "_any"
"""The key under which the state of an account that has an event of its own says so."""
ENTERS = "_enters"
"""The key of the Unix microseconds of the next event that is dated after the state, where there is one."""


@dataclass(frozen=True, slots=True)
class EventState:
    """What the events of an account came to at an instant, by the key of each trait's definition.

    It holds in [at, until): no event enters or leaves a window, and scores only halve. Without `at`
    the account has no events, which holds until it gets one.
    """

    kept: Mapping[str, Any] = field(default_factory=dict)
    at: datetime | None = None
    until: datetime | None = None

    @property
    def has_events(self) -> bool:
        """True when an event of the account's own counts: then what sources state of its traits does not."""
        return bool(self.kept.get(HAS_EVENTS))

    def serves(self, traits: Iterable[EventTrait], now: datetime) -> bool:
        """Return True when the state gives the values of these traits at `now` without the events."""
        if self.at is None:
            return True
        if now < self.at or (self.until is not None and now >= self.until):
            return False
        return all(trait.key in self.kept for trait in traits)


SKEW = timedelta(seconds=10)
"""A state so far ahead of the clock is another transaction's that looked at it later: it is built on."""


def instant_for(state: EventState | None, now: datetime) -> datetime:
    """Return at which instant an account of such a state is looked at: now, and never a little before its state."""
    at = None if state is None else state.at
    return at if at is not None and now < at <= now + SKEW else now


def event_state(
    kept: Mapping[str, Any] | None, at: datetime | None, until: datetime | None, any_event: bool
) -> EventState | None:
    """Return the event state of an account's row; None while no event of any account is stored."""
    if not any_event:
        return None  # whatever was worked out before: nobody has told anything
    return EventState() if kept is None else EventState(kept, at, until)


def values_at(
    pack: Pack, state: Mapping[str, Any] | None, state_at: datetime | None, now: datetime
) -> dict[str, Any]:
    """Return a pack's event traits at `now` from the kept state, exact until the state expires.

    `state` is None while the deployment has never stored an event: nothing is known then. An account
    without state did nothing.
    """
    if state is None:
        return {}
    traits = event_traits_of(pack)
    if state_at is None:
        return {name: trait.nothing for name, trait in traits.items()}
    return {
        name: value_at(trait, state[trait.key], state_at, now)
        for name, trait in traits.items()
        if trait.key in state
    }


def value_at(trait: EventTrait, kept: Any, kept_at: datetime, now: datetime) -> Any:
    """Return the value of one trait at `now` from what was kept of it."""
    if trait.kind != "decay":
        return kept
    assert trait.half_life is not None
    halvings = min((now - kept_at) / trait.half_life, MOST_HALVINGS)
    return trait.settled(kept * 0.5**halvings)
