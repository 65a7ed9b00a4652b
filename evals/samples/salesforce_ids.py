"""Salesforce record ids: 15 characters that tell case apart, and 3 that spell out where the capitals are."""

from __future__ import annotations

import random

ACCOUNT_PREFIX = "001"

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_SUFFIXES = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
_CHUNK = 5


def with_suffix(short_id: str) -> str:
    """Return the 18-character form of a 15-character id.

    Each group of five gives one character: its capitals are the set bits of a number, the first
    character the lowest bit, and that number is an index into A to Z, 0 to 5.

    Raises:
        ValueError: the id is not 15 ASCII letters and digits.
    """
    if len(short_id) != 15 or not (short_id.isascii() and short_id.isalnum()):
        raise ValueError(f"expected 15 letters and digits, found {short_id!r}")
    groups = (short_id[start : start + _CHUNK] for start in range(0, len(short_id), _CHUNK))
    return short_id + "".join(
        _SUFFIXES[sum(1 << place for place, letter in enumerate(group) if letter.isupper())]
        for group in groups
    )


def invent_account_ids(rng: random.Random, count: int) -> list[str]:
    """Return `count` different 18-character account ids, rising as Salesforce hands them out."""
    numbers: set[int] = set()
    while len(numbers) < count:
        numbers.add(rng.randrange(62**6))
    return [with_suffix(f"{ACCOUNT_PREFIX}5g0000{_base62(number)}") for number in sorted(numbers)]


def _base62(number: int) -> str:
    digits = []
    for _ in range(6):
        number, rest = divmod(number, 62)
        digits.append(_DIGITS[rest])
    return "".join(reversed(digits))
