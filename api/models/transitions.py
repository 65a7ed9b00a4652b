"""How labels changed, why, and what that set off."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from segue.api.models.base import Answer, example
from segue.api.models.decisions import ClauseOut

LabelStatus = Literal["matched", "provisional", "residual"]
TRANSITION = {
    "transition_id": 41, "account": "0015g00000AbCdEAAV", "domain": "acme.example", "name": "Acme",
    "pack": "saas_pipeline", "from": "warm_up", "to": "sales_ready",
    "status": {"from": "matched", "to": "matched"},
    "because": [{"clause": "intent >= 60", "trait": "intent", "value": 72.5, "verdict": True}],
    "cause": "event", "revision": f"sha256:{64 * '0'}", "at": "2026-11-20T09:00:00Z",
    "consequences": [
        {"consequence_id": "019aa0f0-0000-7000-8000-000000000000", "play": "route_same_day",
         "moment": "enter", "segment": "sales_ready", "status": "done", "reason": None,
         "due_at": "2026-11-20T09:00:00Z", "attempts": 1}
    ],
}  # fmt: skip


class StatusChangeOut(Answer):
    """How sure the label was before and is since; none for the first label."""

    from_: Annotated[LabelStatus | None, Field(alias="from")]
    to: LabelStatus | None


class ConsequenceOut(Answer):
    """A play that a change of segment set off, or why not."""

    consequence_id: str
    play: str
    moment: Literal["enter", "exit"]
    segment: str
    status: Literal["waiting", "excluded", "cancelled", "doing", "done", "parked"]
    reason: str | None
    """Why it was excluded or cancelled, or the error of the last attempt."""
    due_at: datetime
    attempts: int


class TransitionOut(Answer):
    """A change of a label, why, and what it set off."""

    transition_id: int
    account: str
    domain: str | None
    name: str | None
    pack: str
    from_: Annotated[str | None, Field(alias="from")]
    """None for the first label in the pack."""
    to: str | None
    """None where the account was merged into another, which is labelled in its place."""
    status: StatusChangeOut
    because: list[ClauseOut]
    """The clauses that flipped, as they were then."""
    cause: Literal["event", "time", "traits", "import", "pin", "policy", "identity", "merge"]
    revision: str
    at: datetime
    consequences: list[ConsequenceOut]


class AccountTransitionsOut(Answer):
    """How an account's labels changed, the newest first."""

    model_config = example(account="0015g00000AbCdEAAV", transitions=[TRANSITION])

    account: str
    transitions: list[TransitionOut]
