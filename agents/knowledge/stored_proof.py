"""A proof point of the store: a draft until somebody approves it, approved until its day or until it is withdrawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from segue.policies.models.proof import ProofClaim


class ProofState(StrEnum):
    """How far a proof point is. Append, never rename."""

    DRAFT = "draft"
    """Added, and shown to nobody."""
    APPROVED = "approved"
    """Takes part in decisions, from its approval to its last day."""
    EXPIRED = "expired"
    """Takes no part any more: withdrawn, or replaced by a later version."""


@dataclass(frozen=True, slots=True)
class ProofDraft:
    """A proof point as somebody adds it, before anybody approved it."""

    claim: ProofClaim
    body: str
    source: str
    """The file and line that it came from, or the command."""

    @property
    def id(self) -> str:
        """Its id, the same for all versions."""
        return self.claim.id

    def content(self) -> dict[str, Any]:
        """Return what makes a version another one, as the store has it."""
        found = self.claim.model_dump()
        return {**found, "body": self.body}


@dataclass(frozen=True, slots=True)
class StoredProof:
    """One version of a proof point in the store, and who did what to it when."""

    pack: str
    proof_id: str
    version: int
    state: ProofState
    claim: str
    body: str
    tags: Mapping[str, Sequence[str]]
    evidence: str
    expires_on: date
    example: bool
    source: str
    added_by: str
    added_at: datetime
    approved_by: str | None
    approved_at: datetime | None
    expired_by: str | None
    expired_at: datetime | None
    reason: str | None

    def state_on(self, day: date) -> ProofState:
        """Return its state on a day: what is approved is expired from its day on."""
        if self.state is ProofState.APPROVED and self.expires_on <= day:
            return ProofState.EXPIRED
        return self.state

    def content(self) -> dict[str, Any]:
        """Return what makes a version another one, as `ProofDraft.content` does."""
        return {
            "id": self.proof_id, "claim": self.claim, "tags": {key: list(each) for key, each in self.tags.items()},
            "evidence": self.evidence, "expires_on": self.expires_on, "example": self.example, "body": self.body,
        }  # fmt: skip

    def as_point(self) -> dict[str, Any]:
        """Return an approved one as an artifact holds it: a proof point of the pack format, as plain JSON."""
        assert self.approved_by is not None and self.approved_at is not None
        return {
            **self.content(),
            "expires_on": self.expires_on.isoformat(),
            "approved_by": self.approved_by,
            "approved_on": self.approved_at.date().isoformat(),
        }

    def to_json(self, day: date) -> dict[str, Any]:
        """Return it whole as plain JSON, with its state on a day."""
        return {
            **self.content(), "expires_on": self.expires_on.isoformat(), "pack": self.pack, "version": self.version,
            "state": self.state_on(day).value, "source": self.source, "added_by": self.added_by,
            "added_at": self.added_at, "approved_by": self.approved_by, "approved_at": self.approved_at,
            "expired_by": self.expired_by, "expired_at": self.expired_at, "reason": self.reason,
        }  # fmt: skip
