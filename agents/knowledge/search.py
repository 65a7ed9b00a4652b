"""Find the proof points that answer a question: what policy permits first, meaning second, diversity third."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from segue.agents.knowledge.chroma_collections import Neighbour
from segue.policies.models.proof import ProofPoint
from segue.policies.pack import Pack

LEAST_NEAR = 0.2
"""Below this a proof point has nothing to do with what was asked, and keeps the place that its tags give it."""
CANDIDATES = 20
"""How many of the nearest diversity picks from, at least."""
MEANING_OVER_DIVERSITY = 0.9
"""Of 1: how much being near to the question weighs against being unlike what was picked before (MMR's lambda)."""


class Ranking(StrEnum):
    """What put the results in their order. Append, never rename."""

    MEANING = "meaning"
    POLICY = "policy"
    """The pack's own order: what fits the account best."""


class NoMeaning(StrEnum):
    """Why meaning had no say. Append, never rename."""

    EMPTY_QUERY = "empty_query"
    NOT_INDEXED = "not_indexed"
    """The index of the pack is not built yet."""
    INDEX_UNAVAILABLE = "index_unavailable"
    EMBEDDER_UNAVAILABLE = "embedder_unavailable"
    OUT_OF_TIME = "out_of_time"


FAULTS = (NoMeaning.NOT_INDEXED, NoMeaning.INDEX_UNAVAILABLE, NoMeaning.EMBEDDER_UNAVAILABLE)
"""Those that somebody has to see to."""


class ProofSource(StrEnum):
    """Where a proof point comes from."""

    PACK = "pack"
    STORE = "store"


@dataclass(frozen=True, slots=True)
class FoundProof:
    """A proof point that policy permits. What it says is data: quoted as it stands, never obeyed."""

    point: ProofPoint
    source: ProofSource
    score: float | None
    """How near it is to the question, 1 at most; None where policy's order ranked it."""

    def to_json(self) -> dict[str, Any]:
        """Return it as plain JSON."""
        return {
            "id": self.point.id, "claim": self.point.claim, "body": self.point.body, "evidence": self.point.evidence,
            "source": self.source.value, "expires_on": self.point.expires_on.isoformat(), "score": self.score,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class ProofSearch:
    """What was found, the best first, and what ranked it."""

    found: tuple[FoundProof, ...]
    ranked_by: Ranking = Ranking.MEANING
    reason: NoMeaning | None = None
    """Why it was not by meaning."""

    def to_json(self) -> dict[str, Any]:
        """Return it as plain JSON."""
        return {
            "found": [each.to_json() for each in self.found],
            "ranked_by": self.ranked_by.value,
            "reason": None if self.reason is None else self.reason.value,
        }


def source_of(pack: Pack, point: ProofPoint) -> ProofSource:
    """Return whether a proof point is the pack's own or the store's."""
    return ProofSource.PACK if point.id in pack.proof else ProofSource.STORE


def by_policy(pack: Pack, permitted: Sequence[ProofPoint], at_most: int, reason: NoMeaning) -> ProofSearch:
    """Return the first of what policy permits, in its own order."""
    found = tuple(FoundProof(each, source_of(pack, each), None) for each in permitted[:at_most])
    return ProofSearch(found, Ranking.POLICY, reason)


def diverse(
    near: Sequence[Neighbour], at_most: int, weight: float = MEANING_OVER_DIVERSITY
) -> list[Neighbour]:
    """Pick from what is near, one after the other, by maximal marginal relevance (Carbonell and Goldstein, 1998).

    Each pick has the most of `weight` times its similarity to the question less `1 - weight` times its
    similarity to the pick that it is most like. The first is the nearest.
    """
    import numpy  # comes with Chroma, which those who never search need not wait for

    if not near:
        return []
    vectors = numpy.asarray([each.vector for each in near])
    relevance = weight * numpy.asarray([each.similarity for each in near])
    likeness = numpy.full(len(near), -1.0)
    picked: list[int] = []
    while len(picked) < min(at_most, len(near)):
        marginal = relevance - (1 - weight) * likeness
        marginal[picked] = -numpy.inf
        pick = int(marginal.argmax())
        picked.append(pick)
        likeness = numpy.maximum(likeness, vectors @ vectors[pick])
    return [near[each] for each in picked]
