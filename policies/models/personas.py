"""`personas.yaml`: the rules by which a job title gives a contact's persona, function and seniority."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from pydantic import Field, StringConstraints, model_validator

from segue.policies.models.common import Duration, Name, PackModel

Phrase = Annotated[str, StringConstraints(min_length=1, max_length=120)]
"""Words of a title, one after the other; `*` at either end of a word stands for any letters."""


class RoleTraits(PackModel):
    """The contact traits that a role fills."""

    persona: Name = "persona"
    seniority: Name = "seniority"
    function: Name | None = None
    """Without it the function serves the rules below, and is shown, and is no trait."""


class Given(PackModel):
    """What a rule says of a contact; what it leaves out is left to the rules after it."""

    persona: Name | None = None
    function: Name | None = None
    seniority: Name | None = None


class Decided(PackModel):
    """What the rules before must have found: one of each list."""

    function: list[Name] = []
    seniority: list[Name] = []


class RoleRule(PackModel):
    """One rule. It holds when every key that it has holds."""

    rule: Name
    any: list[Phrase] = []
    """One of these is in the title."""
    whole: list[Phrase] = []
    """Or one of these is the whole title: for words that mean something only alone, such as Partner."""
    also: list[Phrase] = []
    """And one of these."""
    unless: list[Phrase] = []
    """And none of these."""
    where: Decided = Decided()
    gives: Given = Given()
    last: bool = False
    """No rule after it is asked: what is open then stays unknown."""

    @model_validator(mode="after")
    def _asks_and_says_something(self) -> RoleRule:
        if not (self.any or self.whole or self.where.function or self.where.seniority):
            raise ValueError(
                "a rule asks for words of the title (any, whole), or for what is found already (where)"
            )
        if self.gives == Given() and not self.last:
            raise ValueError("a rule gives a persona, a function or a seniority, or is the last")
        return self


class Personas(PackModel):
    """The whole of `personas.yaml`. Rules are asked in order; for each of the three the first that gives it counts."""

    traits: RoleTraits = RoleTraits()
    functions: Annotated[list[Name], Field(min_length=1)]
    """The functions that rules may give."""
    abbreviations: dict[Phrase, Phrase] = {}
    """What a word stands for, beside those that every pack has: VP, SVP, Sr., Dir., Hd. and the like."""
    rules: Annotated[list[RoleRule], Field(min_length=1)]
    committee: list[Name] = []
    """The personas that a purchase takes; an account lacks those that no active contact of it has."""
    active_within: Duration = timedelta(days=90)
    """A contact is active who did something within that time."""
