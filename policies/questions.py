"""The one question: which missing fact, once known, would settle the label best."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from segue.policies.classifier import Status, segment_of
from segue.policies.facts import Facts
from segue.policies.language.types import Type, coerce
from segue.policies.models.traits import Ask
from segue.policies.pack import Pack, SegmentPolicy


@dataclass(frozen=True, slots=True)
class Question:
    """What to ask, which trait it fills, and the buttons: what each says and the value it stands for."""

    trait: str
    text: str
    answers: tuple[tuple[str, Any], ...]
    settles: int
    """How many of the answers would leave the label settled."""


def best_question(pack: Pack, facts: Facts, missing: tuple[str, ...]) -> Question | None:
    """Return the question whose answers settle the label most often, or None when none changes it.

    Every answer is tried on the facts. Questions are ranked by how many answers settle the label,
    then by how many different labels they lead to, then by their order in `missing`. A question
    without listed answers cannot be tried and comes after every other.
    """
    before = segment_of(pack, facts)
    ranked: list[tuple[int, int, int, Question]] = []
    for position, name in enumerate(missing):
        trait = pack.traits[name]
        if trait.ask is None:
            continue
        outcomes = [label_with(pack, facts, name, value) for value in answers_of(pack, name, trait.ask)]
        if outcomes and all(outcome == before for outcome in outcomes):
            continue
        settles = sum(status is not Status.PROVISIONAL for _, status in outcomes)
        question = Question(name, trait.ask.question, tuple(trait.ask.answers.items()), settles)
        segments = {segment.name for segment, _ in outcomes}
        ranked.append((-settles, -len(segments), position, question))
    ranked.sort(key=lambda each: each[:3])
    return ranked[0][3] if ranked else None


def answers_of(pack: Pack, name: str, ask: Ask) -> tuple[Any, ...]:
    """Return the values that the answers stand for, in the form in which facts are kept."""
    kept: dict[str, tuple[Any, ...]] = pack.kept.setdefault("answers", {})
    found = kept.get(name)
    if found is None:
        kind = Type(pack.traits[name].type)
        found = kept[name] = tuple(coerce(kind, value, name) for value in ask.answers.values())
    return found


def label_with(pack: Pack, facts: Facts, name: str, value: Any) -> tuple[SegmentPolicy, Status]:
    """Return the label as it would be with one fact stated by a person, and so believed."""
    known = {**facts.account, name: value}
    if not facts.believed:
        return segment_of(pack, Facts(known, facts.now, facts.believed, known))
    believed = {other: belief for other, belief in facts.believed.items() if other != name}
    return segment_of(pack, replace(facts, account=known, believed=believed))
