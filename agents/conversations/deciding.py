"""The step that decides: facts afresh, labelled, gated, chosen and stored by the one service of decisions."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from langgraph.runtime import Runtime

from segue.agents.conversations.answering import answers
from segue.agents.conversations.hearing import MOST_QUESTIONS, declared
from segue.agents.conversations.making import Making
from segue.agents.conversations.means import Means
from segue.agents.conversations.memory import Memory
from segue.agents.conversations.parts import Decided
from segue.agents.conversations.understood import Intent, Understood
from segue.agents.conversations.words import sentences
from segue.agents.decision_request import Answers, Caller, Conversed, DecisionRequest
from segue.policies.language.types import Type
from segue.policies.left_alone import LeftAlone
from segue.policies.models.proof import ProofPoint
from segue.policies.models.traits import Scope
from segue.policies.pack import Pack
from segue.policies.situation import ALL

_KEPT_FOR_THE_RECORD = 0.05
"""Seconds of the budget that the search for proof leaves to the decision's record."""
_OPTS_OUT: Mapping[str, bool] = {"marketing_consent": False, "opted_out": True}
"""What the traits of a contact that packs call so are, once somebody asks to be left alone."""

_WANTED_LATER = frozenset({Intent.HUMAN, Intent.BOOKING, Intent.SUPPORT})
"""What somebody who wanted to be left alone may ask for all the same: a person."""
_QUESTION = re.compile(r"[?？؟]")
_NOTHING_ELSE = frozenset({Intent.UNSUBSCRIBE, Intent.OTHER, Intent.GREETING})


async def decide_step(state: Memory, runtime: Runtime[Means]) -> dict[str, Any]:
    """Decide what to do; the decision is stored before anything of it is shown."""
    making, means = state["making"], runtime.context
    conversed = conversed_of(state, means, making.deadline)
    answer = await means.decisions.decide(
        decision_request(making, conversed, refuses=refuses_contact(state)), Caller(making.speaker.key_id)
    )
    making.decision = orjson.loads(answer.body)
    runtime.stream_writer(Decided(making.decision, 1))
    return {}


def refuses_contact(state: Memory) -> bool:
    """Return True where the person asked to be left alone, in this turn or in one before."""
    understood = state["making"].understood
    said_now = bool(understood.refusals) or understood.intent.what == Intent.UNSUBSCRIBE
    return said_now or state.get("left_alone", False)


def decision_request(making: Making, conversed: Conversed, *, refuses: bool) -> DecisionRequest:
    """Return what is asked of the service of decisions in a turn.

    Of whoever `refuses` to be contacted, their own word counts before what the caller states of that.
    """
    said = making.request
    contact = {name: value for name, value in said.contact.items() if not (refuses and name in _OPTS_OUT)}
    return DecisionRequest(
        said.surface, said.account, said.visitor, contact, said.contact_id, said.context, said.pack,
        personal=said.personal, proven_account=said.proven_account, conversed=conversed,
    )  # fmt: skip


def conversed_of(state: Memory, means: Means, deadline: float) -> Conversed:
    """Return what a decision takes from its conversation."""
    making = state["making"]
    kept = state.get("declared", {})
    contact = {name: each["value"] for name, each in kept.items() if each["scope"] == Scope.CONTACT}
    if refuses_contact(state):
        contact |= _booleans_of(making.packs[-1], _OPTS_OUT)

    async def by_meaning(pack: Pack, permitted: Sequence[ProofPoint]) -> Answers:
        left = deadline - _KEPT_FOR_THE_RECORD - asyncio.get_running_loop().time()
        return await answers(making, means.knowledge, pack, permitted, left)

    return Conversed(
        tuple(declared(name, each) for name, each in kept.items() if each["scope"] == Scope.ACCOUNT),
        contact,
        facts_of_turn(making.packs[-1], making.understood),
        unasked_of(state),
        left_alone(state),
        by_meaning,
    )


def left_alone(state: Memory) -> LeftAlone:
    """Return how far whoever speaks is to be left alone in this turn: entirely where they say nothing but that."""
    understood = state["making"].understood
    if understood.refusals:
        return LeftAlone.CONTACT if _asks_something(state["making"]) else LeftAlone.ENTIRELY
    if state.get("left_alone") and understood.intent.what not in _WANTED_LATER:
        return LeftAlone.CONTACT
    return LeftAlone.NO


def _asks_something(making: Making) -> bool:
    """Return True where somebody who refuses something wants something too."""
    if making.understood.intent.what not in _NOTHING_ELSE:
        return True
    refused = {each.words for each in making.understood.refusals}
    return any(_QUESTION.search(each) for each in sentences(making.text) if each not in refused)


def unasked_of(state: Memory) -> frozenset[str]:
    """Return the traits that are not to be asked for any more: two questions a conversation, none of them twice."""
    asked = state.get("asked", ())
    if len(asked) >= MOST_QUESTIONS:
        return frozenset({ALL})
    return frozenset({*asked, *state.get("declined", ())})


def facts_of_turn(pack: Pack, understood: Understood) -> dict[str, Any]:
    """Return what a turn is about, as those facts of the request that a pack declares.

    `question_topic` is the intent where that is one of its values, or spelled among them; `wants_human`,
    whether a person or a meeting was asked for; `objection` and `urgency` as they are.
    """
    intent = understood.intent
    wants_human = intent.what in (Intent.HUMAN, Intent.BOOKING) or None
    meant = {
        "question_topic": intent.what,
        "objection": None if understood.objection is None else understood.objection.what,
        "urgency": None if understood.urgency is None else understood.urgency.what,
    }
    found: dict[str, Any] = {}
    for name, what in meant.items():
        trait = pack.traits.get(name)
        if what is None or trait is None or trait.scope is not Scope.REQUEST or not trait.values:
            continue
        value = next((each for each, others in trait.values.items() if what in (each, *others)), None)
        if value is not None:
            found[name] = value
    trait = pack.traits.get("wants_human")
    if wants_human and trait is not None and trait.scope is Scope.REQUEST and trait.type == "boolean":
        found["wants_human"] = True
    return found


def _booleans_of(pack: Pack, facts: Mapping[str, bool]) -> dict[str, Any]:
    return {
        name: value
        for name, value in facts.items()
        if name in pack.traits
        and pack.traits[name].scope is Scope.CONTACT
        and pack.schema[name] is Type.BOOLEAN
    }
