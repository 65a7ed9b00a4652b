"""Traits that follow from an account's events, and their exact meaning in Python.

A window of length d at an instant t holds the events with `t - d < at <= t`. `event_program` says the
same in SQL; wherever the two could differ, the definition is here:

* a property counts as a number when it is a JSON number of at most 1e15 in magnitude;
* sums add values rounded half up to 6 decimals, exactly, so that no order of addition counts;
* frequency counts days in UTC, and recency is cut in whole seconds (see `rfm`);
* decaying scores and trends are rounded by `round6`, which forgives the last bits of a double;
* the first and the latest value of several at one instant are the least and the greatest of them.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import orjson

from segue.policies.artifact import Artifact
from segue.policies.compile import EVENT_SCHEMA
from segue.policies.language.parse import parse_predicate
from segue.policies.language.python import predicate_function
from segue.policies.language.tree import Expr
from segue.policies.language.types import MAX_NUMBER, Type, ValueFault, coerce
from segue.policies.models.traits import Scope, Trait
from segue.policies.pack import Pack
from segue.policies.rfm import RfmScale

EventRow = Mapping[str, Any]
"""An event: `kind`, `at` (aware), `visitor`, `contact_id`, the fields of EVENT_SCHEMA, `properties`."""

EVENT_TRAITS = ("count", "distinct", "sum", "first", "latest", "trend", "decay", "rfm")
"""The computing keys that read events."""

DISTINCT_COLUMNS = {"contact": "contact_id", "visitor": "visitor", "path": "path", "name": "name"}
"""What `distinct` counts, and the field of an event that holds it."""

MOST_HALVINGS = 200
"""A score that has halved so often is nothing; more would leave the range of some engine's doubles."""

FINEST = 8e9
"""In billionths it still fits the 64 bits in which some engines round down."""

_MICRO = timedelta(microseconds=1)
_SIXTH = Decimal("0.000001")


@dataclass(frozen=True, slots=True)
class Term:
    """Which events take part, and for a decaying score what each of them adds."""

    kinds: tuple[str, ...]
    text: str | None
    where: Expr | None
    add: float = 1.0
    _holds: Callable[..., bool | None] | None = field(default=None, compare=False, repr=False)

    def matches(self, event: EventRow) -> bool:
        """Return True for an event of one of the kinds for which the condition is true."""
        if event["kind"] not in self.kinds:
            return False
        return self._holds is None or self._holds(event, None) is True


@dataclass(frozen=True, eq=False, slots=True)
class EventTrait:
    """A trait over events, compiled. Those with the same `key` have the same value for any events."""

    key: str
    kind: str
    """One of EVENT_TRAITS."""
    terms: tuple[Term, ...]
    over: timedelta
    """The window; for a decaying score after how long an event is forgotten."""
    type: Type
    of: str | None = None
    half_life: timedelta | None = None
    at_most: float | None = None
    scale: RfmScale | None = None
    """Where the quantiles of an `rfm` are cut."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, EventTrait) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)

    @property
    def reach(self) -> timedelta:
        """How far back an event may lie that counts."""
        return self.over * 2 if self.kind == "trend" else self.over

    @property
    def nothing(self) -> Any:
        """The value for an account that is known and did nothing."""
        if self.scale is not None:
            return self.scale.nothing
        return {"count": 0, "distinct": 0, "sum": 0.0, "decay": 0.0}.get(self.kind)

    def settled(self, raw: float) -> float:
        """Return the score of an unclamped sum: at most `at_most`, rounded."""
        capped = raw if self.at_most is None else min(raw, self.at_most)
        return round6(capped)


def round6(value: float) -> float:
    """Round to 6 decimals, half up, by way of 9: what differs in a double's last bits comes out equal.

    From FINEST on a double has hardly 6 decimals, and stays as it is.
    """
    if abs(value) >= FINEST:
        return value
    return math.floor(math.floor(value * 1e9 + 0.5) / 1000 + 0.5) / 1e6


def number_of(value: Any) -> Decimal | None:
    """Return a JSON number as it is summed, to 6 decimals; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if not math.isfinite(value) or abs(value) > MAX_NUMBER:
        return None
    return Decimal(repr(value)).quantize(_SIXTH, ROUND_HALF_UP)


def event_traits_of(pack: Pack) -> Mapping[str, EventTrait]:
    """Return the account traits of a pack that follow from events, compiled once."""
    found: Mapping[str, EventTrait] | None = pack.kept.get("event_traits")
    if found is None:
        found = {
            name: event_trait(trait, pack.artifacts.get(name))
            for name, trait in pack.traits.items()
            if trait.computed_by in EVENT_TRAITS and trait.scope is Scope.ACCOUNT
        }
        pack.kept["event_traits"] = found
    return found


def event_traits_of_all(packs: Iterable[Pack]) -> dict[str, EventTrait]:
    """Return the event traits of several packs by key, each definition once, in order of the keys."""
    found = {each.key: each for pack in packs for each in event_traits_of(pack).values()}
    return dict(sorted(found.items()))


def event_trait(trait: Trait, artifact: Artifact | None = None) -> EventTrait:
    """Compile a trait over events; an `rfm` has the cut points of the artifact, which fits it.

    Raises:
        PredicateError: a `where` is not in the language.
    """
    kind = trait.computed_by or ""
    model = getattr(trait, kind)
    if trait.decay is not None:
        points = trait.decay.points
        terms = tuple(_term([point.event], point.where, point.add) for point in points)
        over, half_life, at_most = trait.decay.forget_after, trait.decay.half_life, trait.decay.at_most
    else:
        events = [model.event] if isinstance(model.event, str) else model.event
        terms = (_term(events, model.where, 1.0),)
        over, half_life, at_most = model.over, None, None
    of = getattr(model, "of", None)
    scale = None
    if trait.rfm is not None:
        of = trait.rfm.value
        scale = RfmScale.of(trait.rfm.quantiles, trait.rfm.part, artifact.body if artifact else None)
    kept = Type(trait.type) if kind in ("first", "latest") else None
    definition = [
        kind, [[each.kinds, each.text, each.add] for each in terms], over // _MICRO, of, kept,
        half_life and half_life // _MICRO, at_most, *([scale.to_json()] if scale else []),
    ]  # fmt: skip
    key = hashlib.sha256(orjson.dumps(definition)).hexdigest()[:12]
    return EventTrait(key, kind, terms, over, Type(trait.type), of, half_life, at_most, scale)


def _term(kinds: Iterable[str], text: str | None, add: float) -> Term:
    ordered = tuple(sorted(set(kinds)))
    if text is None:
        return Term(ordered, None, None, add)
    node = parse_predicate(text, EVENT_SCHEMA)
    return Term(ordered, text, node, add, predicate_function(node, {}, {}))


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
