"""`plays/<play>.yaml`: one action, with its channel, message, offer, owner and worth."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from segue.policies.models.common import Line, Name, PackModel, PredicateText, one_of


class Kind(StrEnum):
    """What sort of action a play is."""

    ROUTE = "route"
    MEETING = "meeting"
    REPLY = "reply"
    ASK = "ask"
    PAGE = "page"
    BANNER = "banner"
    CTA = "cta"
    SEQUENCE = "sequence"
    AUDIENCE = "audience"
    ALERT = "alert"
    TAG = "tag"
    NURTURE = "nurture"
    SILENCE = "silence"


class Channel(StrEnum):
    """Through what the play reaches a person or a system."""

    WEB = "web"
    CHAT = "chat"
    SLACK = "slack"
    EMAIL = "email"
    PHONE = "phone"
    LINKEDIN = "linkedin"
    ADS = "ads"
    CRM = "crm"
    NONE = "none"


KindName = Annotated[Kind, BeforeValidator(one_of(Kind))]
ChannelName = Annotated[Channel, BeforeValidator(one_of(Channel))]

Owner = Literal["account_owner", "open_opportunity_owner", "pod", "marketing", "system"]
"""Who carries a play out. `account_owner` and `pod` are resolved to a named rep by `routing.yaml`."""


class ContextFactor(PackModel):
    """How much more, or less, a play fits where a condition is true. Unknown counts as no change."""

    when: PredicateText
    times: Annotated[float, Field(gt=0, le=10)]


class Play(PackModel):
    """One action. Arbitration scores it `propensity * context * value - cost`."""

    play: Name
    title: Line
    kind: KindName
    channel: ChannelName
    goal: Name | None = None
    """What it is meant to bring about: `meeting`, `trial`, `reply`."""
    offer: Line | None = None
    owner: Owner = "system"
    order: Annotated[int, Field(ge=0, le=100)] | None = None
    """How much treatment this is, 0 to 100; more intent never lowers it."""
    propensity: Annotated[float, Field(gt=0, le=1)] | None = None
    """The author's estimate of how often the goal follows; outcomes replace it as they come in."""
    context: list[ContextFactor] = []
    """The product of the factors whose condition is true is the score's context."""
    value: Annotated[float, Field(ge=0)] = 0.0
    """What reaching the goal is worth, in the pack's own unit."""
    cost: Annotated[float, Field(ge=0)] = 0.0
    """What making the offer costs, in the same unit."""
    suppresses: bool = False
    """True when it takes an account out of something. Only a matched label may be suppressed."""
    undone_by: Name | None = None
    """The play that takes back what this one leaves behind."""
    message: str | None = Field(default=None, max_length=4000)
    """Text with slots: `{name}`, `{name|fallback}`, `{proof.1}`."""
    fill: dict[Name, Name] = {}
    """Slot names to the traits that fill them. A slot that is a trait's own name needs no entry."""
    parameters: dict[Name, Any] = {}

    @model_validator(mode="after")
    def _consistent(self) -> Play:
        if self.play == "silence" or self.kind is Kind.SILENCE:
            raise ValueError("silence is built in and needs no file")
        if self.undone_by == self.play:
            raise ValueError("a play cannot undo itself")
        if self.value > 0 and self.propensity is None:
            raise ValueError("a play with a value needs its propensity, 0 to 1")
        return self


LEAVES_BEHIND = frozenset({Kind.TAG, Kind.AUDIENCE, Kind.SEQUENCE})
"""The kinds of play that leave something behind, which an exit has to take back."""
