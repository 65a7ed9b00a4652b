"""`pack.yaml`: what the pack decides, its segments in order, and the guardrails of all of them."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, model_validator

from segue.policies.models.common import Duration, Line, Name, PackModel, PredicateText, one_of
from segue.policies.models.play import ChannelName, KindName


class Surface(StrEnum):
    """Where a decision shows."""

    WEB = "web"
    CHAT = "chat"
    SLACK = "slack"
    EMAIL = "email"
    ADS = "ads"
    CRM = "crm"


SurfaceName = Annotated[Surface, BeforeValidator(one_of(Surface))]
"""A surface, as a file names it."""


class Forbid(PackModel):
    """Which plays a rule takes away: by name, by kind or by channel.

    A play that undoes another is taken away by its name only.
    """

    plays: list[Name] = []
    kinds: list[KindName] = []
    channels: list[ChannelName] = []

    @model_validator(mode="after")
    def _names_something(self) -> Forbid:
        if not (self.plays or self.kinds or self.channels):
            raise ValueError("forbid names at least one play, kind or channel")
        return self


class Guardrail(PackModel):
    """A rule that holds for every segment of the pack."""

    id: Name
    forbid: Forbid
    when: PredicateText
    """May read account, contact and request traits. It fires unless it is false."""
    reason: Name
    """The reason code that callers see."""


class Terms(PackModel):
    """The terms that `adapt` changes: same treatment, other terms."""

    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] | None = None
    proof_tags: list[Name] = []
    """Tags that a proof point should carry: those that do are put first."""
    parameters: dict[Name, Any] = {}


class Adapt(PackModel):
    """Other terms where a condition is true."""

    when: PredicateText
    set: Terms


class Identity(PackModel):
    """How far it has to be believed whose somebody is."""

    least_confidence: dict[SurfaceName, Annotated[float, Field(ge=0, le=1)]] = {}
    """For each surface. What is believed less is decided as for an account that nobody knows."""


class PackFile(PackModel):
    """The whole of `pack.yaml`."""

    pack: Name
    title: Line
    decision: Line | None = None
    """The decision that this segmentation exists for. Loading allows none; `segue check` does not."""
    dimensions: list[Name]
    """The traits that span the segmentation."""
    segments: Annotated[list[Name], Field(min_length=2)]
    """Tried in this order; the last is the residual."""
    surfaces: Annotated[list[SurfaceName], Field(min_length=1)]
    sources: Annotated[dict[Name, Annotated[float, Field(ge=0, le=1)]], Field(min_length=1)]
    """How far each source is believed, 0 to 1."""
    sells_in: list[Annotated[str, Field(pattern=r"^[A-Z]{2,5}$")]] = []
    """The legal regimes sold in, such as US, EU, UK."""
    identity: Identity | None = None
    lease: Duration = timedelta(minutes=30)
    """How long an account's goal, offer and owner stay the same on every surface, and a page's decision holds;
    0s for no time at all."""
    guardrails: list[Guardrail] = []
    adapt: list[Adapt] = []
    rebuild_when: list[Line] = []
    """The events of the market after which this segmentation must be thought through again."""
