"""`/v1/target-accounts`: lists of few seats, proposed and applied."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from segue.api.models.base import Answer, Identifier, Model, Revision, example

_ID = "sha256:93b319f5d072c6c991e5f0a3ad6f6e6e2a3b1dcb1b7a9c3f3c1f5c1a2b3c4d5e"
_CHANGE = {
    "account": "acme.example", "domain": "acme.example", "name": "Acme", "what": "enters", "from": "none",
    "to": "tier_1", "reason": "ahead", "ahead_of": "globex.example", "rank": {"before": None, "after": 12},
    "score": {"before": None, "after": 92.5},
}  # fmt: skip


class ProposeIn(Model):
    """Which list is proposed."""

    model_config = example(pack="saas_pipeline", trait="tal_tier")

    pack: Identifier | None = None
    """A live pack; the last one, when it is left out."""
    trait: Identifier | None = None
    """Which trait `rank`, where the pack has several."""


class RanksOut(Answer):
    """Ranks among all that may have a seat, 1 the best; null where there was or is none."""

    before: int | None
    after: int | None


class ScoresOut(Answer):
    """Scores in the list before and now; null where there was or is none."""

    before: float | None
    after: float | None


class SeatChangeOut(Answer):
    """An account that would enter the list, leave it or move to another tier."""

    model_config = example(**_CHANGE)

    account: str
    domain: str | None
    name: str | None
    what: Literal["enters", "leaves", "moves"]
    before: Annotated[str, Field(alias="from")]
    """The tier; `none` is no seat."""
    after: Annotated[str, Field(alias="to")]
    reason: str
    ahead_of: str | None
    """Whose seat it would take."""
    rank: RanksOut
    score: ScoresOut


class ProposalOut(Answer):
    """A list as it would be now. Nothing reads it until it is applied."""

    model_config = example(
        proposal=_ID, pack="saas_pipeline", trait="tal_tier", as_of="2026-11-27T12:00:00Z", supersedes=None,
        eligible=1_204, seats={"tier_1": 50, "tier_2": 300}, kept=349, changes=[_CHANGE],
    )  # fmt: skip

    proposal: str
    pack: str
    trait: str
    as_of: datetime
    supersedes: str | None
    """The list that it was proposed from."""
    eligible: int
    """Accounts that may have a seat."""
    seats: dict[str, int]
    """Seats taken, by tier."""
    kept: int
    changes: list[SeatChangeOut]


class ApplyIn(Model):
    """The proposal that becomes the list that counts, and who says so."""

    model_config = example(proposal=_ID, by="Ana Silva", set_off=False)

    proposal: Revision
    by: Annotated[Identifier, StringConstraints(max_length=200)]
    """The person who applies it."""
    set_off: bool = False
    """Carry out what accounts set off that move by this."""


class AppliedOut(Answer):
    """The list that counts now, and the deployment by which it does."""

    model_config = example(applied=_ID, deployment=7)

    applied: str
    deployment: int


class SeatOut(Answer):
    """An account with a seat."""

    account: str
    tier: str
    rank: int
    score: float


class ListOut(Answer):
    """The list that is applied, the best first; `artifact` is null before the first."""

    model_config = example(
        pack="saas_pipeline", trait="tal_tier", artifact=_ID, as_of="2026-11-27T12:00:00Z",
        seats=[{"account": "acme.example", "tier": "tier_1", "rank": 1, "score": 92.5}],
    )  # fmt: skip

    pack: str
    trait: str
    artifact: str | None
    as_of: datetime | None
    seats: list[SeatOut]
