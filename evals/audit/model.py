"""What an audit finds, as plain values; days are lengths of time, shares are 0 to 1."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


class Use(StrEnum):
    """What a trait is for in a pack."""

    LABEL = "label"
    """A segment's condition reads it, perhaps through derived traits."""
    RULES = "rules"
    """Rules, terms, plays or territories read it; no label depends on it."""
    NOTHING = "nothing"
    """No condition reads it."""


@dataclass(frozen=True, slots=True)
class Ages:
    """How old the values are whose age is known."""

    dated: int
    undated: int
    median: float | None = None
    p90: float | None = None
    oldest: float | None = None


@dataclass(frozen=True, slots=True)
class SourceAudit:
    """What one source says of one trait."""

    source: str
    accounts: int
    """Accounts of which it states a value."""
    share: float
    ages: Ages
    stale: int
    """Of them, those whose value is older than the trait's `fresh_for`."""


@dataclass(frozen=True, slots=True)
class Dispute:
    """One account of which sources, or rows that may be it, state different values."""

    account: str
    said: tuple[str, ...]
    """`source: value`, one for each that says otherwise."""


@dataclass(frozen=True, slots=True)
class Disagreement:
    """How often those who state a trait of the same account differ."""

    compared: int
    """Accounts of which at least two sources or rows state a fresh value."""
    differing: int
    examples: tuple[Dispute, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """How many labels (segments, not statuses) would change if a trait were known of every account."""

    could: int
    """Accounts whose label would be another under some value."""
    proven: bool
    """True when every outcome was tried; else `could` is the least."""
    expected: float | None
    """By the values of the accounts that have it; None when none has."""
    by: int
    """Accounts that have it."""
    leads_to: Mapping[str, float]
    """Expected arrivals by segment."""
    if_confirmed: int
    """Labels that would change if doubted values of it were believed as they are."""
    if_assumed_wrongly: int
    """Accounts whose label would be another if their absent value were not what absence is taken for."""
    begin_with: tuple[str, ...] = ()
    """The accounts that are likeliest to come into `begin_for` once it is known, by name."""
    begin_for: str | None = None
    """Of the segments that it may lead to, the one whose plays are worth most."""


@dataclass(frozen=True, slots=True)
class TraitAudit:
    """One trait. known + assumed + stale + missing are all accounts."""

    name: str
    title: str
    use: Use
    accounts: int
    known: int
    assumed: int
    """Not stated, where the pack says what absence means."""
    stale: int
    """Stated, and too old to count."""
    missing: int
    doubted: int
    """Of the known, those believed less than some segment needs."""
    sources: tuple[SourceAudit, ...]
    disagreement: Disagreement
    change: Change

    @property
    def coverage(self) -> float:
        """The share of accounts of which it is known."""
        return self.known / self.accounts if self.accounts else 0.0

    @property
    def weight(self) -> float:
        """What the traits are sorted by: the labels expected to change, or that could where none has a value."""
        return self.change.could if self.change.expected is None else self.change.expected


@dataclass(frozen=True, slots=True)
class Filled:
    """One step of filling the gaps, in the order that changes most with least."""

    trait: str
    changed: float
    """Labels expected to have changed once this trait and those before it are known of every account."""


class Test(StrEnum):
    """What a segment has to be."""

    MEASURABLE = "measurable"
    SUBSTANTIAL = "substantial"
    ACCESSIBLE = "accessible"
    ACTIONABLE = "actionable"
    DISTINCT = "distinct"

    __test__ = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a segment stands one test."""

    test: Test
    passed: bool | None
    """None for a segment without accounts, where the test asks about them."""
    why: str


@dataclass(frozen=True, slots=True)
class SegmentAudit:
    """One segment. settled + provisional are its accounts."""

    name: str
    title: str
    accounts: int
    share: float
    settled: int
    provisional: int
    possible: int
    """Accounts that may belong to it as far as is known, its own included."""
    deciding: Ages
    """Ages of the known facts that decided its labels."""
    verdicts: tuple[Verdict, ...]

    @property
    def failed(self) -> tuple[Test, ...]:
        """The tests that it fails."""
        return tuple(each.test for each in self.verdicts if each.passed is False)


@dataclass(frozen=True, slots=True)
class Advice:
    """One thing to do, and the figures that it rests on."""

    what: str
    why: str


@dataclass(frozen=True, slots=True)
class Audit:
    """The audit of one population in one pack at one instant. Traits come sorted by weight."""

    pack: str
    title: str
    revision: str
    origin: str
    at: datetime
    accounts: int
    settled: int
    provisional: int
    passed_over: int
    """Rows or accounts that may be one of the audited ones; they are compared with it, and not counted."""
    least: int
    """Accounts that a segment needs to be substantial."""
    traits: tuple[TraitAudit, ...]
    order: tuple[Filled, ...]
    segments: tuple[SegmentAudit, ...]
    advice: tuple[Advice, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return it as plain JSON."""
        found: dict[str, Any] = asdict(self) | {"at": self.at.isoformat()}
        for plain, trait in zip(found["traits"], self.traits, strict=True):
            plain["coverage"] = trait.coverage
        for plain, segment in zip(found["segments"], self.segments, strict=True):
            plain["failed"] = list(segment.failed)
        return found
