"""Answers that a model gave, kept for a while: the same question costs once."""

from __future__ import annotations

import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any


class KeptAnswers:
    """At most `entries` answers, each for at most `seconds`; the one asked for longest ago goes first."""

    def __init__(self, entries: int, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._entries = entries
        self._seconds = seconds
        self._clock = clock
        self._kept: OrderedDict[bytes, tuple[float, Mapping[str, Any]]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    @staticmethod
    def key(*parts: str) -> bytes:
        """Return the key of a question: its policy revision, prompt, model and content."""
        return hashlib.sha256("".join(f"{len(part)}:{part}" for part in parts).encode()).digest()

    def get(self, key: bytes) -> Mapping[str, Any] | None:
        """Return the answer that was kept, or None."""
        found = self._kept.get(key)
        if found is None:
            return None
        if self._clock() >= found[0]:
            del self._kept[key]
            return None
        self._kept.move_to_end(key)
        return found[1]

    def keep(self, key: bytes, answer: Mapping[str, Any]) -> None:
        """Keep an answer."""
        if self._entries <= 0 or self._seconds <= 0:
            return
        self._kept[key] = (self._clock() + self._seconds, answer)
        self._kept.move_to_end(key)
        while len(self._kept) > self._entries:
            self._kept.popitem(last=False)

    def clear(self) -> None:
        """Forget them all."""
        self._kept.clear()
