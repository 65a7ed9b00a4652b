"""Measure the checker of grounding against sentences that people labelled."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import yaml

from segue.agents.conversations.grounding import Quotable, Refusal, ungrounded


@dataclass(frozen=True, slots=True)
class Labelled:
    """A sentence, the texts that it may quote, and whether it claims nothing beyond them."""

    text: str
    source: str
    grounded: bool
    held_out: bool


@dataclass(frozen=True, slots=True)
class Judged:
    """What the checker made of a sentence; no reason where it lets it pass."""

    labelled: Labelled
    reason: Refusal | None

    @property
    def slips_through(self) -> bool:
        """True for a claim that would be shown."""
        return not self.labelled.grounded and self.reason is None

    @property
    def wrongly_refused(self) -> bool:
        """True for a sentence that the approved message replaces without need."""
        return self.labelled.grounded and self.reason is not None


@dataclass(frozen=True, slots=True)
class Measured:
    """Counts over some sentences."""

    ungrounded: int
    slipped: int
    grounded: int
    refused: int


@cache
def labelled_sentences() -> tuple[dict[str, Quotable], tuple[Labelled, ...]]:
    """Return what may be quoted by source, and the labelled sentences. Every second one is held out."""
    found = yaml.safe_load(files("segue.evals.grounding").joinpath("sentences.yaml").read_text("utf-8"))
    sources = {name: Quotable.of(texts) for name, texts in found["sources"].items()}
    sentences = tuple(
        Labelled(text, source, label == "grounded", number % 2 == 1)
        for label in ("grounded", "ungrounded")
        for source, texts in found[label].items()
        for number, text in enumerate(texts)
    )
    return sources, sentences


def judge_all() -> list[Judged]:
    """Return what the checker makes of every labelled sentence."""
    sources, sentences = labelled_sentences()
    judged = []
    for each in sentences:
        faults = ungrounded(each.text, sources[each.source])
        judged.append(Judged(each, faults[0].reason if faults else None))
    return judged


def measured(judged: Iterable[Judged]) -> Measured:
    """Return the counts over some judged sentences."""
    found = list(judged)
    return Measured(
        sum(not each.labelled.grounded for each in found),
        sum(each.slips_through for each in found),
        sum(each.labelled.grounded for each in found),
        sum(each.wrongly_refused for each in found),
    )
