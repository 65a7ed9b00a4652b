"""The one question: which missing fact, once known, would settle the label best."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from segue.policies.classifier import Status, segment_of
from segue.policies.facts import Facts
from segue.policies.language.types import Type, coerce
from segue.policies.pack import Pack


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
        outcomes = set()
        settles = 0
        for value in trait.ask.answers.values():
            known = {**facts.account, name: coerce(Type(trait.type), value, name)}
            outcome = segment_of(pack, replace(facts, account=known))
            outcomes.add(outcome[0].name)
            settles += outcome[1] is not Status.PROVISIONAL
            if outcome != before:
                outcomes.add("")
        question = Question(name, trait.ask.question, tuple(trait.ask.answers.items()), settles)
        if trait.ask.answers and "" not in outcomes:
            continue
        ranked.append((-settles, -len(outcomes), position, question))
    ranked.sort(key=lambda each: each[:3])
    return ranked[0][3] if ranked else None
