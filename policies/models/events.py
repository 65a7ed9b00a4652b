"""The keys of `traits.yaml` that compute a trait from events."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints

from segue.policies.models.common import Duration, PackModel, PredicateText


def _not_empty(length: timedelta) -> timedelta:
    if not length:
        raise ValueError("expected a length of time of at least 1s, found none")
    return length


EventType = Literal["page", "track", "identify", "group", "screen"]

Property = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,62}$")]
"""The name of a property of events, in the spelling of whoever sends them."""

Window = Annotated[Duration, AfterValidator(_not_empty)]
"""A length of time that is not 0."""


class Events(PackModel):
    """Which events a behavioral trait reads, and over what window."""

    event: EventType | Annotated[list[EventType], Field(min_length=1)]
    """The Segment event type, or several."""
    where: PredicateText | None = None
    """A predicate over the event's own fields (`name`, `path`, `url`, `referrer`)."""
    over: Window
    """The window, counted back from now."""


class Distinct(Events):
    """How many different ones were seen in the window."""

    of: Literal["contact", "visitor", "path", "name"]


class Sum(Events):
    """The sum of one property of the events in the window, each value rounded to 6 decimals.

    What is no JSON number, or more than 1e15 in magnitude, is not summed.
    """

    of: Property


class Pick(Events):
    """The first or the latest value of one property of the events in the window.

    A value that is not of the trait's type is passed over. Of several at one instant the first is the
    least and the latest the greatest.
    """

    of: Property
    """A property, or one of the event's own fields (`name`, `path`, `url`, `title`, `referrer`, `search`)."""


class Trend(Events):
    """The count, or with `of` the sum, in the window over that of the window of the same length before it.

    1 is no change and 0.5 a drop by half; rounded to 6 decimals. NULL when there was nothing before.
    """

    of: Property | None = None


class Points(PackModel):
    """Points that one kind of event adds to a decaying score."""

    event: EventType
    where: PredicateText | None = None
    add: Annotated[float, Field(ge=-1_000_000, le=1_000_000)]


class Decay(PackModel):
    """A score that every event raises and that halves with time.

    The score at `t` is the sum of `add * 0.5 ** ((t - event) / half_life)` over the events younger
    than `forget_after`, at most `at_most`, rounded to 6 decimals.
    """

    half_life: Window
    forget_after: Window
    at_most: float | None = None
    points: Annotated[list[Points], Field(min_length=1)]


class Rfm(Events):
    """How recently, how often and for how much: in which quantile of all accounts that did any of it.

    Recency is the time since the last such event, frequency on how many days (in UTC) there was one,
    monetary the sum of a property. The highest quantile is the most recent, the most frequent, the most
    spent; 0 is an account with no such event in the window. Unknown until cut points are active.
    """

    value: Property
    """The property that is money; what is no JSON number is 0."""
    quantiles: Annotated[int, Field(ge=2, le=9)] = 5
    part: Literal["recency", "frequency", "monetary"] | None = None
    """One of the three, as an integer. Without it all three as text, such as 545."""
