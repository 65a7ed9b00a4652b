"""`python -P -m segue.evals.retrieval`: print how well the proof that answers is found, beside BM25."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path

from segue.agents.knowledge.embedding import open_embedder
from segue.core.settings import settings
from segue.evals.retrieval.cases import SETS, read_cases
from segue.evals.retrieval.measure import Answered, Measured, measure, quality


def main() -> int:
    """Run every query with the embedder of the settings, and print figures and misses."""
    packs, cases = read_cases()
    embedder = open_embedder(settings())
    with tempfile.TemporaryDirectory(prefix="segue-retrieval-") as folder:
        found = asyncio.run(measure(packs, cases, embedder, Path(folder)))
    sys.stdout.write(report(found, embedder.model))
    return 0


def report(found: Measured, model: str) -> str:
    """Return the figures as text: in all, by set, by pack and by what is hard, and every query that was missed."""
    lines = [f"{len(found.search)} queries, {model}; BM25 over the same texts beside it", ""]
    lines.append(f"{'':28}{'queries':>8}{'recall@3':>10}{'MRR':>8}{'BM25 recall@3':>15}{'MRR':>8}")
    lines.append(_row("all", found, "all", ""))
    lines += [_row(f"set {each}", found, "set", each) for each in SETS]
    for what in ("pack", "kind", "voice"):
        values = sorted({getattr(each.case, what) for each in found.search})
        lines += [_row(f"{what} {each}", found, what, each) for each in values]
    lines += ["", "not among the first three:"]
    lines += [
        f"  {each.case.query!r}: expected {', '.join(each.case.right)}, found {', '.join(each.ids[:3])}"
        for each in found.search
        if not set(each.case.right) & set(each.ids[:3])
    ]
    lines += ["", *_thresholds(found)]
    return "\n".join(lines) + "\n"


def _row(name: str, found: Measured, what: str, value: str) -> str:
    def only(answered: list[Answered]) -> list[Answered]:
        return [each for each in answered if what == "all" or getattr(each.case, what) == value]

    ours, floor = quality(only(found.search)), quality(only(found.lexical))
    return (
        f"{name:28}{ours.queries:8}{ours.recall_at_3:10.3f}{ours.mrr:8.3f}"
        f"{floor.recall_at_3:15.3f}{floor.mrr:8.3f}"
    )


def _thresholds(found: Measured) -> list[str]:
    lines = [
        "at a least score, the share of queries that keep an answer, and of questions off topic that get none:"
    ]
    for least in (0.15, 0.2, 0.25, 0.3, 0.35):
        kept = sum((each.score or 0) >= least for each in found.search) / len(found.search)
        refused = sum(score < least for _, _, score in found.off_topic) / len(found.off_topic)
        lines.append(f"  {least:.2f}: {kept:.3f} kept, {refused:.3f} refused")
    return lines


if __name__ == "__main__":
    raise SystemExit(main())
