"""Constants of a policy text: numbers, texts, timestamps and LIKE patterns."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlglot import exp

from segue.policies.language.guard import PredicateError
from segue.policies.language.tree import ANY_ONE, ANY_RUN, Wildcard
from segue.policies.language.types import MAX_INTEGER, MAX_NUMBER, MIN_NUMBER

MAX_OFFSET = timedelta(days=36_525)
"""The longest interval: a hundred years."""

_INTEGER = re.compile(r"\d+")
_NUMBER = re.compile(r"(\d+\.\d*|\.\d+|\d+)([eE][+-]?\d+)?")


def offset_of(node: Any, otherwise: int) -> int:
    """Return where a sqlglot node starts: the first start among its leaves, else `otherwise`."""
    starts = [each.meta["start"] for each in node.walk() if isinstance(each.meta.get("start"), int)]
    return min(starts, default=otherwise)


def literal_number(text: str, at: int) -> int | float:
    """Read a number as it is written: whole ones are integers.

    Raises:
        PredicateError: it is not a plain decimal number, or out of bounds.
    """
    if _INTEGER.fullmatch(text):
        if len(text) > 20 or int(text) > MAX_INTEGER:
            raise PredicateError(f"the number {text[:24]} is larger than {MAX_INTEGER}", at)
        return int(text)
    if not _NUMBER.fullmatch(text):
        raise PredicateError(f"{text!r} is not a decimal number", at)
    value = float(text)
    if value > MAX_NUMBER or 0 < value < MIN_NUMBER:
        raise PredicateError(f"the number {text} is not 0 or between {MIN_NUMBER:g} and {MAX_NUMBER:g}", at)
    return value


def literal_text(node: Any, purpose: str, at: int) -> str:
    """Read a text constant.

    Raises:
        PredicateError: the node is something else.
    """
    if not isinstance(node, exp.Literal) or not node.is_string:
        raise PredicateError(f"{purpose}, written in single quotes", offset_of(node, at))
    return str(node.this)


def literal_timestamp(node: exp.Cast, at: int) -> datetime:
    """Read `TIMESTAMP '...'` or `DATE '...'`; without an offset it is UTC.

    Raises:
        PredicateError: any other cast, or a text that is no ISO 8601 instant.
    """
    target = node.args["to"].this
    known = (exp.DType.TIMESTAMP, exp.DType.TIMESTAMPTZ, exp.DType.DATE)
    if type(node) is not exp.Cast or target not in known:
        raise PredicateError("a cast is not allowed", at)
    text = literal_text(node.this, "a timestamp is written as TIMESTAMP '2026-01-31 09:00:00'", at)
    if target is exp.DType.DATE and not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        raise PredicateError(f"{text!r} is not a date", at)
    try:
        value = datetime.fromisoformat(text)
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    except (ValueError, OverflowError):
        raise PredicateError(f"{text!r} is not an ISO 8601 timestamp", at) from None


def literal_pattern(node: Any, escape: str | None, at: int) -> tuple[str | Wildcard, ...]:
    """Read a LIKE pattern into texts and wildcards; runs of text are joined.

    Raises:
        PredicateError: the node is no text, or the escape character stands before anything but a
            wildcard or itself.
    """
    text = literal_text(node, "LIKE takes a pattern", at)
    parts: list[str | Wildcard] = []
    characters = iter(text)
    for character in characters:
        if character == escape:
            character = next(characters, "")
            if character not in ("%", "_", escape):
                raise PredicateError(
                    f"after the escape {escape!r} comes %, _ or the escape itself", offset_of(node, at)
                )
            part: str | Wildcard = character
        else:
            part = {"%": ANY_RUN, "_": ANY_ONE}.get(character, character)
        if isinstance(part, str) and parts and isinstance(parts[-1], str):
            parts[-1] += part
        elif not (part is ANY_RUN and parts and parts[-1] is ANY_RUN):
            parts.append(part)
    return tuple(parts)
