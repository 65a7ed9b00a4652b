"""What callers send and get over HTTP. Unknown keys and implicit conversions are errors."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    StringConstraints,
    model_validator,
)

from segue.agents.decision import Explain
from segue.agents.service import Mode
from segue.policies.models.pack import Surface


def _clean(text: str) -> str:
    if any(character < " " or character == "\x7f" for character in text):
        raise ValueError("expected a text without control characters")
    return text


def _aware(instant: datetime) -> datetime:
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)


class Model(BaseModel):
    """The base of everything that crosses the door."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, use_attribute_docstrings=True)


Identifier = Annotated[str, StringConstraints(min_length=1, max_length=300), AfterValidator(_clean)]
"""A name of something, 1 to 300 characters."""
Reason = Annotated[str, StringConstraints(min_length=1, max_length=500), AfterValidator(_clean)]
"""Why somebody does something, in a sentence."""
Instant = Annotated[datetime, Field(strict=False), AfterValidator(_aware)]
"""An ISO 8601 timestamp; without a zone it is UTC."""
Revision = Annotated[str, StringConstraints(pattern=r"^sha256:[0-9a-f]{64}$")]
"""The content hash of a pack."""
FactValues = Annotated[
    dict[Annotated[str, StringConstraints(max_length=100)], JsonValue], Field(max_length=200)
]
"""Trait to value, as the pack declares it."""


class DecisionIn(Model):
    """One decision that is asked for."""

    surface: Annotated[Surface, Field(strict=False)]
    """Where the decision shows."""
    account: Identifier | None = None
    """The account by id or domain; one that is not known gets the residual's treatment."""
    visitor: Identifier | None = None
    """A browser or device."""
    contact_id: Identifier | None = None
    """Whom limits per contact count; the visitor, when it is left out."""
    contact: FactValues = {}
    """Facts of the person who is asked for, such as `persona`."""
    context: FactValues = {}
    """Facts of the request, such as `path`."""
    pack: Identifier | None = None
    """The live pack that decides; the last one, when it is left out."""
    mode: Annotated[Mode, Field(strict=False)] = Mode.RULES
    """Who chooses among what policy permits."""
    budget_ms: Annotated[int, Field(ge=1, le=60_000)] | None = None
    """With `mode: model`, the milliseconds in which the answer is there, whatever the model does."""
    as_of: Instant | None = None
    """Decide on what was known at a past instant; always a dry run."""
    policy_revision: Revision | None = None
    """Decide by a stored revision of the pack; always a dry run."""
    dry_run: bool = False
    """Decide, and record nothing."""
    explain: Annotated[Explain, Field(strict=False)] = Explain.SHORT
    """How much of its reasons the answer says; `full` adds every play and what would change it."""

    @model_validator(mode="after")
    def _somebody(self) -> DecisionIn:
        if self.account is None and self.visitor is None:
            raise ValueError("name an account or a visitor")
        return self


class DecisionsIn(Model):
    """Up to a thousand decisions."""

    decisions: Annotated[list[JsonValue], Field(min_length=1, max_length=1_000)]
    """Each as in `POST /v1/decisions`; one that is refused fails alone."""


class AccountOut(BaseModel):
    """Who was decided on."""

    id: str
    domain: str | None
    name: str | None


class ClauseOut(BaseModel):
    """A condition that decided, with the value that it saw."""

    clause: str
    trait: str | None
    value: Any
    verdict: bool | None
    missing: list[str] | None = None


class LabelOut(BaseModel):
    """The label in one pack."""

    segment: str
    status: Literal["matched", "provisional", "residual"]
    because: list[ClauseOut]
    missing: list[str]


class ProofOut(BaseModel):
    """An approved claim."""

    id: str
    claim: str
    source: str
    expires_on: str


class OwnerOut(BaseModel):
    """Who carries a play out."""

    role: str
    rep: str | None
    via: str | None


class PlayOut(BaseModel):
    """The play, its words filled in."""

    name: str
    title: str
    kind: str
    channel: str
    goal: str | None
    offer: str | None
    message: str | None
    parameters: dict[str, Any]
    proof_points: list[ProofOut]
    owner: OwnerOut


class ScoreOut(BaseModel):
    """The terms of a permitted play's arbitration: propensity * context * value - cost."""

    propensity: float
    context: float
    value: float
    cost: float
    total: float


class ConsideredOut(BaseModel):
    """A play, permitted with its score or excluded with what decided that."""

    play: str
    permitted: bool
    reason: str
    code: str | None = None
    rule: str | None = None
    clause: str | None = None
    trait: str | None = None
    value: Any = None
    missing: list[str] | None = None
    score: ScoreOut | None = None


class PolicyOut(BaseModel):
    """The revisions that decided."""

    revision: str
    packs: dict[str, str]


class DecisionOut(BaseModel):
    """A decision, whole. A publishable key gets `decision_id`, `surface` and `play` alone."""

    decision_id: str
    revision: int
    pack: str
    surface: str
    account: AccountOut
    labels: dict[str, LabelOut]
    play: PlayOut
    considered: list[ConsideredOut]
    flip: list[dict[str, Any]]
    chooser: str
    fallback_reason: str | None
    propensity: float
    experiment: dict[str, Any] | None
    policy: PolicyOut
    decided_at: str
    latency_ms: float
    dry_run: bool | None = None


class PublicPlayOut(BaseModel):
    """What a page needs of a play: nothing about the account, nor who there works for it."""

    name: str
    title: str
    kind: str
    channel: str
    offer: str | None
    message: str | None
    parameters: dict[str, Any]
    proof_points: list[ProofOut]


class PublicDecisionOut(BaseModel):
    """What a publishable key gets."""

    decision_id: str
    surface: str
    play: PublicPlayOut


class TraitIn(Model):
    """What a source says of a trait."""

    trait: Annotated[str, StringConstraints(max_length=100)]
    value: JsonValue
    """None withdraws what the source said before."""
    source: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
    """One of the sources of `pack.yaml`."""
    confidence: Annotated[float, Field(ge=0, le=1, strict=False, allow_inf_nan=False)] | None = None
    """How sure the source is, times which the pack's belief in the source counts."""
    true_at: Instant | None = None
    """Since when it is so; now, when it is left out."""


class TraitsIn(Model):
    """Trait values of an account, stored together or not at all."""

    traits: Annotated[list[TraitIn], Field(min_length=1, max_length=500)]


class PinIn(Model):
    """What is held by hand: a label in a pack, or the owner."""

    kind: Literal["label", "owner"]
    pack: Identifier | None = None
    """For a label."""
    value: Identifier
    """The segment, or the rep."""
    reason: Reason
    expires_at: Instant


class PackFilesIn(Model):
    """A pack as its files: path inside it to text."""

    files: Annotated[dict[str, str], Field(min_length=1, max_length=2_000)]


class DeployIn(Model):
    """The packs to serve, in their order."""

    packs: Annotated[list[Revision], Field(min_length=1, max_length=20)]
    shadows: Annotated[list[Revision], Field(max_length=20)] = []
    dry_run: bool = False
    """Say what it would move, and change nothing."""
    expected_deployment: int | None = None
    """Refuse if another deployment was made since this one."""


class RollbackIn(Model):
    """Back to what served before."""

    expected_deployment: int | None = None


class SwitchIn(Model):
    """A kill switch: off holds the surface or play back."""

    off: bool
    reason: Reason
