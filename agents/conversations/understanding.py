"""Understand a message without a model: by the nearest sentences whose meaning is known, and by readers of values."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from segue.accounts.typed_values import ValueReader
from segue.agents.conversations.exemplars import Similarities, best_of, exemplars_of
from segue.agents.conversations.refusals import refusals
from segue.agents.conversations.said_facts import declarable, fact_answered, facts_stated
from segue.agents.conversations.understood import By, Intent, Meant, SaidFact, Understood
from segue.agents.conversations.words import sentences
from segue.agents.knowledge.embedding import Embedder, nearest
from segue.policies.models.traits import Scope, Trait
from segue.policies.pack import Pack

_LEAST = {"intent": 0.38, "objection": 0.45, "urgency": 0.45}
"""How near the nearest exemplar must be."""
_OF_A_STATEMENT = 0.55
"""How near a sentence that states something must be to one that wants something."""
_CLEARLY = 0.05
"""How much nearer than what it might be instead."""
_ANSWERS, _CLEARLY_ANSWERS, _SURE_BY_MEANING = 0.45, 0.1, 0.8
_DECLINES = 0.5
_FIRST_PERSON = re.compile(r"(?i)\b(?:we|we're|we’re|our|us|i|i'm|i’m|my)\b")
_CHAT = frozenset({Intent.GREETING.value, Intent.OTHER.value})


@dataclass(frozen=True, slots=True)
class Heard:
    """A message, and what it may be an answer to."""

    text: str
    packs: tuple[Pack, ...]
    trusted: bool
    """False for what comes with a browser's key."""
    asked: str | None = None
    """The trait that was asked for in the turn before."""


async def understand(heard: Heard, embedder: Embedder) -> Understood:
    """Return what a message means.

    Raises:
        InputError, UnavailableError: as `Embedder.embed`.
    """
    said = sentences(heard.text)
    if not said:
        return Understood()
    found = await exemplars_of(embedder).similarities(said)
    traits = declarable(heard.packs, trusted=heard.trusted)
    answer, declines = await _answer(heard, traits, found, embedder)
    facts = {} if answer is None else {answer.trait: answer}
    for sentence, similar in zip(said, found, strict=True):
        scope = _states(sentence, similar)
        if scope is not None:
            for fact in facts_stated(sentence, traits, scope, heard.packs):
                facts.setdefault(fact.trait, fact)
    refused = refusals(said, found)
    return Understood(
        _intent_besides(refused, said, found),
        _meant("objection", said, found),
        _meant("urgency", said, found),
        tuple(facts.values()),
        refused,
        declines,
    )


def read_only(heard: Heard) -> Understood:
    """Return what is read without any embedder: the answer to what was asked, and a refusal in plain words."""
    refused = refusals(sentences(heard.text), None)
    traits = declarable(heard.packs, trusted=heard.trusted)
    if heard.asked is None or heard.asked not in traits:
        return Understood(refusals=refused)
    fact = fact_answered(heard.text, heard.asked, *traits[heard.asked])
    return Understood(facts=() if fact is None else (fact,), refusals=refused)


async def _answer(
    heard: Heard,
    traits: dict[str, tuple[Trait, ValueReader]],
    found: Sequence[Similarities],
    embedder: Embedder,
) -> tuple[SaidFact | None, bool]:
    """Return the answer to what was asked, and whether they would rather not say."""
    if heard.asked is None or heard.asked not in traits:
        return None, False
    label, score, clearly = best_of(found[0]["declining"])
    if label == "declines" and score >= _DECLINES and clearly >= _CLEARLY:
        return None, True
    trait, reader = traits[heard.asked]
    if heard.text.rstrip().endswith(("?", "？", "؟")):
        return None, False
    fact = fact_answered(heard.text, heard.asked, trait, reader)
    if fact is not None or trait.ask is None or trait.type in ("integer", "number", "timestamp"):
        return fact, False
    answers = {shown: [shown] for shown in trait.ask.answers}
    if len(answers) < 2:
        return None, False
    ranked = await nearest(embedder, heard.text[:400], answers)
    (shown, near), (_, second) = ranked[0], ranked[1]
    if near < _ANSWERS or near - second < _CLEARLY_ANSWERS:
        return None, False
    value = trait.ask.answers[shown]
    return SaidFact(heard.asked, value, _SURE_BY_MEANING, heard.text[:200], trait.scope, By.MEANING), False


def _states(sentence: str, similar: Similarities) -> Scope | None:
    """Return whom a sentence states something of, the company or the person; None where it states nothing."""
    if "?" in sentence or "？" in sentence or not _FIRST_PERSON.search(sentence):
        return None
    speech = similar["speech"]
    company, person, neither = speech["of_company"], speech["of_self"], speech["of_neither"]
    if max(company, person) - neither < _CLEARLY:
        return None
    return Scope.ACCOUNT if company >= person else Scope.CONTACT


def _intent_besides(refused: Sequence[Meant], said: Sequence[str], found: Sequence[Similarities]) -> Meant:
    """Return what is wanted by whatever refuses nothing; where that is nothing, to be left alone."""
    if not refused:
        return _intent(said, found)
    words = {each.words for each in refused}
    rest = [(each, similar) for each, similar in zip(said, found, strict=True) if each not in words]
    intent = _intent([each for each, _ in rest], [similar for _, similar in rest])
    if intent.what not in _CHAT:
        return intent
    return Meant(Intent.UNSUBSCRIBE.value, refused[0].confidence, refused[0].words)


def _intent(said: Sequence[str], found: Sequence[Similarities]) -> Meant:
    """Return what is wanted: of several sentences the clearest that is not small talk."""
    ranked = []
    for sentence, similar in zip(said, found, strict=True):
        label, score, _ = best_of(similar["intent"])
        least = _LEAST["intent"] if _states(sentence, similar) is None else _OF_A_STATEMENT
        if score >= least:
            ranked.append((label in _CHAT, -score, label, sentence))
    if not ranked:
        return Meant(Intent.OTHER.value, 0.0, "")
    _, score, label, sentence = min(ranked)
    return Meant(label, round(-score, 3), sentence)


def _meant(group: str, said: Sequence[str], found: Sequence[Similarities]) -> Meant | None:
    best = None
    for sentence, similar in zip(said, found, strict=True):
        label, score, clearly = best_of(similar[group])
        near = label != "none" and score >= _LEAST[group] and clearly >= _CLEARLY
        if near and (best is None or score > best.confidence):
            best = Meant(label, round(score, 3), sentence)
    return best


def with_button(understood: Understood, fact: SaidFact | None, *, declines: bool) -> Understood:
    """Return what was understood, and the button that was pressed."""
    facts = [each for each in understood.facts if fact is None or each.trait != fact.trait]
    return replace(understood, facts=(*facts, *(() if fact is None else (fact,))), declines=declines)
