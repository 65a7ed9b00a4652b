"""`/v1/decisions`: what is asked and answered."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, JsonValue, StringConstraints, model_validator

from segue.agents.decision import Explain
from segue.agents.decision_request import Mode
from segue.api.models.base import Answer, FactValues, Identifier, Instant, Model, Revision, example
from segue.api.models.examples import DECISION, PUBLIC_DECISION
from segue.api.models.problem import PROBLEM, Problem
from segue.policies.models.pack import Surface


class DecisionIn(Model):
    """One decision that is asked for."""

    model_config = example(
        surface="chat",
        account="acme.example",
        visitor="visitor-81f2",
        context={},
        mode="rules",
        explain="short",
    )

    surface: Annotated[Surface, Field(strict=False)]
    """Where the decision shows."""
    account: Identifier | None = None
    """The account by id or domain; one that is not known gets the residual's treatment."""
    visitor: Identifier | None = None
    """A browser or device."""
    identity_token: Annotated[str, StringConstraints(min_length=1, max_length=4_096)] | None = None
    """Who looks, signed by your backend: a JWT (HS256) with `sub`, `exp`, `aud: segue`, and perhaps `email` and
    `account`. Also as the header `Segue-Identity`."""
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
        if self.account is None and self.visitor is None and self.identity_token is None:
            raise ValueError("name an account or a visitor, or give an identity token")
        return self


class DecisionsIn(Model):
    """Up to a thousand decisions."""

    model_config = example(
        decisions=[
            {"surface": "chat", "account": "acme.example"},
            {"surface": "web", "visitor": "visitor-81f2"},
        ]
    )

    decisions: Annotated[list[JsonValue], Field(min_length=1, max_length=1_000)]
    """Each as in `POST /v1/decisions`; one that is refused fails alone."""


class AccountOut(Answer):
    """Who was decided on."""

    id: str
    domain: str | None
    name: str | None


class IdentityOut(Answer):
    """How the account was found, where the request did not name it."""

    method: str
    """That of the weakest link from whoever looks to the account, such as `address`, `work_email` or `token`."""
    confidence: float
    used: bool
    """False where the pack asks for more on this surface: it is decided as for an account that nobody knows."""


class ClauseOut(Answer):
    """A condition that decided, with the value that it saw."""

    clause: str
    trait: str | None
    value: Any
    verdict: bool | None
    missing: list[str] | None = None


class LabelOut(Answer):
    """The label in one pack."""

    segment: str
    status: Literal["matched", "provisional", "residual"]
    because: list[ClauseOut]
    missing: list[str]


class ProofOut(Answer):
    """An approved claim."""

    id: str
    claim: str
    source: str
    expires_on: str


class OwnerOut(Answer):
    """Who carries a play out."""

    role: str
    rep: str | None
    via: str | None


class PlayOut(Answer):
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


class ScoreOut(Answer):
    """The terms of a permitted play's arbitration: propensity * context * value - cost."""

    propensity: float
    context: float
    value: float
    cost: float
    total: float


class ConsideredOut(Answer):
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


class PolicyOut(Answer):
    """The revisions that decided."""

    revision: str
    packs: dict[str, str]
    artifacts: dict[str, dict[str, str]] | None = None
    """What the population decided for traits of those packs, where it decided anything."""


class DecisionOut(Answer):
    """A decision, whole. A publishable key gets `decision_id`, `surface` and `play` alone."""

    model_config = ConfigDict(json_schema_extra={"examples": [DECISION]})

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
    identity: IdentityOut | None = None
    """There where a visitor, a contact or a token led to an account."""


class PublicPlayOut(Answer):
    """What a page needs of a play: nothing about the account, nor who there works for it."""

    name: str
    title: str
    kind: str
    channel: str
    offer: str | None
    message: str | None
    parameters: dict[str, Any]
    proof_points: list[ProofOut]


class PublicDecisionOut(Answer):
    """What a publishable key gets."""

    model_config = ConfigDict(json_schema_extra={"examples": [PUBLIC_DECISION]})

    decision_id: str
    surface: str
    play: PublicPlayOut


class BatchItemOut(Answer):
    """One answer of a batch: the decision, or the problem that the same call alone would have got."""

    status: int
    decision: DecisionOut | None = None
    problem: Problem | None = None


class DecisionsOut(Answer):
    """The answers, in the order in which they were asked for."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"decisions": [{"status": 200, "decision": DECISION}, {"status": 422, "problem": PROBLEM}]}
            ]
        }
    )

    decisions: list[BatchItemOut]
