"""Vectors that were worked out lately, by the hash of their text: the text itself is not kept."""

from __future__ import annotations

import hashlib
from collections import OrderedDict


class KeptVectors:
    """The last vectors that were asked for, at most so many."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: OrderedDict[bytes, list[float]] = OrderedDict()

    def get(self, text: str) -> list[float] | None:
        """Return the vector of a text, or None."""
        key = _key(text)
        found = self._kept.get(key)
        if found is not None:
            self._kept.move_to_end(key)
        return found

    def put(self, text: str, vector: list[float]) -> None:
        """Keep the vector of a text in place of the one that was not asked for longest."""
        self._kept[_key(text)] = vector
        while len(self._kept) > self._most:
            self._kept.popitem(last=False)


def _key(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
