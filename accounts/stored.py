"""An account as PostgreSQL keeps it, and what a pack may make of it at an instant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from segue.accounts.event_values import EventState, values_at
from segue.policies.artifacts import seats_of
from segue.policies.facts import Account
from segue.policies.language.types import ValueFault, coerce
from segue.policies.lease import Lease
from segue.policies.models.rank import NO_SEAT
from segue.policies.pack import Pack

Said = tuple[Any, float | None, int]
"""What a source says of a trait: the value as JSON, how sure the source is, and since when (Unix µs)."""


@dataclass(frozen=True, slots=True)
class Pin:
    """What somebody holds by hand: the label of an account in a pack, or its owner in all of them."""

    kind: str
    """`label` or `owner`."""
    pack: str
    """Empty for an owner."""
    value: str
    reason: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Delivered:
    """One play that was delivered to an account, for the limits."""

    play: str
    contact: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class StoredAccount:
    """Everything stored of one account that a decision may need."""

    account: Account
    traits: Mapping[str, Mapping[str, Said]] = field(default_factory=dict)
    """Trait to source to what it says now."""
    pins: tuple[Pin, ...] = ()
    delivered: tuple[Delivered, ...] = ()
    known: bool = True
    """False for an account of which nothing is stored."""
    events: EventState | None = None
    """What its events came to; None while no event of any account was ever stored."""
    aliases: tuple[str, ...] = ()
    """The accounts that were merged into it."""
    asked_as: str | None = None
    """The id of the alias by which it was asked for, if it was by one."""
    leases: tuple[Lease, ...] = ()
    """What it is being told, by pack."""

    def with_pinned_owner(self) -> Account:
        """Return who the account is, its owner as pinned."""
        owner = next((pin.value for pin in self.pins if pin.kind == "owner"), None)
        return self.account if owner is None else replace(self.account, owner=owner)

    def lease(self, pack: str) -> Lease | None:
        """Return what it is being told in a pack, if anything is."""
        return next((each for each in self.leases if each.pack == pack), None)

    def pinned_label(self, pack: str) -> Pin | None:
        """Return what holds the label in a pack, if anything does."""
        return next((pin for pin in self.pins if pin.kind == "label" and pin.pack == pack), None)


@dataclass(frozen=True, slots=True)
class KnownTraits:
    """The facts of one pack at an instant, and how far each is believed where that is not wholly."""

    values: Mapping[str, Any]
    believed: Mapping[str, float]
    stale: tuple[str, ...] = ()
    """Traits whose every value is older than their `fresh_for`, and so unknown."""
    misfits: tuple[str, ...] = ()
    """Traits whose stored value is not of the type that this pack declares, and so unknown."""
    coerced: bool = False
    """Whether every value has the form that predicates take: it is then not read once more."""


def known_traits(traits: Mapping[str, Mapping[str, Said]], pack: Pack, now: datetime) -> KnownTraits:
    """Return what a pack knows of an account at an instant.

    Of several sources the most believed counts, of equal ones the newest. Belief is what the pack says
    of the source times what the source says of the value.
    """
    instant = _micros(now)
    beliefs, fresh = pack.file.sources, lifetimes(pack)
    values: dict[str, Any] = {}
    believed: dict[str, float] = {}
    stale, misfits = [], []
    for name, said in traits.items():
        if name not in fresh:
            continue
        fresh_for = fresh[name]
        oldest = instant - fresh_for if fresh_for is not None else None
        best: tuple[float, int] | None = None
        best_value = None
        for source, (value, confidence, since) in said.items():
            if value is None or (oldest is not None and since < oldest):
                continue
            belief = beliefs.get(source, 1.0)
            if confidence is not None:
                belief *= confidence
            if best is None or (belief, since) > best:
                best, best_value = (belief, since), value
        if best is None:
            if any(each[0] is not None for each in said.values()):
                stale.append(name)
            continue
        try:
            values[name] = coerce(pack.schema[name], best_value, name)
        except ValueFault:
            misfits.append(name)
            continue
        if best[0] < 1:
            believed[name] = best[0]
    return KnownTraits(values, believed, tuple(stale), tuple(misfits), True)


def known_of(stored: StoredAccount, pack: Pack, now: datetime) -> KnownTraits:
    """Return what a pack knows of a stored account at an instant, traits over its events among it.

    What a source states of such a trait counts only as long as the account has no event of its own. A rank
    is read from the list that was applied, and stated by sources only until there is one. The
    event state must serve the pack at `now`: see `event_state.with_current_events`.
    """
    known = known_traits(stored.traits, pack, now)
    state = stored.events
    found: dict[str, Any] = {}
    if state is not None:
        found = values_at(pack, state.kept, state.at, now)
        if not state.has_events:
            found = {name: value for name, value in found.items() if not is_stated(stored.traits.get(name))}
    if stored.known:
        found.update((name, tiers.get(stored.account.id, NO_SEAT)) for name, tiers in seats_of(pack).items())
    if not found:
        return known
    values = {**known.values, **{name: coerce(pack.schema[name], each, name) for name, each in found.items()}}
    return KnownTraits(
        {name: value for name, value in values.items() if value is not None},
        {name: belief for name, belief in known.believed.items() if name not in found},
        tuple(name for name in known.stale if name not in found),
        tuple(name for name in known.misfits if name not in found),
        True,
    )


def is_stated(said: Mapping[str, Said] | None) -> bool:
    """Return True when some source states a value of a trait."""
    return said is not None and any(each[0] is not None for each in said.values())


def lifetimes(pack: Pack) -> Mapping[str, int | None]:
    """Return for each stated trait of a pack how many microseconds a value of it is fresh."""
    found: Mapping[str, int | None] | None = pack.kept.get("lifetimes")
    if found is None:
        lengths = ((name, pack.traits[name].fresh_for) for name in pack.blank)
        found = {name: None if length is None else _length(length) for name, length in lengths}
        pack.kept["lifetimes"] = found
    return found


def instant_of(micros: int) -> datetime:
    """Return the instant of Unix microseconds."""
    return _EPOCH + timedelta(microseconds=micros)


def micros_of(instant: datetime) -> int:
    """Return an instant as Unix microseconds; a naive one is UTC."""
    return _micros(instant if instant.tzinfo is not None else instant.replace(tzinfo=UTC))


def newest(said: Sequence[tuple[str, str, Any, float | None, int]]) -> dict[str, dict[str, Said]]:
    """Return the state of an account from rows of (trait, source, value, confidence, since), oldest first."""
    found: dict[str, dict[str, Said]] = {}
    for trait, source, value, confidence, since in said:
        found.setdefault(trait, {})[source] = (value, confidence, since)
    return found


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICRO = timedelta(microseconds=1)


def _micros(instant: datetime) -> int:
    return (instant - _EPOCH) // _MICRO


def _length(duration: timedelta) -> int:
    return duration // _MICRO
