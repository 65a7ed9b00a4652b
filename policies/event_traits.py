"""Traits that follow from an account's events: which events take part, over what window, and when two are one."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import orjson

from segue.policies.artifact import Artifact
from segue.policies.compile import EVENT_SCHEMA
from segue.policies.language.parse import parse_predicate
from segue.policies.language.python import predicate_function
from segue.policies.language.tree import Expr
from segue.policies.language.types import Type
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
