"""Understand a message with a model: it points at words, and readers of values say what they state.

Nothing counts on the model's word alone: words that do not stand in the message are dropped, with what they
were to show, and a fact is what a reader reads in them, by the pack's rules for what people declare.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from segue.accounts.typed_values import ValueReader
from segue.agents.choosers.model.asking import Asking
from segue.agents.choosers.model.prompt import Prompt, prompt_of
from segue.agents.choosers.model.proposal import read_answer
from segue.agents.conversations.said_facts import declarable, read_words
from segue.agents.conversations.understanding import Heard
from segue.agents.conversations.understood import By, Meant, SaidFact, Understood
from segue.policies.models.traits import Trait

_LONGEST_MESSAGE = 4_000
_MOST_FACTS = 20
_SURE = 0.8
_INTENTS = Literal[
    "pricing", "security", "integration", "comparison", "evidence", "product", "support", "booking", "human",
    "trial", "unsubscribe", "job", "greeting", "other",
]  # fmt: skip
_OBJECTIONS = Literal["price", "timing", "incumbent", "trust", "authority"]


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class ModelFact(_Form):
    """A trait that the model says is stated, and the words that state it."""

    trait: str = Field(max_length=100)
    words: str = Field(max_length=400)


class ModelUnderstanding(_Form):
    """What a model makes of a message."""

    intent: _INTENTS
    intent_words: str | None = Field(default=None, max_length=400)
    objection: _OBJECTIONS | None = None
    objection_words: str | None = Field(default=None, max_length=400)
    urgency: Literal["now", "later"] | None = None
    urgency_words: str | None = Field(default=None, max_length=400)
    facts: list[ModelFact] = Field(default=[], max_length=_MOST_FACTS)


@cache
def understand_prompt() -> Prompt:
    """Return the prompt of `prompts/understand_message.md`."""
    return prompt_of("understand_message", "understanding", _strict(ModelUnderstanding.model_json_schema()))


async def understand_with_model(
    heard: Heard, before: Understood, earlier: Sequence[Mapping[str, Any]], asking: Asking, deadline: float
) -> Understood | None:
    """Return what a message means by a model and by the rules together, or None where no model says so in time."""
    traits = declarable(heard.packs, trusted=heard.trusted)
    answer = await asking.ask(understand_prompt(), _message(heard, traits, earlier), deadline)
    if answer.said is None or answer.said.content is None:
        return None
    try:
        found = ModelUnderstanding.model_validate(read_answer(answer.said.content))
    except ValidationError:
        return None
    return _merged(heard, before, found, traits)


def _merged(
    heard: Heard,
    before: Understood,
    found: ModelUnderstanding,
    traits: Mapping[str, tuple[Trait, ValueReader]],
) -> Understood:
    """Put what the model found, where its words stand in the message, beside what the rules found.

    A fact that the rules read stays as they read it. Any text may be a name, and any "yes" or "1" may answer what is
    yes or no: of such traits no reader could contradict the model, and only an answer to their question counts.
    """
    intent = _meant(heard, found.intent, found.intent_words)
    facts = {each.trait: each for each in before.facts}
    for fact in found.facts:
        if fact.trait in facts or fact.trait not in traits or not _stands_in(heard, fact.words):
            continue
        trait, reader = traits[fact.trait]
        if fact.trait != heard.asked and (reader.takes_any_text or trait.type == "boolean"):
            continue
        value = read_words(fact.words, fact.trait, trait, reader)
        if value is not None:
            facts[fact.trait] = SaidFact(fact.trait, value, _SURE, fact.words[:200], trait.scope, By.MODEL)
    return replace(
        before,
        intent=intent or before.intent,
        objection=_meant(heard, found.objection, found.objection_words) or before.objection,
        urgency=_meant(heard, found.urgency, found.urgency_words) or before.urgency,
        facts=tuple(facts.values()),
    )


def _meant(heard: Heard, what: str | None, words: str | None) -> Meant | None:
    if what is None or words is None or not _stands_in(heard, words):
        return None
    return Meant(what, _SURE, words)


def _stands_in(heard: Heard, words: str) -> bool:
    return bool(words.strip()) and words in heard.text


def _message(
    heard: Heard, traits: Mapping[str, tuple[Trait, ValueReader]], earlier: Sequence[Mapping[str, Any]]
) -> str:
    asked = None
    if heard.asked is not None and heard.asked in traits:
        ask = traits[heard.asked][0].ask
        asked = {"trait": heard.asked, "question": None if ask is None else ask.question}
    content = {
        "message": heard.text[:_LONGEST_MESSAGE],
        "asked": asked,
        "earlier": list(earlier),
        "traits": [{"name": name, "what": trait.title or name} for name, (trait, _) in traits.items()],
    }
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))


def _strict(schema: dict[str, Any]) -> dict[str, Any]:
    """Return a schema in which every property is required, as strict endpoints want it."""
    definitions = schema.pop("$defs", {})
    for each in (schema, *definitions.values()):
        each["required"] = list(each.get("properties", {}))
        for name in ("title", "description"):
            each.pop(name, None)
        for field in each.get("properties", {}).values():
            field.pop("default", None)
            field.pop("title", None)
    return {**schema, **({"$defs": definitions} if definitions else {})}
