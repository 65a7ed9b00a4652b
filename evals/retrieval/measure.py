"""Recall and rank of the right answers, by the search that the service runs, and by the lexical floor."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from segue.agents.knowledge.chroma_collections import ChromaPlace
from segue.agents.knowledge.embedding import Embedder
from segue.agents.knowledge.index import ProofIndex, indexed_text
from segue.agents.knowledge.knowledge import Knowledge
from segue.agents.knowledge.search import Ranking
from segue.evals.retrieval.cases import OFF_TOPIC, RetrievalCase
from segue.evals.retrieval.lexical import Bm25
from segue.policies.pack import Pack

DEEP = 10
"""How far down a right answer still counts for the reciprocal rank."""


@dataclass(frozen=True, slots=True)
class Quality:
    """How well some queries were answered."""

    queries: int
    recall_at_3: float
    """The mean share of the right answers among the first three, of as many as three hold."""
    mrr: float
    """The mean of 1/rank of the first right answer, 0 where it is not among the first ten."""


@dataclass(frozen=True, slots=True)
class Answered:
    """A query and what a search gave, the best first."""

    case: RetrievalCase
    ids: tuple[str, ...]
    score: float | None = None
    """Of the first."""


@dataclass(frozen=True, slots=True)
class Measured:
    """Everything that one run found."""

    search: list[Answered]
    lexical: list[Answered]
    off_topic: list[tuple[str, str, float]]
    """Pack, question and the best score that anything got for it."""


async def measure(
    packs: Mapping[str, Pack], cases: Sequence[RetrievalCase], embedder: Embedder, folder: Path
) -> Measured:
    """Ask every query of its pack, of all its proof points, by the service's own search and by BM25.

    Raises:
        UnavailableError: the index cannot be built.
    """
    knowledge = Knowledge(embedder, ProofIndex(embedder, ChromaPlace(folder)))
    try:
        await knowledge.prepare(*packs.values())
        searched = [await _asked(knowledge, packs[case.pack], case) for case in cases]
        off_topic = []
        for pack in packs.values():
            for question in OFF_TOPIC:
                found = await knowledge.search(pack, list(pack.proof.values()), question, 1)
                off_topic.append((pack.name, question, found.found[0].score or 0.0))
    finally:
        await knowledge.close()
    floors = {
        name: Bm25({each.id: indexed_text(each) for each in pack.proof.values()})
        for name, pack in packs.items()
    }
    lexical = [Answered(case, tuple(floors[case.pack].ranked(case.query)[:DEEP])) for case in cases]
    return Measured(searched, lexical, off_topic)


async def _asked(knowledge: Knowledge, pack: Pack, case: RetrievalCase) -> Answered:
    found = await knowledge.search(pack, list(pack.proof.values()), case.query, DEEP)
    assert found.ranked_by is Ranking.MEANING, found.reason
    return Answered(case, tuple(each.point.id for each in found.found), found.found[0].score)


def quality(answered: Iterable[Answered], only: Callable[[RetrievalCase], bool] = lambda _: True) -> Quality:
    """Return how well those queries were answered that are meant."""
    recalls, ranks = [], []
    for each in answered:
        if only(each.case):
            right = set(each.case.right)
            recalls.append(len(right.intersection(each.ids[:3])) / min(len(right), 3))
            at = next((rank for rank, found in enumerate(each.ids[:DEEP], 1) if found in right), None)
            ranks.append(0.0 if at is None else 1 / at)
    count = max(len(recalls), 1)
    return Quality(len(recalls), round(sum(recalls) / count, 3), round(sum(ranks) / count, 3))
