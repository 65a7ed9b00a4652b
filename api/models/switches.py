"""`/v1/switches`: kill switches."""

from __future__ import annotations

from datetime import datetime

from segue.api.models.base import Answer, Model, Reason, example


class SwitchIn(Model):
    """A kill switch: off holds the surface or play back."""

    model_config = example(off=True, reason="The offer has ended")

    off: bool
    reason: Reason


class SwitchOut(Answer):
    """A switch as it was just set."""

    model_config = example(name="chat", off=True, reason="The offer has ended")

    name: str
    off: bool
    reason: str


class ChangedSwitchOut(SwitchOut):
    """A switch, and who set it when."""

    changed_at: datetime
    changed_by: str


class SwitchesOut(Answer):
    """The switches that were ever set."""

    model_config = example(
        switches=[
            {
                "name": "chat", "off": True, "reason": "The offer has ended",
                "changed_at": "2026-11-20T09:00:00Z", "changed_by": "key:93b319f5d072c6c9",
            }
        ]
    )  # fmt: skip

    switches: list[ChangedSwitchOut]
