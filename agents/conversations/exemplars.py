"""What a sentence means: what the sentence that is nearest to it, of those whose meaning is known, means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import yaml

from segue.agents.knowledge.embedding import Embedder

if TYPE_CHECKING:
    from numpy.typing import NDArray

Similarities = Mapping[str, Mapping[str, float]]
"""Group to label to how near its nearest exemplar is, 0 to 1."""


@cache
def exemplars() -> Mapping[str, Mapping[str, Sequence[str]]]:
    """Return the exemplars of `exemplars.yaml`: group to label to sentences."""
    found: Mapping[str, Mapping[str, Sequence[str]]] = yaml.safe_load(
        files("segue.agents.conversations").joinpath("exemplars.yaml").read_text("utf-8")
    )
    return found


class Exemplars:
    """Labelled sentences as one matrix, so that a text is compared with all of them in one product."""

    def __init__(self, embedder: Embedder, groups: Mapping[str, Mapping[str, Sequence[str]]]) -> None:
        self._embedder = embedder
        self._rows = [
            (group, label, each)
            for group, labels in groups.items()
            for label, texts in labels.items()
            for each in texts
        ]
        self._matrix: NDArray[Any] | None = None

    async def similarities(self, texts: Sequence[str]) -> list[Similarities]:
        """Return for each text how near it is to each label.

        Raises:
            InputError, UnavailableError: as `Embedder.embed`.
        """
        import numpy  # comes with the model that is loaded at the first text

        if self._matrix is None:
            self._matrix = numpy.asarray(await self._embedder.embed([each for *_, each in self._rows]))
        if not texts:
            return []
        scores = numpy.asarray(await self._embedder.embed(texts)) @ self._matrix.T
        return [self._best(row.tolist()) for row in scores]

    def _best(self, scores: Sequence[float]) -> Similarities:
        found: dict[str, dict[str, float]] = {}
        for (group, label, _), score in zip(self._rows, scores, strict=True):
            labels = found.setdefault(group, {})
            labels[label] = max(labels.get(label, 0.0), score)
        return found


_OPEN: WeakKeyDictionary[Embedder, Exemplars] = WeakKeyDictionary()


def exemplars_of(embedder: Embedder) -> Exemplars:
    """Return the exemplars as an embedder sees them, worked out once."""
    found = _OPEN.get(embedder)
    if found is None:
        found = _OPEN[embedder] = Exemplars(embedder, exemplars())
    return found


def best_of(labels: Mapping[str, float]) -> tuple[str, float, float]:
    """Return the nearest label, how near it is, and by how much it is nearer than the next."""
    ranked = sorted(labels.items(), key=lambda each: -each[1])
    (label, score), next_score = ranked[0], ranked[1][1] if len(ranked) > 1 else 0.0
    return label, score, score - next_score
