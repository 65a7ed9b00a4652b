"""`routing.yaml`: who carries a play out."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator

from segue.policies.hours import parse_hours
from segue.policies.models.common import Name, PackModel, PredicateText


class Rep(PackModel):
    """One person who takes accounts."""

    rep: Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+$")]
    name: str | None = None
    weight: Annotated[float, Field(gt=0)] = 1.0
    daily_cap: Annotated[int, Field(ge=1)] | None = None
    hours: str | None = None
    """Working hours, such as `Mon-Fri 09:00-17:30 Europe/Lisbon`."""

    @field_validator("hours")
    @classmethod
    def _readable(cls, hours: str | None) -> str | None:
        if hours is not None:
            parse_hours(hours)
        return hours


class Pod(PackModel):
    """A group of reps and its territory."""

    pod: Name
    when: PredicateText | None = None
    """The territory. Without it, the pod takes any account."""
    reps: Annotated[list[Rep], Field(min_length=1)]


class Fallback(PackModel):
    """What happens when nobody is free."""

    play: Name


class Routing(PackModel):
    """The whole of `routing.yaml`."""

    pods: list[Pod] = []
    order: list[Literal["account_owner", "open_opportunity_owner", "pod", "fallback"]] = [
        "account_owner",
        "open_opportunity_owner",
        "pod",
        "fallback",
    ]
    fallback: Fallback
