"""What traits over events come to, exactly, in Python: the events of one account folded into a value.

A window of length d at an instant t holds the events with `t - d < at <= t`. `event_program` says the
same in SQL; wherever the two could differ, the definition is here:

* a property counts as a number when it is a JSON number of at most 1e15 in magnitude;
* sums add values rounded half up to 6 decimals, exactly, so that no order of addition counts;
* frequency counts days in UTC, and recency is cut in whole seconds (see `rfm`);
* decaying scores and trends are rounded by `round6`, which forgives the last bits of a double;
* the first and the latest value of several at one instant are the least and the greatest of them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from segue.policies.compile import EVENT_SCHEMA
from segue.policies.event_traits import DISTINCT_COLUMNS, MOST_HALVINGS, EventRow, EventTrait, round6
from segue.policies.language.types import MAX_NUMBER, ValueFault, coerce

_SIXTH = Decimal("0.000001")


def fold(trait: EventTrait, events: Iterable[EventRow], now: datetime) -> Any:
    """Return the value of a trait at an instant over the events of one account, in any order."""
    return _FOLDS[trait.kind](trait, events, now)


def next_change(trait: EventTrait, events: Iterable[EventRow], now: datetime) -> datetime | None:
    """Return the next instant at which an event enters or leaves a window; None when none will.

    Between now and then the value is what it is, or for a decaying score falls by half-lives.
    """
    lengths = [timedelta(0), trait.over, trait.reach]
    found: datetime | None = None
    events = list(events)
    for event in events:
        if any(term.matches(event) for term in trait.terms):
            for length in lengths:
                instant = event["at"] + length
                if instant > now and (found is None or instant < found):
                    found = instant
    crossing = _next_crossing(trait, events, now)
    return min((each for each in (found, crossing) if each is not None), default=None)


def _next_crossing(trait: EventTrait, events: Iterable[EventRow], now: datetime) -> datetime | None:
    """Return when the last event next becomes so old that it falls into a lower quantile."""
    last = max((each["at"] for each in _matched(trait, events, now)), default=None) if trait.scale else None
    if trait.scale is None or last is None:
        return None
    instants = (last + timedelta(seconds=cut) for cut in trait.scale.recency)
    return min((each for each in instants if each > now), default=None)


def number_of(value: Any) -> Decimal | None:
    """Return a JSON number as it is summed, to 6 decimals; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if not math.isfinite(value) or abs(value) > MAX_NUMBER:
        return None
    return Decimal(repr(value)).quantize(_SIXTH, ROUND_HALF_UP)


def unclamped(trait: EventTrait, events: Iterable[EventRow], now: datetime) -> float:
    """Return the sum of a decaying score before it is clamped and rounded."""
    assert trait.half_life is not None
    scores = []
    for event in _within(events, now - trait.over, now):
        add = math.fsum(term.add for term in trait.terms if term.matches(event))
        halvings = min((now - event["at"]) / trait.half_life, MOST_HALVINGS)
        scores.append(add * 0.5**halvings)
    return math.fsum(scores)


def ratio_of(measure: float, before: float) -> float | None:
    """Return a trend: a measure over what it was in the window before; None where that was nothing."""
    return _bounded(round6(measure / before)) if before else None


def picked_value(trait: EventTrait, event: EventRow) -> Any:
    """Return what `first` and `latest` take of an event; None where it has nothing of the trait's type."""
    name = trait.of or ""
    value = event.get(name) if name in EVENT_SCHEMA else _property(event, name)
    try:
        return coerce(trait.type, value, "value")
    except ValueFault:
        return None


def _property(event: EventRow, name: str | None) -> Any:
    return (event.get("properties") or {}).get(name)


def _within(events: Iterable[EventRow], after: datetime, until: datetime) -> Iterator[EventRow]:
    return (event for event in events if after < event["at"] <= until)


def _matched(trait: EventTrait, events: Iterable[EventRow], until: datetime) -> Iterator[EventRow]:
    term = trait.terms[0]
    return (event for event in _within(events, until - trait.over, until) if term.matches(event))


def _count(trait: EventTrait, events: Iterable[EventRow], now: datetime) -> int:
    return sum(1 for _ in _matched(trait, events, now))


def _distinct(trait: EventTrait, events: Iterable[EventRow], now: datetime) -> int:
    column = DISTINCT_COLUMNS[trait.of or ""]
    return len({event.get(column) for event in _matched(trait, events, now)} - {None})


def _total(trait: EventTrait, events: Iterable[EventRow], now: datetime) -> Decimal:
    numbers = (number_of(_property(each, trait.of)) for each in _matched(trait, events, now))
    return sum((each for each in numbers if each is not None), Decimal(0))


def _sum(trait: EventTrait, events: Iterable[EventRow], now: datetime) -> float:
    return _bounded(float(_total(trait, events, now)))


def trend_measures(trait: EventTrait, events: Iterable[EventRow], now: datetime) -> tuple[float, float]:
    """Return what a trend compares: a measure, and what it was in the window before."""
    rows = list(events)
    measure = _count if trait.of is None else _total
    return float(measure(trait, rows, now)), float(measure(trait, rows, now - trait.over))


def _trend(trait: EventTrait, events: Iterable[EventRow], now: datetime) -> float | None:
    return ratio_of(*trend_measures(trait, events, now))


def _first(trait: EventTrait, events: Iterable[EventRow], now: datetime) -> Any:
    return min(_picked(trait, events, now), default=(None, None))[1]


def _latest(trait: EventTrait, events: Iterable[EventRow], now: datetime) -> Any:
    return max(_picked(trait, events, now), default=(None, None))[1]


def _picked(trait: EventTrait, events: Iterable[EventRow], now: datetime) -> Iterator[tuple[Any, Any]]:
    for event in _matched(trait, events, now):
        value = picked_value(trait, event)
        if value is not None:
            yield event["at"], value


def _decay(trait: EventTrait, events: Iterable[EventRow], now: datetime) -> float:
    return trait.settled(unclamped(trait, events, now))


def rfm_values(
    trait: EventTrait, events: Iterable[EventRow], now: datetime
) -> tuple[datetime | None, int, float]:
    """Return the raw values of an `rfm`: the last event in the window, on how many days there was one, the sum."""
    matched = list(_matched(trait, events, now))
    last = max((each["at"] for each in matched), default=None)
    return (
        last,
        len({each["at"].astimezone(UTC).date() for each in matched}),
        float(_total(trait, matched, now)),
    )


def _rfm(trait: EventTrait, events: Iterable[EventRow], now: datetime) -> Any:
    assert trait.scale is not None
    return trait.scale.value(*rfm_values(trait, events, now), now)


def _bounded(value: float) -> float:
    return max(-MAX_NUMBER, min(MAX_NUMBER, value))


_FOLDS: Mapping[str, Callable[[EventTrait, Iterable[EventRow], datetime], Any]] = {
    "count": _count,
    "distinct": _distinct,
    "sum": _sum,
    "first": _first,
    "latest": _latest,
    "trend": _trend,
    "decay": _decay,
    "rfm": _rfm,
}
