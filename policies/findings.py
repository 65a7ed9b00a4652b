"""What the gate says of a play: permitted, or the first thing against it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Reason(StrEnum):
    """Why a play was or was not permitted. Append, never rename: callers match on these."""

    PERMITTED = "permitted"
    NOT_ALLOWED = "not_allowed"
    """The segment does not name the play for this surface."""
    FORBIDDEN = "forbidden"
    """A rule or guardrail is true; its own reason is shown."""
    FORBIDDEN_UNKNOWN = "forbidden_unknown"
    """A rule or guardrail cannot be shown to be false."""
    LIMIT_REACHED = "limit_reached"
    SWITCHED_OFF = "switched_off"
    """A kill switch holds the surface or the play."""
    SUPPRESSION_UNPROVEN = "suppression_unproven"
    """The play takes the account out of something, and the label is not settled."""
    MESSAGE_UNFILLED = "message_unfilled"
    """The words name a fact that is unknown."""
    NO_PROOF = "no_proof"
    """The words quote a proof point, and none may be shown."""
    NOTHING_TO_ASK = "nothing_to_ask"
    """No question would change the label."""
    NOBODY_FREE = "nobody_free"
    """The play promises a named rep, and none is free."""
    OTHER_STORY = "other_story"
    """The account's lease holds it to another goal or offer."""
    HOLDOUT = "holdout"
    """The account is held out of the segment's treatment, to measure what it is worth."""
    LEFT_ALONE = "left_alone"
    """The person asked, in the conversation that this is for, to be left alone."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What the gate says of one play.

    `reason` is what a caller sees: the rule's own reason when it fired, else the code. `rule` names
    the rule, guardrail or limit; `clause`, `trait` and `value` are what decided it.
    """

    play: str
    code: Reason
    reason: str
    rule: str | None = None
    clause: str | None = None
    trait: str | None = None
    value: Any = None
    missing: tuple[str, ...] = ()

    @property
    def permitted(self) -> bool:
        """True when policy permits the play."""
        return self.code is Reason.PERMITTED
