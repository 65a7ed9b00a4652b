"""`/v1/accounts`: what sources say, what is held by hand, and what is known."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, JsonValue, StringConstraints

from segue.api.models.base import Answer, Identifier, Instant, Model, Reason, Source, example
from segue.api.models.duplicates import CommitteeOut, FamilyOut, MergeOut
from segue.api.models.transitions import TRANSITION, LabelStatus, TransitionOut


def _rounded(confidence: float) -> float:
    return round(confidence, 6)  # the store keeps about as many digits, and no number that is next to nothing


class TraitIn(Model):
    """What a source says of a trait."""

    trait: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    value: JsonValue
    """None withdraws what the source said before."""
    source: Source
    """One of the sources of `pack.yaml`."""
    confidence: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False), AfterValidator(_rounded)] | None = (
        None
    )
    """How sure the source is, times which the pack's belief in the source counts."""
    true_at: Instant | None = None
    """Since when it is so; now, when it is left out."""


class TraitsIn(Model):
    """Trait values of an account, stored together or not at all."""

    model_config = example(
        traits=[
            {"trait": "employees", "value": 800, "source": "crm"},
            {"trait": "industry", "value": "saas", "source": "enrichment", "confidence": 0.7},
        ]
    )

    traits: Annotated[list[TraitIn], Field(min_length=1, max_length=500)]


class PinIn(Model):
    """What is held by hand: a label in a pack, or the owner."""

    model_config = example(
        kind="owner",
        value="rep-1@example.com",
        reason="Agreed with the account",
        expires_at="2027-02-01T00:00:00Z",
    )

    kind: Literal["label", "owner"]
    pack: Identifier | None = None
    """For a label."""
    value: Identifier
    """The segment, or the rep."""
    reason: Reason
    expires_at: Instant


class AccountFieldsOut(Answer):
    """Who an account is."""

    id: str
    domain: str | None
    name: str | None
    owner: str | None
    open_opportunity_owner: str | None


class SaidOut(Answer):
    """What a source says of a trait."""

    value: JsonValue
    source: str
    confidence: float | None
    true_at: datetime


class PinOut(Answer):
    """What is held by hand, and why."""

    kind: Literal["label", "owner"]
    pack: str | None
    value: str
    reason: str
    expires_at: datetime


class AccountLabelOut(Answer):
    """The label in one pack."""

    segment: str
    status: LabelStatus
    missing: list[str]
    """Facts that would settle it."""
    stale: list[str]
    """Traits whose every value is older than the pack counts as fresh."""
    since: datetime | None
    """When the account came into the segment; none in the moment between a change and its being written."""


class KnownAccountOut(Answer):
    """What is known of an account."""

    model_config = example(
        account={
            "id": "0015g00000AbCdEAAV", "domain": "acme.example", "name": "Acme", "owner": "rep-1@example.com",
            "open_opportunity_owner": None,
        },
        traits={
            "employees": [
                {"value": 800, "source": "crm", "confidence": None, "true_at": "2026-11-20T09:00:00Z"}
            ]
        },
        asked_as=None,
        merged=[],
        family={"stated_parent": None, "parent": None, "subsidiaries": []},
        committee={
            "saas_pipeline": {
                "active": {"cmo": {"contacts": 1, "last_seen": "2026-11-20T09:00:00Z"}},
                "missing": ["revenue", "cfo", "it", "ciso"],
            }
        },
        events={"saas_pipeline": {"pricing_views": 2, "active_contacts": 1, "intent": 24.5}},
        ranks={"saas_pipeline": {"tal_tier": "tier_1"}},
        pins=[],
        labels={
            "saas_pipeline": {"segment": "needs_data", "status": "provisional", "missing": ["intent"], "stale": [],
                "since": "2026-11-20T09:00:00Z"}
        },
        transitions=[TRANSITION],
    )  # fmt: skip

    account: AccountFieldsOut
    asked_as: str | None
    """The id by which it was asked for, where that is an account that was merged into this one."""
    merged: list[MergeOut]
    """The accounts that were merged into it: what is known of them counts for it."""
    family: FamilyOut
    traits: dict[str, list[SaidOut]]
    events: dict[str, dict[str, str | int | float | bool | None]]
    """By pack, what the account's events come to now; empty while no event was ever stored."""
    ranks: dict[str, dict[str, str]]
    """By pack, the account's tier in each list that is applied; `none` is no seat."""
    pins: list[PinOut]
    labels: dict[str, AccountLabelOut]
    """By pack."""
    committee: dict[str, CommitteeOut]
    """By pack, for those that give contacts roles by their titles."""
    transitions: list[TransitionOut]
    """The last ones."""


class TraitsStoredOut(Answer):
    """What was stored."""

    model_config = example(account="0015g00000AbCdEAAV", stored=2)

    account: str
    stored: int


class PinnedOut(Answer):
    """What is held by hand now."""

    model_config = example(
        account="0015g00000AbCdEAAV",
        pin={
            "kind": "owner", "pack": None, "value": "rep-1@example.com", "reason": "Agreed with the account",
            "expires_at": "2027-02-01T00:00:00Z",
        },
    )  # fmt: skip

    account: str
    pin: PinOut


class UnpinnedOut(Answer):
    """The account of which nothing is held by hand any more."""

    model_config = example(account="0015g00000AbCdEAAV")

    account: str


class ImportedOut(Answer):
    """What an import did: rows read and written, accounts stored, and what became of every column and value."""

    model_config = example(
        stored=1_880, rows=2_000, written=2_000,
        report={"rows_rejected": 0, "rows_dropped": 1, "dropped": [{"row": 6, "domain": "gmail.com"}], "fields": []},
    )  # fmt: skip

    stored: int
    rows: int
    written: int
    report: dict[str, Any]
    """As `segue import --json` has it: lists are bounded, counts exact."""
