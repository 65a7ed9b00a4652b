"""New events folded into the kept state of an account, exactly as if all of its events were read again: pure.

That can be done while the state holds: no event has left a window since, so that what is new is all that
changes. What cannot be known without the earlier events is asked for, or worked out anew.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Context, Decimal
from typing import Any

from segue.accounts.event_values import ENTERS, HAS_EVENTS, EventState
from segue.accounts.stored import instant_of, micros_of
from segue.policies.event_fold import number_of, picked_value, ratio_of, unclamped
from segue.policies.event_traits import DISTINCT_COLUMNS, MOST_HALVINGS, EventRow, EventTrait

REST = "~"
"""Added to a decaying score's key: what its double leaves out of the sum, so that a thousand additions lose nothing."""
TAKEN_AT = "@"
"""Added to the key of `first` and `latest`: the Unix microseconds of the event whose value was taken."""
MEASURES = "/"
"""Added to a trend's key: the two sums that it compares."""
_LARGEST = 2.0**32
"""A sum of 6 decimals below it is told exactly by the nearest double."""
_SIXTH = Decimal("0.000001")
_WIDE = Context(prec=40)
_MICRO = timedelta(microseconds=1)


class AnewError(Exception):
    """The state has to be worked out from all events."""


@dataclass(slots=True)
class Folded:
    """A state with new events in it, but for what it is not known whether it was counted before."""

    kept: dict[str, Any]
    at: datetime
    until: datetime | None
    unsure: dict[EventTrait, set[str]] = field(default_factory=dict)
    """Of `distinct`: values in the window that count if no earlier event there has them."""

    def add(self, trait: EventTrait, fresh: int) -> None:
        """Count so many of a trait's unsure values."""
        self.kept[trait.key] += fresh


def fold_into(
    state: EventState, traits: Sequence[EventTrait], events: Sequence[EventRow], now: datetime
) -> Folded:
    """Return an account's state at `now` with events that it did not count; those with a mark are left out.

    Raises:
        AnewError: it cannot be told from the state: that does not hold, or lacks something.
    """
    if state.at is None or now < state.at or (state.until is not None and now >= state.until):
        raise AnewError
    if any(trait.key not in state.kept for trait in traits):
        raise AnewError
    folded = Folded(
        {name: state.kept[name] for name in (HAS_EVENTS, ENTERS) if name in state.kept}, now, state.until
    )
    coming = [event["at"] for event in events if event["at"] > now]
    if coming:
        _until(folded, min(coming))
        earlier = [instant_of(folded.kept[ENTERS])] if ENTERS in folded.kept else []
        folded.kept[ENTERS] = micros_of(min(coming + earlier))
    if len(coming) < len(events):
        folded.kept[HAS_EVENTS] = 1
    for trait in traits:
        oldest = now - trait.reach
        counted = [
            event
            for event in events
            if oldest < event["at"] <= now and any(term.matches(event) for term in trait.terms)
        ]
        _FOLDS[trait.kind](folded, trait, state, counted)
        for event in counted:
            _until(folded, event["at"] + (trait.over if event["at"] > now - trait.over else trait.reach))
    return folded


def _until(folded: Folded, instant: datetime) -> None:
    if folded.until is None or instant < folded.until:
        folded.until = instant


def _count(folded: Folded, trait: EventTrait, state: EventState, events: Sequence[EventRow]) -> None:
    folded.kept[trait.key] = state.kept[trait.key] + len(events)


def _distinct(folded: Folded, trait: EventTrait, state: EventState, events: Sequence[EventRow]) -> None:
    column = DISTINCT_COLUMNS[trait.of or ""]
    folded.kept[trait.key] = state.kept[trait.key]
    values = {event[column] for event in events} - {None}
    if values:
        folded.unsure[trait] = values


def _sum(folded: Folded, trait: EventTrait, state: EventState, events: Sequence[EventRow]) -> None:
    folded.kept[trait.key] = _summed(state.kept[trait.key], trait, events)


def _summed(kept: float, trait: EventTrait, events: Iterable[EventRow]) -> float:
    numbers = [number_of((event.get("properties") or {}).get(trait.of)) for event in events]
    told = [each for each in numbers if each is not None]
    if not told:
        return kept
    total = sum(told, _exact(kept))
    if abs(total) >= _LARGEST:
        raise AnewError
    return float(total)


def _exact(kept: float) -> Decimal:
    """Return the sum of decimals whose nearest double was kept."""
    if abs(kept) >= _LARGEST:
        raise AnewError
    return Decimal(kept).quantize(_SIXTH)


def _trend(folded: Folded, trait: EventTrait, state: EventState, events: Sequence[EventRow]) -> None:
    measures = state.kept.get(trait.key + MEASURES)
    if measures is None:
        raise AnewError
    edge = folded.at - trait.over
    parts = [[event for event in events if (event["at"] > edge) is recent] for recent in (True, False)]
    if trait.of is None:
        found = [held + len(part) for held, part in zip(measures, parts, strict=True)]
    else:
        found = [_summed(held, trait, part) for held, part in zip(measures, parts, strict=True)]
    folded.kept[trait.key + MEASURES] = found
    folded.kept[trait.key] = ratio_of(float(found[0]), float(found[1]))


def _decay(folded: Folded, trait: EventTrait, state: EventState, events: Sequence[EventRow]) -> None:
    assert trait.half_life is not None and state.at is not None
    held = Decimal(state.kept[trait.key]) + Decimal(state.kept.get(trait.key + REST, 0))
    if held and folded.at != state.at:
        halvings = Decimal((folded.at - state.at) // _MICRO) / Decimal(trait.half_life // _MICRO)
        held = _WIDE.multiply(held, _WIDE.power(2, -min(halvings, Decimal(MOST_HALVINGS))))
    total = _WIDE.add(held, Decimal(unclamped(trait, events, folded.at)))
    kept = float(total)
    folded.kept[trait.key] = kept
    rest = float(_WIDE.subtract(total, Decimal(kept)))
    if rest and math.isfinite(rest):
        folded.kept[trait.key + REST] = rest


def _pick(folded: Folded, trait: EventTrait, state: EventState, events: Sequence[EventRow]) -> None:
    if trait.key + TAKEN_AT not in state.kept:
        raise AnewError
    value, taken_at = state.kept[trait.key], state.kept[trait.key + TAKEN_AT]
    values = [(micros_of(event["at"]), picked_value(trait, event)) for event in events]
    told = [(at, found) for at, found in values if found is not None]
    if taken_at is not None:
        told.append((taken_at, value))
    taken_at, value = (min if trait.kind == "first" else max)(told, default=(None, None))
    folded.kept[trait.key] = value
    folded.kept[trait.key + TAKEN_AT] = taken_at


def _rfm(folded: Folded, trait: EventTrait, state: EventState, events: Sequence[EventRow]) -> None:
    if events:  # the days on which there was one are not kept
        raise AnewError
    folded.kept[trait.key] = state.kept[trait.key]


_FOLDS: Mapping[str, Callable[[Folded, EventTrait, EventState, Sequence[EventRow]], None]] = {
    "count": _count, "distinct": _distinct, "sum": _sum, "trend": _trend, "decay": _decay,
    "first": _pick, "latest": _pick, "rfm": _rfm,
}  # fmt: skip
