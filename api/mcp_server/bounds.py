"""Keep what a tool answers small, and readable as it is shown."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

LONGEST_TEXT = 2_000
"""Characters of one text."""
MOST_ENTRIES = 50
"""Entries of one list."""
MOST_KEYS = 200
_UNSEEN = re.compile("[\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f]")
"""Marks that turn the direction of text, and tags that no reader sees but a model does."""


def bounded(value: Any) -> Any:
    """Return plain data with long texts and lists cut, and characters left out that only a model would read."""
    if isinstance(value, str):
        text = _UNSEEN.sub("", value)
        return text if len(text) <= LONGEST_TEXT else f"{text[: LONGEST_TEXT - 1]}…"
    if isinstance(value, Mapping):
        return {bounded(name): bounded(each) for name, each in list(value.items())[:MOST_KEYS]}
    if isinstance(value, Sequence) and not isinstance(value, bytes):
        return [bounded(each) for each in value[:MOST_ENTRIES]]
    return value


def first(found: Sequence[Any], most: int, name: str, left_out: dict[str, int]) -> list[Any]:
    """Return the first entries of a list, and count under its name how many are left out."""
    if len(found) > most:
        left_out[name] = len(found) - most
    return list(found[:most])
