"""The types of the policy language, and what counts as a value of each."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, NamedTuple

from segue.core.errors import InputError

MAX_INTEGER = 2**53 - 1
"""Integers reach as far as a double holds them exactly, so that no engine compares them otherwise."""
MAX_NUMBER = 1e15
MIN_NUMBER = 1e-15
"""Numbers are 0 or between these in magnitude. The parser bounds arithmetic by them."""
MAX_TEXT = 10_000


class Type(StrEnum):
    """The type of an expression. The first six are those of a trait."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    TIMESTAMP = "timestamp"
    TEXT_LIST = "text[]"
    RANGE = "range"
    """A number known between two ends: what a scorecard gives while a condition is unknown."""
    NULL = "null"
    """The type of a bare NULL, which fits every other."""

    @property
    def is_numeric(self) -> bool:
        """True for the types that arithmetic and order comparisons of numbers take."""
        return self in (Type.INTEGER, Type.NUMBER, Type.RANGE)


class Range(NamedTuple):
    """A number that is known to lie between `lo` and `hi`, both ends included."""

    lo: float
    hi: float


Schema = Mapping[str, Type | str]
"""Trait names to types; a type may be written as its text, such as `"text[]"`."""

Value = str | int | float | bool | datetime | tuple[str, ...] | Range | None


class ValueFault(InputError):
    """A value is not of the type that its trait declares."""

    code = "invalid_value"


def coerce(kind: Type, value: Any, name: str) -> Value:
    """Return the value in the form that compiled predicates take, or None for None.

    A naive timestamp is taken as UTC and an ISO 8601 text is read; lists become tuples; whole
    floats pass as integers. Nothing else is converted.

    Raises:
        ValueFault: the value is of another type, out of bounds, NaN, infinite, or holds NUL,
            a lone surrogate or a NULL element; the message names the trait and the value.
    """
    if value is None:
        return None
    reader = _READERS.get(kind)
    found = reader(value) if reader else None
    if found is None:
        shown = repr(value)
        shown = shown if len(shown) <= 80 else shown[:77] + "..."
        raise ValueFault(f"{name}: expected {_EXPECTED[kind]}, found {shown}")
    return found


def _text(value: Any) -> str | None:
    if not isinstance(value, str) or len(value) > MAX_TEXT or "\x00" in value:
        return None
    if not value.isascii():
        try:
            value.encode("utf-8")
        except UnicodeEncodeError:
            return None
    return str(value)


def _integer(value: Any) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, float | Decimal):
        if not math.isfinite(value) or value != int(value):
            return None
        value = int(value)
    if not isinstance(value, int) or abs(value) > MAX_INTEGER:
        return None
    return value


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    if isinstance(value, int) and abs(value) > MAX_NUMBER:
        return None
    number = float(value)
    if not math.isfinite(number) or abs(number) > MAX_NUMBER:
        return None
    return None if 0 < abs(number) < MIN_NUMBER else number


def _boolean(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def _timestamp(value: Any) -> datetime | None:
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return None
    if not isinstance(value, datetime):
        return None
    try:
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    except OverflowError:
        return None


def _text_list(value: Any) -> tuple[str, ...] | None:
    if not isinstance(value, list | tuple | set | frozenset):
        return None
    items = [_text(item) for item in value]
    return None if any(item is None for item in items) else tuple(item for item in items if item is not None)


def _range(value: Any) -> Range | None:
    ends = value if isinstance(value, tuple) and len(value) == 2 else (value, value)
    lo, hi = _number(ends[0]), _number(ends[1])
    return None if lo is None or hi is None or lo > hi else Range(lo, hi)


_READERS = {
    Type.TEXT: _text,
    Type.INTEGER: _integer,
    Type.NUMBER: _number,
    Type.BOOLEAN: _boolean,
    Type.TIMESTAMP: _timestamp,
    Type.TEXT_LIST: _text_list,
    Type.RANGE: _range,
}
_EXPECTED = {
    Type.TEXT: f"text of at most {MAX_TEXT} characters without NUL or lone surrogates",
    Type.INTEGER: f"a whole number within ±{MAX_INTEGER}",
    Type.NUMBER: f"a finite number, 0 or between {MIN_NUMBER:g} and {MAX_NUMBER:g} in magnitude",
    Type.BOOLEAN: "true or false",
    Type.TIMESTAMP: "a timestamp",
    Type.TEXT_LIST: "a list of texts without NULL elements",
    Type.RANGE: "a number or a pair of numbers in order",
    Type.NULL: "nothing",
}
