"""`proof/<id>.md`: one approved claim, with its evidence, tags and expiry."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from segue.policies.models.common import Day, Line, Name, PackModel


class ProofClaim(PackModel):
    """What a proof point says and for whom, approved or not."""

    id: Name
    claim: Line
    tags: dict[Name, Annotated[list[str], Field(min_length=1)]] = {}
    """For each trait or topic, the values that the claim is for. A key left out means any."""
    evidence: str = Field(pattern=r"^https://[^\s]+$")
    expires_on: Day
    example: bool = False
    """True for a claim that ships with Segue as an example and must be replaced before use."""


class ProofHeader(ProofClaim):
    """The front matter of a proof point."""

    approved_by: Line
    approved_on: Day

    @model_validator(mode="after")
    def _in_order(self) -> ProofHeader:
        if self.expires_on <= self.approved_on:
            raise ValueError("expires_on must be after approved_on")
        return self


class ProofPoint(ProofHeader):
    """A proof point whole: the front matter and the sentences that may be quoted."""

    body: str
    """Two or three sentences that a reply may quote as they stand."""
