"""An embedder whose vectors are made of words: quick, exact, and able to fail when told."""

from __future__ import annotations

import asyncio
import hashlib
import math
import re
from collections.abc import Sequence

from segue.core.errors import UnavailableError


class CountingEmbedder:
    """Words hashed into some numbers. `asked` are the texts that it was asked for."""

    def __init__(self, model: str = "words", dimensions: int = 64) -> None:
        self.model = model
        self.dimensions = dimensions
        self.asked: list[str] = []
        self.fails = False
        self.seconds = 0.0

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """Return the vectors of some texts."""
        await asyncio.sleep(self.seconds)
        if self.fails:
            raise UnavailableError("the embedding endpoint did not answer")
        self.asked += texts
        return [self._vector(text) for text in texts]

    def _vector(self, text: str) -> list[float]:
        found = [1e-6] * self.dimensions
        for word in re.findall(r"[a-z0-9]{3,}", text.lower()):
            found[int(hashlib.md5(word.encode()).hexdigest(), 16) % self.dimensions] += 1
        norm = math.hypot(*found)
        return [each / norm for each in found]

    async def aclose(self) -> None:
        """Nothing is held."""
