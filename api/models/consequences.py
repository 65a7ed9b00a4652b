"""`/v1/consequences`: what changes of label set off, and what became of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from segue.api.models.base import Answer, example

Status = Literal["waiting", "doing", "done", "excluded", "cancelled", "parked"]

_EXAMPLE = {
    "id": "01a20e4a-d0d0-7e69-9dfa-542d9c8ab1b6", "account": "acme.example", "pack": "saas_pipeline",
    "segment": "sales_ready", "moment": "enter", "play": "alert_owner", "due_at": "2026-11-20T09:00:00Z",
    "status": "parked", "reason": "Slack: channel_not_found", "attempts": 1, "detail": {"connector": "slack"},
    "revision": "sha256:93b319f5d072c6c9", "changed_at": "2026-11-20T09:00:01Z",
}  # fmt: skip


class ConsequenceOut(Answer):
    """A play that a change of label set off."""

    model_config = example(**_EXAMPLE)

    id: str
    """Stable: every try carries it to the other side."""
    account: str
    pack: str
    segment: str
    """The segment that was entered, or left."""
    moment: Literal["enter", "exit"]
    play: str
    due_at: datetime
    status: Status
    reason: str | None
    """Why it was excluded or cancelled, or what the last try met with."""
    attempts: int
    detail: dict[str, Any]
    """What came of it, as its connector says."""
    revision: str
    changed_at: datetime


class ConsequencesOut(Answer):
    """Consequences, the last that changed first."""

    model_config = example(consequences=[_EXAMPLE])

    consequences: list[ConsequenceOut]
