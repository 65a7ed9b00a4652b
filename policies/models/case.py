"""`segments/<segment>_test.yaml`: what a policy is expected to decide, beside the policy."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import ConfigDict, Field, RootModel

from segue.policies.models.common import Instant, Line, Name, PackModel
from segue.policies.models.pack import SurfaceName


class PlayIn(PackModel):
    """Any of several plays will do."""

    model_config = ConfigDict(populate_by_name=True)
    in_: Annotated[list[Name], Field(min_length=1, alias="in")]


class Tags(PackModel):
    """The tags that the chosen proof points carry between them."""

    include: list[str] = []
    exclude: list[str] = []


class Expect(PackModel):
    """What is expected. Only what is named is checked."""

    segment: Name | None = None
    status: Annotated[str, Field(pattern="^(matched|provisional|residual)$")] | None = None
    missing: list[Name] | None = None
    """Exactly these traits, in any order."""
    play: Name | PlayIn | None = None
    permitted: list[Name] | None = None
    """Each of these is permitted."""
    excluded: dict[Name, Name] | None = None
    """Each of these plays is excluded, for this reason."""
    proof_tags: Tags | None = None
    proof_points: list[Name] | None = None
    """Exactly these proof points, in order."""
    message: str | None = None
    """Text that the play's message contains."""
    owner: str | None = None
    """The rep who is to carry it out, or the routing outcome (`nobody_free`)."""
    parameters: dict[Name, Any] | None = None
    """These parameters of the play, among others."""


class Case(PackModel):
    """One test: the facts, where the question is asked, and what should come of it."""

    name: Line
    facts: dict[Name, Any] = {}
    believed: dict[Name, float] = {}
    """How far a fact is believed, 0 to 1, where that is not 1."""
    contact: dict[Name, Any] = {}
    context: dict[Name, Any] = {}
    """Request traits."""
    account: dict[str, str] = {}
    """The account itself: id, domain, name, owner, open_opportunity_owner."""
    counters: dict[str, int] = {}
    """Deliveries so far, by play name."""
    switched_off: list[Name] = []
    """Surfaces and plays that a kill switch holds."""
    now: Instant | None = None
    surface: SurfaceName | None = None
    """Without a surface only the label is checked."""
    expect: Expect


class CasesFile(RootModel[Annotated[list[Case], Field(min_length=1)]]):
    """The whole of a `*_test.yaml`."""
