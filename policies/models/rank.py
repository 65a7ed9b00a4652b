"""The key of `traits.yaml` that gives few accounts a seat."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from segue.policies.models.common import Name, PackModel, PredicateText

NO_SEAT = "none"
"""The value of a rank for an account that has no seat."""


class Rank(PackModel):
    """A place on a list of few seats, which is proposed from a score and applied by a person.

    The best get the seats of the first tier, the next those of the second, and so on; of equal scores the
    lower account id is the better. Who has a seat keeps it unless somebody without one is ahead by more
    than `margin`, and its own rank is more than `keep_within` places behind the tier's last seat.
    """

    by: PredicateText
    """A number over the traits of the account; of a score that is a range, the lower end."""
    when: PredicateText | None = None
    """Who may have a seat: accounts for which this is true."""
    tiers: Annotated[dict[Name, Annotated[int, Field(ge=1, le=100_000)]], Field(min_length=1, max_length=20)]
    """Each tier and how many seats it has, the best first."""
    margin: Annotated[float, Field(ge=0, le=1_000_000)] = 0.0
    keep_within: Annotated[int, Field(ge=0, le=100_000)] = 0

    @model_validator(mode="after")
    def _no_tier_is_none(self) -> Rank:
        if NO_SEAT in self.tiers:
            raise ValueError(f"no tier is called {NO_SEAT!r}: that stands for no seat")
        return self
