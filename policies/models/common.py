"""What the models of every pack file share: strictness, names, durations.

Every model refuses unknown keys and wrong types, and is immutable once loaded.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    PlainSerializer,
    StringConstraints,
    WithJsonSchema,
)

from segue.core.errors import nearest

_DURATION = re.compile(r"(\d{1,6})(s|m|h|d|w)")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}

NAME_PATTERN = r"^[a-z][a-z0-9_]{0,62}$"


class PackModel(BaseModel):
    """The base of every pack file: unknown keys and implicit conversions are errors."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, validate_default=False, use_attribute_docstrings=True
    )


Name = Annotated[str, StringConstraints(pattern=NAME_PATTERN)]
"""A name that the pack gives to something: lower case letters, digits and underscores."""

Line = Annotated[str, StringConstraints(min_length=1, max_length=300)]
"""A short text that a person reads, 1 to 300 characters."""

PredicateText = Annotated[str, StringConstraints(min_length=1, max_length=4000)]
"""The SQL text of a predicate or an expression, at most 4,000 characters."""


_LONGEST = timedelta(days=36_525)
"""What is longer cannot be counted back from today: the calendar begins in the year 1."""


def parse_duration(value: object) -> timedelta:
    """Read `30s`, `15m`, `24h`, `7d` or `2w` as a length of time.

    Raises:
        ValueError: the text is not a whole number followed by one of s, m, h, d, w, or more than a century.
    """
    if isinstance(value, timedelta):
        return value
    match = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError(f"expected a duration such as 24h, 7d or 2w, found {value!r}")
    found = timedelta(**{_UNITS[match[2]]: int(match[1])})
    if found > _LONGEST:
        raise ValueError(f"expected a duration of at most {_LONGEST.days}d, a century, found {value!r}")
    return found


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


def one_of(kind: type[StrEnum]) -> Callable[[object], Any]:
    """Return a reader of one of the words of `kind`, whose error names them."""

    def read(value: object) -> Any:
        words = [member.value for member in kind]
        if isinstance(value, str) and value in words:
            return kind(value)
        hint = nearest(value, words) if isinstance(value, str) else ""
        raise ValueError(f"expected one of {', '.join(words)}, found {value!r}{hint}")

    return read


def _day(value: object) -> object:
    if not isinstance(value, str) or not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
        if isinstance(value, date) and not isinstance(value, datetime):
            return value
        raise ValueError(f"expected a day such as 2027-02-22, found {value!r}")
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise ValueError(f"there is no day {value}") from None


def _instant(value: object) -> object:
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        found = None
    if not isinstance(found, datetime):
        raise ValueError(f"expected an instant such as 2026-11-22T10:00:00Z, found {value!r}")
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


Day = Annotated[date, BeforeValidator(_day)]
"""A day, written as 2027-02-22."""

Instant = Annotated[datetime, BeforeValidator(_instant)]
"""An instant in ISO 8601; without an offset it is UTC."""
