"""What is asked of the service of decisions, by whom, and what it answers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

import orjson

from segue.accounts.declared import Declared
from segue.accounts.reader import AccountKey
from segue.agents.decision import Explain
from segue.policies.left_alone import LeftAlone
from segue.policies.models.proof import ProofPoint
from segue.policies.pack import Pack


class Mode(StrEnum):
    """Who chooses among the plays that policy permits."""

    RULES = "rules"
    MODEL = "model"


class ApprovedAnswer(StrEnum):
    """Whether something approved answers what was said. Append, never rename: packs write policy on it."""

    FOUND = "found"
    MISSING = "missing"
    NOTHING_ASKED = "nothing_asked"


@dataclass(frozen=True, slots=True)
class Answers:
    """Those of the permitted proof points that are near to what was said, the closest first."""

    points: tuple[str, ...] = ()
    approved: ApprovedAnswer | None = None
    """None where meaning had no say, or what was said wants no answer."""


ByMeaning = Callable[[Pack, Sequence[ProofPoint]], Awaitable[Answers]]
"""Finds, among the permitted proof points of a pack, what answers what was asked."""


@dataclass(frozen=True, slots=True)
class Revised:
    """The decision that another is a revision of: what it did, and when."""

    decision_id: str
    play: str
    decided_at: datetime


@dataclass(frozen=True, slots=True)
class Conversed:
    """What a decision takes from the conversation that it is made in."""

    declared: tuple[Declared, ...] = ()
    """What was said of the company, and may count by the pack's rules."""
    contact: Mapping[str, Any] = field(default_factory=dict)
    """What was said of the person, as facts of packs; what the caller states comes first."""
    context: Mapping[str, Any] = field(default_factory=dict)
    """What this turn is about, likewise."""
    unasked: frozenset[str] = frozenset()
    left_alone: LeftAlone = LeftAlone.NO
    """How far the person asked to be left alone: kept whatever else is left out for want of consent."""
    by_meaning: ByMeaning | None = None
    revises: Revised | None = None


@dataclass(frozen=True, slots=True)
class DecisionRequest:
    """What a caller asks. `now` is the instant of the decision; with `as_of` facts are those of then."""

    surface: str
    account: AccountKey | None = None
    visitor: str | None = None
    contact: Mapping[str, Any] = field(default_factory=dict)
    contact_id: str | None = None
    context: Mapping[str, Any] = field(default_factory=dict)
    pack: str | None = None
    mode: Mode = Mode.RULES
    budget_ms: int | None = None
    as_of: datetime | None = None
    policy_revision: str | None = None
    dry_run: bool = False
    explain: Explain = Explain.SHORT
    personal: bool = True
    """False where whoever looks said that nothing of theirs may be used (`Sec-GPC`)."""
    proven_account: str | None = None
    """The account as a signed token names it, where it is the one that is decided on."""
    changes: Mapping[str, Any] = field(default_factory=dict)
    """Facts as they would be; with any, nothing is recorded."""

    page: bytes | None = None
    """Set where the flags of a page are asked for: a decision that is held for it is given again."""

    @property
    def looks_at_now(self) -> bool:
        """False for a past instant or another revision."""
        return self.as_of is None and self.policy_revision is None

    conversed: Conversed | None = None

    @property
    def is_recorded(self) -> bool:
        """False for what only looks: a dry run, a past instant, another revision, other facts."""
        return not (self.dry_run or self.changes) and self.looks_at_now


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, and how the answer is written for them."""

    key_id: str
    write: Callable[[Mapping[str, Any]], bytes] = orjson.dumps
    idempotency_key: str | None = None
    body_digest: bytes = b""


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer as bytes of JSON; `repeated` when an earlier call with the same key got it first."""

    body: bytes
    repeated: bool = False
    trace: str | None = None
    """Of a page: what was in the store of its visitor when their consent was read, and no later than the rest."""
