"""What the models of every pack file share: strictness, names, durations.

Every model refuses unknown keys and wrong types, and is immutable once loaded.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    PlainSerializer,
    StringConstraints,
    WithJsonSchema,
)

_DURATION = re.compile(r"(\d{1,6})(s|m|h|d|w)")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}

NAME_PATTERN = r"^[a-z][a-z0-9_]{0,62}$"


class PackModel(BaseModel):
    """The base of every pack file: unknown keys and implicit conversions are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, validate_default=False)


Name = Annotated[str, StringConstraints(pattern=NAME_PATTERN)]
"""A name that the pack gives to something: lower case letters, digits and underscores."""

Line = Annotated[str, StringConstraints(min_length=1, max_length=300)]
"""A short text that a person reads, 1 to 300 characters."""

PredicateText = Annotated[str, StringConstraints(min_length=1, max_length=4000)]
"""The SQL text of a predicate or an expression, at most 4,000 characters."""


def parse_duration(value: object) -> timedelta:
    """Read `30s`, `15m`, `24h`, `7d` or `2w` as a length of time.

    Raises:
        ValueError: the text is not a whole number followed by one of s, m, h, d, w.
    """
    if isinstance(value, timedelta):
        return value
    match = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError(f"expected a duration such as 24h, 7d or 2w, found {value!r}")
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


def format_duration(value: timedelta) -> str:
    """Write a length of time in the largest unit that holds it whole: the inverse of `parse_duration`."""
    seconds = int(value.total_seconds())
    for unit, size in (("w", 604_800), ("d", 86_400), ("h", 3_600), ("m", 60)):
        if seconds and seconds % size == 0 and not (unit == "w" and seconds // size < 2):
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


Duration = Annotated[
    timedelta,
    BeforeValidator(parse_duration),
    PlainSerializer(format_duration, return_type=str),
    WithJsonSchema({"type": "string", "pattern": r"^\d{1,6}(s|m|h|d|w)$", "examples": ["24h", "7d"]}),
]
"""A length of time, written as a whole number and a unit: s, m, h, d or w."""
