"""What a question is worth: how much likelier the label is right once it is answered. Pure.

How likely each answer is comes from the population: accounts like this one, as a dated artifact holds them.
Each of them is one way in which what is not known here may be; weighed by how far its known traits are alike,
they say how often the label would be right now, after an answer, and after a second question.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from segue.policies.artifact import ANSWERS_SLOT
from segue.policies.classifier import Status, segment_of
from segue.policies.facts import Facts
from segue.policies.language.types import ValueFault, coerce
from segue.policies.models.traits import Scope
from segue.policies.pack import Pack
from segue.policies.questions import Question, answers_of, best_question, label_with

LEAST_GAIN = 0.02
"""A question that makes the right label likelier by less than this is not worth a turn."""
DECLARED = "declared"
"""The source of what people say of themselves, as packs name it."""
_SECOND = 0.5
"""What of the gain of a second question counts for the first: it may not be asked or answered."""
_UNLIKE = 0.15
"""What is left of an account's weight for each known trait in which it is unlike."""
_ALIKE = 0.5
"""How far apart two numbers of like accounts are at most: by a factor of e to the power of this."""
_MOST_KEPT = 2_048


@dataclass(frozen=True, slots=True)
class Worth:
    """What asking for a trait is worth: the share by which the right label gets likelier."""

    trait: str
    now: float
    """How likely the label is right as it is."""
    after: float
    """... after the answer."""
    after_two: float
    """... after the best second question, whichever the answer."""

    @property
    def gain(self) -> float:
        """What the question adds, a second one counting for half."""
        return (self.after - self.now) + _SECOND * max(0.0, self.after_two - self.after)


def question_worth_asking(pack: Pack, facts: Facts, missing: tuple[str, ...]) -> Question | None:
    """Return the question that is worth most, or None where none is worth a turn.

    Without an artifact of the population it is the one whose answers settle the label most often.
    """
    if not sample_of(pack):
        return best_question(pack, facts, missing)
    found = worth_of(pack, facts, missing)
    if not found or found[0].gain < LEAST_GAIN:
        return None
    trait = found[0].trait
    ask = pack.traits[trait].ask
    assert ask is not None
    outcomes = [label_with(pack, facts, trait, value)[1] for value in answers_of(pack, trait, ask)]
    settles = sum(status is not Status.PROVISIONAL for status in outcomes)
    return Question(trait, ask.question, tuple(ask.answers.items()), settles)


def worth_of(pack: Pack, facts: Facts, missing: Sequence[str]) -> list[Worth]:
    """Return what each missing trait that can be asked for is worth, the most first."""
    asked = tuple(name for name in missing if can_be_asked(pack, name))
    if not asked:
        return []
    known = tuple(facts.account.get(name) for name in _traits_of(pack))
    case = (known, tuple(sorted(facts.believed.items())), asked, facts.now.date())
    kept: dict[Any, list[Worth]] = pack.kept.setdefault("worth_asking", {})
    found = kept.get(case)
    if found is None:
        if len(kept) >= _MOST_KEPT:
            kept.clear()
        found = kept[case] = _worked_out(pack, facts, asked)
    return found


def sample_of(pack: Pack) -> Sequence[tuple[Mapping[str, Any], int]]:
    """Return the accounts of the artifact, each with how many are so; none without one. Worked out once."""
    found: Sequence[tuple[Mapping[str, Any], int]] | None = pack.kept.get("answers_sample")
    if found is None:
        artifact = pack.artifacts.get(ANSWERS_SLOT)
        found = []
        if artifact is not None:
            names = artifact.body["traits"]
            read = ((dict(zip(names, row[:-1], strict=True)), row[-1]) for row in artifact.body["accounts"])
            found = [(_readable(pack, values), count) for values, count in read]
        pack.kept["answers_sample"] = found
    return found


def _worked_out(pack: Pack, facts: Facts, asked: tuple[str, ...]) -> list[Worth]:
    now = segment_of(pack, facts)[0].name
    ways = _ways(pack, facts)
    total = sum(weight for _, _, weight in ways)
    if not total:
        return []
    labels: dict[tuple[tuple[str, Any], ...], str] = {}

    def label(*answers: tuple[str, Any]) -> str:
        key = tuple(sorted(answers, key=lambda each: each[0]))
        if key not in labels:
            answered = facts
            for name, value in answers:
                account = {**answered.account, name: value}
                believed = {other: each for other, each in answered.believed.items() if other != name}
                answered = replace(answered, account=account, believed=believed)
            labels[key] = segment_of(pack, answered)[0].name
        return labels[key]

    right = sum(weight for _, true, weight in ways if true == now) / total
    found = []
    for name in asked:
        groups: dict[Any, list[tuple[Mapping[str, Any], str, float]]] = {}
        for way in ways:
            groups.setdefault(answer_of(pack, name, way[0].get(name)), []).append(way)
        after = after_two = 0.0
        for answer, group in groups.items():
            first = label((name, answer))
            once = sum(weight for _, true, weight in group if true == first)
            twice = [
                sum(
                    weight
                    for values, true, weight in group
                    if true == label((name, answer), (other, answer_of(pack, other, values.get(other))))
                )
                for other in asked
                if other != name
            ]
            after += once
            after_two += max([once, *twice])
        found.append(Worth(name, right, after / total, after_two / total))
    return sorted(found, key=lambda each: -each.gain)


def _ways(pack: Pack, facts: Facts) -> list[tuple[Mapping[str, Any], str, float]]:
    """Return the ways in which this account may be: its traits, the label that it then has, and how likely."""
    found: list[tuple[Mapping[str, Any], str, float]] = []
    for values, count in sample_of(pack):
        weight = float(count)
        completed = dict(facts.account)
        for name, value in values.items():
            known = facts.account.get(name)
            if known is None:
                completed[name] = value
            elif value is not None and not _alike(known, value):
                weight *= _UNLIKE
        segment, status = segment_of(pack, Facts(completed, facts.now, {}, completed))
        if status is not Status.PROVISIONAL:
            found.append((completed, segment.name, weight))
    return found


def answer_of(pack: Pack, name: str, value: Any) -> Any:
    """Return the value that the answer of somebody whose account has `value` stands for."""
    ask = pack.traits[name].ask
    offered = answers_of(pack, name, ask) if ask is not None else ()
    if not offered or value is None or value in offered:
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return min(offered, key=lambda each: abs(math.log1p(abs(each)) - math.log1p(abs(value))))
    return value


def _alike(one: Any, other: Any) -> bool:
    if isinstance(one, tuple | list) and isinstance(other, tuple | list):
        return bool(set(one) & set(other)) or (not one and not other)
    if isinstance(one, bool) or isinstance(other, bool) or isinstance(one, str):
        return bool(one == other)
    if isinstance(one, int | float) and isinstance(other, int | float):
        return abs(math.log1p(abs(one)) - math.log1p(abs(other))) <= _ALIKE
    return True


def can_be_asked(pack: Pack, name: str) -> bool:
    """Return True for a trait of accounts with a question, whose answer the pack lets people declare."""
    trait = pack.traits.get(name)
    if trait is None or trait.ask is None or trait.scope is not Scope.ACCOUNT:
        return False
    return DECLARED in pack.file.sources and (trait.sources is None or DECLARED in trait.sources)


def _traits_of(pack: Pack) -> Sequence[str]:
    artifact = pack.artifacts.get(ANSWERS_SLOT)
    return () if artifact is None else artifact.body["traits"]


def _readable(pack: Pack, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values that are still of their traits' types."""
    found = {}
    for name, value in values.items():
        if name not in pack.schema or name in pack.definitions:
            continue
        try:
            found[name] = coerce(pack.schema[name], value, name)
        except ValueFault:
            continue
    return found
