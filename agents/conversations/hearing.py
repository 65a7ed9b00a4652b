"""The first steps of a turn: understand what was said, and take from it what packs let people declare."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from langgraph.runtime import Runtime

from segue.accounts.declared import Declared
from segue.accounts.writer import plain
from segue.agents.conversations.making import Making
from segue.agents.conversations.means import Means
from segue.agents.conversations.memory import Memory
from segue.agents.conversations.refusals import Refusal
from segue.agents.conversations.said_facts import declarable
from segue.agents.conversations.understanding import Heard, read_only, understand, with_button
from segue.agents.conversations.understood import By, SaidFact, Understood
from segue.agents.conversations.words import LONGEST
from segue.core.errors import InputError, SegueError
from segue.policies.language.types import ValueFault, coerce
from segue.policies.models.traits import Scope

MOST_QUESTIONS = 2
"""Questions that a conversation asks at most; a turn asks one."""
_TRUSTED, _BROWSER = 0.9, 0.5
"""How sure it is that what somebody says of their company is so, as for a form that they fill in."""
_KEPT_FOR_THE_DECISION = 0.1
"""Seconds of the budget that understanding leaves to the rest of a turn."""


async def understand_step(state: Memory, runtime: Runtime[Means]) -> dict[str, Any]:
    """Understand what was said, by meaning where there is time, and take a button that was pressed."""
    making, means = state["making"], runtime.context
    making.packs = means.policies.live.up_to(making.request.pack)
    asked = asked_before(state)
    heard = heard_of(making, asked)
    pressed, declines = _pressed(state, heard)
    understood = Understood()
    if making.text:
        deadline = making.deadline - _KEPT_FOR_THE_DECISION
        try:
            understood = await means.tasks.done_by(deadline, _understood(making, heard, means))
        except (TimeoutError, SegueError):
            understood = read_only(heard)
    if pressed is not None or declines:
        understood = with_button(understood, pressed, declines=declines)
    making.understood = understood
    return {}


async def refuse_step(state: Memory, runtime: Runtime[Means]) -> dict[str, Any]:
    """Write down that somebody refused to be contacted, and whether they asked for their data to be deleted."""
    making = state["making"]
    kinds = {Refusal(each.what) for each in making.understood.refusals}
    if not kinds:
        return {}
    if runtime.context.refusing is not None:
        making.note = await runtime.context.refusing.record(making, erasure=Refusal.ERASURE in kinds)
    return {"left_alone": True}


async def _understood(making: Making, heard: Heard, means: Means) -> Understood:
    if making.ahead is not None:
        await making.ahead
    return await understand(heard, means.embedder)


async def declare_step(state: Memory, runtime: Runtime[Means]) -> dict[str, Any]:
    """Add what was declared to the memory, and where a server vouches for whose account it is, to that account."""
    making = state["making"]
    answer = making.request.answer
    asked = asked_before(state) if answer is None else answer.trait
    declined = list(state.get("declined", ()))
    if making.understood.declines and asked is not None and asked not in declined:
        declined.append(asked)
    if not making.request.personal:  # what they told of themselves before goes too
        return {"declared": {}, "declined": declined}
    return {**await declare(state, runtime.context, making.understood.facts), "declined": declined}


async def declare(state: Memory, means: Means, facts: Sequence[SaidFact]) -> dict[str, Any]:
    """Return the memory of what was declared, with some facts more; keep them with the account too."""
    making = state["making"]
    base = _BROWSER if making.speaker.is_browser else _TRUSTED
    if not making.request.personal:
        return {}
    said = dict(state.get("declared", {}))
    news = []
    for fact in facts:
        said[fact.trait] = remembered(fact, base, making.now)
        if fact.scope is Scope.ACCOUNT:
            news.append(declared(fact.trait, said[fact.trait]))
    if news and means.declaring is not None and _is_vouched_for(making):
        assert making.request.account is not None
        await means.declaring.keep(making.request.account, news, making.now)
    return {"declared": said}


def remembered(fact: SaidFact, base: float, now: datetime) -> dict[str, Any]:
    """Return a fact as the memory keeps it."""
    return {
        "value": plain(fact.value),
        "confidence": round(base * fact.sure, 3),
        "words": fact.words,
        "at": now.isoformat(),
        "scope": fact.scope.value,
        "by": fact.by.value,
    }


def declared(trait: str, kept: Mapping[str, Any]) -> Declared:
    """Return a fact of the memory as something that is declared of an account."""
    return Declared(trait, kept["value"], kept["confidence"], datetime.fromisoformat(kept["at"]))


def note_of_cutting(making: Making) -> str | None:
    """Return what whoever wrote too much is told."""
    return f"I read the first {LONGEST:,} characters of your message." if making.cut else None


def _is_vouched_for(making: Making) -> bool:
    """Return True where a server, not a guess, says whose account the conversation is about."""
    request = making.request
    return request.account is not None and not making.speaker.is_browser


def heard_of(making: Making, asked: str | None) -> Heard:
    """Return a turn's message, and what it may be an answer to."""
    return Heard(making.text, making.packs, not making.speaker.is_browser, asked)


def asked_before(state: Memory, *, but_one: bool = False) -> str | None:
    """Return the trait that the turn before asked for; `but_one` where this turn is remembered already."""
    turns = list(state.get("turns", ()))[: -1 if but_one else None]
    return turns[-1]["asked"] if turns else None


def _pressed(state: Memory, heard: Heard) -> tuple[SaidFact | None, bool]:
    """Return the fact of a button that was pressed, and whether it was that they would rather not say.

    Raises:
        InputError: nothing of the kind was asked, or no button stands for the value.
    """
    answer = state["making"].request.answer
    if answer is None:
        return None, False
    if answer.trait not in state.get("asked", ()):
        raise InputError("answer.trait: expected a trait that this conversation asked for")
    if answer.value is None:
        return None, True
    found = declarable(heard.packs, trusted=heard.trusted).get(answer.trait)
    if found is None:
        raise InputError(f"answer.trait: {answer.trait!r} may not be declared here")
    trait = found[0]
    pack = next(each for each in reversed(heard.packs) if answer.trait in each.traits)
    try:
        value = coerce(pack.schema[answer.trait], answer.value, answer.trait)
    except ValueFault:
        value = None
    offered = [] if trait.ask is None else list(trait.ask.answers.items())
    says = next((says for says, each in offered if type(each) is type(answer.value) and each == value), None)
    if says is None:
        raise InputError("answer.value: expected the value of one of the question's answers, or null")
    return SaidFact(answer.trait, plain(value), 1.0, says, trait.scope, By.BUTTON), False
