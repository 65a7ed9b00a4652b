"""The second speed: after the rules' reply a model may revise it, inside the same gate, and claim nothing by that."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, cast

import orjson
from langgraph.runtime import Runtime

from segue.agents.choosers.model.options import ShownPlay
from segue.agents.conversations.deciding import conversed_of, decision_request, refuses_contact
from segue.agents.conversations.grounding import Quotable, ungrounded
from segue.agents.conversations.hearing import asked_before, declare, heard_of
from segue.agents.conversations.leading_up import LeadUp, NoRevision
from segue.agents.conversations.making import Making
from segue.agents.conversations.means import Means
from segue.agents.conversations.memory import Memory, SaidTurn
from segue.agents.conversations.model_understanding import understand_with_model
from segue.agents.conversations.parts import Ending, Replaced
from segue.agents.conversations.remembering import meant_json, point_json
from segue.agents.conversations.replying import approved_words, citations, claims_of, notes_of
from segue.agents.decision_request import Caller, Mode, Revised
from segue.policies.models.play import Kind
from segue.policies.pack import Pack
from segue.policies.proof import proof_of

_FOR_UNDERSTANDING = 0.45
"""The share of a model's time that understanding may take."""
_EARLIER = 4
_LONGEST_EARLIER = 500
_LONGEST_MESSAGE = 2_000
_MOST_QUOTED = 2
_COMMITS = frozenset({Kind.ASK.value, Kind.ROUTE.value, Kind.MEETING.value})
"""Kinds of play that are not said twice: a question, and what names a person."""


async def revise_step(state: Memory, runtime: Runtime[Means]) -> dict[str, Any]:
    """Let a model understand what was said, and revise the reply where one may stand in its place."""
    making, means = state["making"], runtime.context
    chooser = means.chooser
    if chooser is None or chooser.asking.endpoint is None:
        return {}
    news = await _understood(state, means)
    state = cast(Memory, {**state, **news})  # what the model found counts for the revision
    turns = list(state.get("turns", ()))
    found = None
    if _may_be_revised(making):
        found = await _revised(state, means)
    last = _amended(turns[-1], making, found)
    if found is not None:
        runtime.stream_writer(found)
    return {**news, "turns": [*turns[:-1], last]}


async def _understood(state: Memory, means: Means) -> dict[str, Any]:
    """Return what a model's reading of the message adds to the memory."""
    making = state["making"]
    assert means.chooser is not None
    if not making.text:
        return {}
    loop = asyncio.get_running_loop()
    deadline = loop.time() + (making.model_deadline - loop.time()) * _FOR_UNDERSTANDING
    heard = heard_of(making, asked_before(state, but_one=True))
    before = making.understood
    found = await understand_with_model(heard, before, _earlier(state), means.chooser.asking, deadline)
    if found is None:
        return {}
    making.understood = found
    facts = [each for each in found.facts if each not in before.facts]
    return await declare(state, means, facts) if facts else {}


async def _revised(state: Memory, means: Means) -> Replaced | None:
    """Return the reply that a model would rather give, decided and stored as a revision, or None."""
    making = state["making"]
    assert means.chooser is not None
    first = making.decision
    pack = making.packs[-1]
    proposer = LeadUp(means.chooser.asking, means.chooser.model, _told(state), _may_replace(pack))
    conversed = replace(
        conversed_of(state, means, making.model_deadline),
        revises=Revised(
            first["decision_id"], first["play"]["name"], datetime.fromisoformat(first["decided_at"])
        ),
    )
    left = making.model_deadline - asyncio.get_running_loop().time()
    request = replace(
        decision_request(making, conversed, refuses=refuses_contact(state)),
        mode=Mode.MODEL,
        budget_ms=max(1, round(left * 1000)),
    )
    try:
        answer = await means.decisions.decide(request, Caller(making.speaker.key_id), proposer)
    except NoRevision as nothing:
        making.no_revision = nothing.reason.value
        return None
    decision = orjson.loads(answer.body)
    if decision["chooser"] != "model":
        return None
    return _replaced(making, decision, proposer.lead, pack)


def _replaced(making: Making, decision: Mapping[str, Any], lead: str | None, pack: Pack) -> Replaced | None:
    """Return the revised reply; a lead that is not grounded is left out, as if nothing had been written."""
    play = decision["play"]
    points = citations(play)
    quoted = points[:_MOST_QUOTED]
    known = proof_of(pack)
    bodies = [known[each.id].body for each in points]
    approved = approved_words(play, points)
    texts = [approved, *(each.claim for each in points), *bodies]
    grounded = lead is not None and not ungrounded(lead, Quotable.of(texts))
    making.lead_refused = lead is not None and not grounded
    words = approved
    if grounded and lead is not None:
        quotes_proof = any(slot.proof is not None for slot in pack.plays[play["name"]].slots)
        said = claims_of(quoted) if quotes_proof and quoted else approved
        words = f"{lead.strip()} {said}".strip()
    words = " ".join((*notes_of(making), words)).strip()
    if words == making.reply and points == making.points:
        return None
    making.reply, making.points, making.revision = words, points, 2
    shown = {**decision, "decision_id": making.decision["decision_id"], "revision": 2}
    return Replaced(words, shown, 2, points)


def _may_be_revised(making: Making) -> bool:
    """Return True for a reply: neither a question nor a hand-over is taken back, and silence stays silence."""
    play = making.decision["play"]
    return (
        making.ending is Ending.ANSWERED
        and making.handed_over is None
        and play["kind"] not in _COMMITS
        and play["kind"] != Kind.SILENCE
    )


def _may_replace(pack: Pack) -> Callable[[ShownPlay], bool]:
    fallback = None if pack.routing is None else pack.routing.fallback.play

    def may(play: ShownPlay) -> bool:
        return play.shown["kind"] not in _COMMITS and play.name != fallback

    return may


def _told(state: Memory) -> dict[str, Any]:
    making = state["making"]
    return {
        "message": making.text[:_LONGEST_MESSAGE],
        "understood": {
            "intent": making.understood.intent.what,
            "objection": None if making.understood.objection is None else making.understood.objection.what,
            "urgency": None if making.understood.urgency is None else making.understood.urgency.what,
        },
        "earlier": _earlier(state),
    }


def _earlier(state: Memory) -> list[dict[str, Any]]:
    """Return the turns before this one, as a model is told them."""
    before = state.get("turns", [])[:-1][-_EARLIER:]
    return [
        {"visitor": each["text"][:_LONGEST_EARLIER], "reply": each["reply"][:_LONGEST_EARLIER]}
        for each in before
    ]


def _amended(turn: SaidTurn, making: Making, found: Replaced | None) -> SaidTurn:
    """Return the last turn of the memory as the model leaves it."""
    amended: dict[str, Any] = {
        **turn,
        "intent": meant_json(making.understood.intent) or {},
        "objection": meant_json(making.understood.objection),
        "urgency": meant_json(making.understood.urgency),
    }
    if found is not None:
        amended |= {
            "reply": found.text,
            "points": [point_json(each) for each in found.points],
            "revision": found.revision,
        }
    return cast(SaidTurn, amended)
