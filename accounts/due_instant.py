"""When a label has to be looked at again although nothing happened.

Windows slide, scores halve, values go stale, dates come near and pins expire. The instant that is given
is never later than the next one at which a label of the account could change with no event; it may be
earlier, and the label is then found to be what it was.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from segue.accounts.event_values import ENTERS, EventState, value_at
from segue.accounts.stored import StoredAccount, instant_of, is_stated, known_of, lifetimes
from segue.policies.classifier import segment_of
from segue.policies.event_traits import EventTrait, event_traits_of
from segue.policies.facts import Facts
from segue.policies.language import tree
from segue.policies.language.thresholds import expand
from segue.policies.pack import Pack
from segue.policies.reads import label_reads
from segue.policies.spans import Span
from segue.policies.steady import label_is_steady

_MICRO = timedelta(microseconds=1)
_NEAR = 1e-6
"""How near to a threshold a score is held to cross it: it is rounded to 6 decimals."""
_HORIZON = timedelta(days=36_525)
_STEPS = 20
"""Halvings of the time between two instants in which the change is looked for: what is left is waked early."""


def label_due_at(packs: Sequence[Pack], stored: StoredAccount, now: datetime) -> datetime | None:
    """Return an instant never later than the next at which a label could change with no event, or None.

    The event state of `stored` must serve the packs at `now`. Something that is due already gives `now`.
    """
    instant = now.astimezone(UTC)
    outlooks = _outlooks(packs, stored, instant)
    state = stored.events
    if state is not None and state.until is not None and state.until <= instant:
        return instant
    limit, is_hard = _limit(packs, stored, instant)

    def steady(until: datetime) -> bool:
        return all(each.is_steady(until) for each in outlooks)

    if steady(limit - _MICRO):
        return limit if is_hard else None
    points = sorted({each for outlook in outlooks for each in outlook.points() if instant < each < limit})
    return _first_change(steady, instant, [*points, limit])


@dataclass(frozen=True, slots=True)
class _Outlook:
    """One pack's label and what may move it."""

    pack: Pack
    facts: Facts
    stored: StoredAccount
    stale: tuple[tuple[str, datetime], ...]
    """Traits with the instants from which a value of them is stale."""
    traits: tuple[tuple[str, EventTrait], ...]
    """The traits over events that the label reads and the account's events give."""
    seen: dict[int, int] = field(default_factory=dict)

    def is_steady(self, until: datetime) -> bool:
        """Return True when the label stays at every instant to `until`, that included."""
        moving: dict[str, Span | None] = {}
        state = self.stored.events
        for name, trait in self.traits:
            assert state is not None
            span = _moved(trait, state, self.facts.now, until)
            if span is not _STILL:
                moving[name] = span
        for name, instant in self.stale:
            if instant <= until:
                moving[name] = None
        return label_is_steady(self.pack, self.facts, until, moving, self.seen)

    def points(self) -> Iterator[datetime]:
        """Yield instants at which something may turn."""
        state = self.stored.events
        if self.traits and state is not None and state.until is not None:
            yield state.until
        for _, instant in self.stale:
            yield instant
        for left, offset in _turns(self.pack):
            value = self.pack.evaluator.value(left, self.facts.account, self.facts.now)
            if isinstance(value, datetime):
                moved = _later(value, -offset)
                yield from (moved, moved + _MICRO)
        for name, trait in self.traits:
            if trait.half_life is not None and state is not None and state.at is not None:
                yield from _crossings(trait, state, state.at, _thresholds(self.pack).get(name, ()))


_STILL = Span(0.0, 0.0)
"""Stands for a value that stays."""


def _moved(trait: EventTrait, state: EventState, now: datetime, until: datetime) -> Span | None:
    """Return the bounds of a trait between two instants; _STILL where it stays."""
    assert state.at is not None
    kept = state.kept[trait.key]
    leaves = state.until is not None and until >= state.until
    if trait.kind == "decay":
        begin, end = value_at(trait, kept, state.at, now), value_at(trait, kept, state.at, until)
        if leaves:
            adds = [term.add for term in trait.terms]
            if min(adds) < 0 < max(adds):
                return Span(-math.inf, math.inf)
            end = 0.0
        return _STILL if begin == end else Span(min(begin, end), max(begin, end))
    if not leaves:
        return _STILL
    if trait.scale is not None and (kept is None or trait.scale.part is not None):
        return _STILL if kept is None else Span(0, trait.scale.quantiles)
    if trait.kind in ("count", "distinct"):
        return Span(0, kept) if kept else _STILL
    return Span(-math.inf, math.inf) if trait.kind == "sum" else None


def _outlooks(packs: Sequence[Pack], stored: StoredAccount, now: datetime) -> list[_Outlook]:
    """Return the packs whose label is not held by hand, each with the labels of those before it."""
    found: list[_Outlook] = []
    labels: dict[str, str] = {}
    for pack in packs:
        known = known_of(stored, pack, now)
        earlier = {name: label for name, label in labels.items() if name in pack.schema}
        values = {**pack.blank, **known.values, **earlier}
        facts = Facts(values, now, known.believed, values)
        pin = stored.pinned_label(pack.name)
        if pin is not None and pin.value in pack.by_name:
            labels[f"{pack.name}.segment"] = pin.value
            continue
        labels[f"{pack.name}.segment"] = segment_of(pack, facts)[0].name
        stale = tuple(_going_stale(pack, stored, now))
        found.append(_Outlook(pack, facts, stored, stale, tuple(_counted(pack, stored))))
    return found


def _counted(pack: Pack, stored: StoredAccount) -> Iterator[tuple[str, EventTrait]]:
    state, reads = stored.events, label_reads(pack)
    if state is None or state.at is None:
        return
    for name, trait in event_traits_of(pack).items():
        own = state.has_events or not is_stated(stored.traits.get(name))
        if own and name in reads and trait.key in state.kept:
            yield name, trait


def _going_stale(pack: Pack, stored: StoredAccount, now: datetime) -> Iterator[tuple[str, datetime]]:
    fresh_for, reads = lifetimes(pack), label_reads(pack)
    for name, said in stored.traits.items():
        length = fresh_for.get(name)
        if length is None or name not in reads:
            continue
        for value, _, since in said.values():
            if value is not None:
                instant = instant_of(since + length + 1)
                if instant > now:
                    yield name, instant


def _limit(packs: Sequence[Pack], stored: StoredAccount, now: datetime) -> tuple[datetime, bool]:
    """Return the instant at which something happens beyond what an outlook covers, or a far one and False."""
    names = {pack.name for pack in packs}
    found = [pin.expires_at for pin in stored.pins if pin.kind == "label" and pin.pack in names]
    if stored.events is not None and ENTERS in stored.events.kept:
        found.append(instant_of(stored.events.kept[ENTERS]))
    found = [each for each in found if each > now]
    return (min(found), True) if found else (_later(now, _HORIZON), False)


def _first_change(steady: Callable[[datetime], bool], now: datetime, points: Sequence[datetime]) -> datetime:
    """Return an instant up to which the label is steady, near the first at which it is not."""
    low, high = -1, len(points) - 1  # the last is not steady, or the caller would not ask
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if steady(points[middle]) else (low, middle)
    begin, end = points[low] if low >= 0 else now, points[high]
    if steady(end - _MICRO):
        return end
    least = max((end - begin) / 2**_STEPS, _MICRO)
    first = begin
    while end - begin > least or (begin == first and end - begin > _MICRO):
        middle_at = begin + (end - begin) / 2
        begin, end = (middle_at, end) if steady(middle_at) else (begin, middle_at)
    return end if end - begin <= _MICRO else begin


def _later(instant: datetime, by: timedelta) -> datetime:
    try:
        return instant + by
    except OverflowError:
        return (datetime.max if by > timedelta(0) else datetime.min).replace(tzinfo=UTC)


def _nodes(pack: Pack) -> list[tree.Expr]:
    roots = [each.when.node for each in pack.segments if each.when is not None]
    return [each for node in expand(roots, pack.definitions) for each in tree.walk(node)]


def _turns(pack: Pack) -> Sequence[tuple[tree.Expr, timedelta]]:
    """Return what a pack's label compares with now(), and by what offset; worked out once."""
    found: list[tuple[tree.Expr, timedelta]] | None = pack.kept.get("turns")
    if found is None:
        found = []
        for node in _nodes(pack):
            if isinstance(node, tree.Compare):
                for one, other in ((node.left, node.right), (node.right, node.left)):
                    if isinstance(other, tree.Now):
                        found.append((one, other.offset))
        pack.kept["turns"] = found
    return found


def _thresholds(pack: Pack) -> dict[str, set[float]]:
    """Return the constants that each numeric trait is compared with as it is; worked out once."""
    found: dict[str, set[float]] | None = pack.kept.get("plain_thresholds")
    if found is None:
        found = {}
        for node in _nodes(pack):
            if isinstance(node, tree.Compare | tree.Between | tree.In):
                parts = list(tree.children(node))
                names = [each.name for each in parts if isinstance(each, tree.Trait)]
                values = [each.value for each in parts if isinstance(each, tree.Literal)]
                numbers = {float(v) for v in values if isinstance(v, int | float) and not isinstance(v, bool)}
                for name in names:
                    found.setdefault(name, set()).update(numbers)
        pack.kept["plain_thresholds"] = found
    return found


def _crossings(
    trait: EventTrait, state: EventState, at: datetime, thresholds: Sequence[float] | set[float]
) -> Iterator[datetime]:
    """Yield the instants just before and just after a score that only halves crosses a threshold."""
    raw, half_life = state.kept[trait.key], trait.half_life
    assert half_life is not None
    for threshold in thresholds:
        for edge in (threshold + _NEAR, threshold - _NEAR):
            if raw and edge and 0 < edge / raw < 1:
                yield _later(at, half_life * math.log2(raw / edge))
