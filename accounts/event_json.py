"""The body of an intake request -> plain data that PostgreSQL takes, whatever an SDK sent as JSON."""

from __future__ import annotations

import json
import re
from typing import Any

import orjson

from segue.core.errors import InputError

DEEPEST = 32
"""How deep the values of an event may be nested."""
_REFUSED = re.compile("[\x00\ud800-\udfff]")
_LARGEST = 2**63


def read_envelope(body: bytes) -> tuple[Any, bool]:
    """Return what a body says, and whether its texts may hold what `clean` removes.

    Invalid UTF-8 is replaced, lone surrogates are read, NaN and infinity are None: for one bad
    character in one event its SDK would not send the batch again.

    Raises:
        InputError: it is no JSON, or nested too deep to be read.
    """
    try:
        # only an escape can stand for one of them
        return orjson.loads(body), b"\\u0000" in body
    except orjson.JSONDecodeError:
        pass
    text = body.decode("utf-8", "replace")
    try:
        found = json.loads(text, parse_constant=lambda _: None, parse_int=_number, parse_float=_number)
    except (ValueError, RecursionError):
        raise InputError("body: expected JSON, an event or a batch of events") from None
    return found, True


def clean(value: Any) -> Any:
    """Return plain data without NUL, with U+FFFD for lone surrogates; what no store takes as a number is None.

    Raises:
        RecursionError: it is nested too deep for the stack.
    """
    if isinstance(value, str):
        return clean_string(value)
    if isinstance(value, dict):
        return {clean_string(name): clean(each) for name, each in value.items()}
    if isinstance(value, list):
        return [clean(each) for each in value]
    return value


def clean_string(text: str) -> str:
    """Return a text without NUL and with U+FFFD for lone surrogates."""
    if text.isascii() and "\x00" not in text:
        return text
    return _REFUSED.sub(lambda found: "" if found[0] == "\x00" else "\ufffd", text)


def is_too_deep(value: Any, most: int = DEEPEST) -> bool:
    """Return True for a value that is nested deeper than `most`."""
    level = [value]
    for _ in range(most + 1):
        level = [
            inner
            for each in level
            for inner in (each.values() if isinstance(each, dict) else each)
            if isinstance(inner, dict | list)
        ]
        if not level:
            return False
    return True


def _number(text: str) -> int | float | None:
    """A number, a float where an integer has more than 64 bits, None beyond the floats."""
    if not set(text) & set(".eE"):
        found = int(text) if len(text) < 20 else _LARGEST
        if abs(found) < _LARGEST:
            return found
    number = float(text)
    return number if abs(number) != float("inf") else None
