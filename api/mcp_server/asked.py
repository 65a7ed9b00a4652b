"""What the tools of `/mcp` are asked."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from segue.agents.decision_request import Mode
from segue.api.models.base import FactValues, Identifier, Model, clean
from segue.policies.models.pack import Surface

_Surface = Annotated[Surface, Field(strict=False)]
_Query = Annotated[str, StringConstraints(min_length=1, max_length=2_000), AfterValidator(clean)]


class Somebody(Model):
    """Who is asked about."""

    account: Identifier | None = None
    """The account by id or domain, such as acme.example."""
    visitor: Identifier | None = None
    """A browser or device; it is decided for the account that it is held to belong to."""
    pack: Identifier | None = None
    """The live pack that decides; the last one, when it is left out."""

    @model_validator(mode="after")
    def _somebody(self) -> Somebody:
        if self.account is None and self.visitor is None:
            raise ValueError("name an account or a visitor")
        return self


class LookIn(Somebody):
    """A decision that is asked for, recorded nowhere."""

    surface: _Surface
    """Where the decision shows: web, chat, slack, email, ads or crm."""
    contact: FactValues = {}
    """Facts of the person who is asked for, such as `persona`."""
    context: FactValues = {}
    """Facts of the request, such as `path`."""
    mode: Annotated[Mode, Field(strict=False)] = Mode.RULES
    """Who chooses among what policy permits."""
    budget_ms: Annotated[int, Field(ge=1, le=60_000)] | None = None
    """With `mode: model`, the milliseconds in which the answer is there."""


class DecideIn(LookIn):
    """A decision that is asked for, by a key that may act."""

    record: bool = False
    """Record the decision: it then counts as shown to the account, and uses up limits and the reps' caps."""


class ExplainIn(Model):
    """A stored decision by its id, or a fresh one."""

    decision_id: Annotated[UUID, Field(strict=False)] | None = None
    """A decision that was recorded. Without it a fresh one is made, and recorded nowhere."""
    account: Identifier | None = None
    """For a fresh one: the account by id or domain."""
    visitor: Identifier | None = None
    """For a fresh one: a browser or device."""
    surface: _Surface = Surface.SLACK
    """For a fresh one: where it shows."""
    pack: Identifier | None = None
    """For a fresh one: the live pack that decides; the last one, when it is left out."""

    @model_validator(mode="after")
    def _one_decision(self) -> ExplainIn:
        if self.decision_id is not None and (self.account or self.visitor or self.pack):
            raise ValueError("give a decision_id, or an account or a visitor; not both")
        if self.decision_id is None and self.account is None and self.visitor is None:
            raise ValueError("give a decision_id, or name an account or a visitor")
        return self


class AccountIn(Model):
    """The account that is looked at."""

    account: Identifier
    """By id or domain, such as acme.example."""


class SearchProofIn(Somebody):
    """What a claim is looked for."""

    query: _Query
    """What the buyer asks or doubts, in their own words."""
    surface: _Surface = Surface.CHAT
    """Where the proof would be shown."""
    at_most: Annotated[int, Field(ge=1, le=10)] = 3
    """How many proof points."""


class SimulateIn(Somebody):
    """What would come of other facts."""

    surface: _Surface = Surface.SLACK
    """Where the decision shows."""
    changes: Annotated[FactValues, Field(min_length=1, max_length=20)]
    """Trait to the value that it would have; null makes it unknown."""
