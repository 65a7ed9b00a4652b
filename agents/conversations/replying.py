"""From a decision to what is shown: the approved message, its proof, the one question, the hand-over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from langgraph.runtime import Runtime

from segue.agents.conversations.handing_over import handed_over
from segue.agents.conversations.hearing import note_of_cutting
from segue.agents.conversations.making import Making
from segue.agents.conversations.means import Means
from segue.agents.conversations.memory import Memory
from segue.agents.conversations.parts import Asked, Citation, Cited, Ending, HandedOver, HandOver, Text
from segue.policies.models.play import Kind
from segue.policies.pack import Pack

_NOBODY_SEES = (
    "Nobody is alerted to this chat, so please do not wait here for an answer: what you wrote is kept, and read only"
    " when somebody looks."
)
_HANDS_OVER = {Kind.ROUTE: HandOver.ROUTE, Kind.MEETING: HandOver.MEETING}


def citations(play: Mapping[str, Any]) -> tuple[Citation, ...]:
    """Return the proof points of a play as they are cited."""
    return tuple(
        Citation(each["id"], each["claim"], each["source"], each["expires_on"])
        for each in play["proof_points"]
    )


def approved_words(play: Mapping[str, Any], points: Sequence[Citation]) -> str:
    """Return what a play says, as it was approved; a play without a message lets its proof speak."""
    message = play["message"]
    return str(message) if message else claims_of(points[:1]) or str(play["offer"] or "")


def claims_of(points: Sequence[Citation]) -> str:
    """Return claims as sentences, quoted as they are."""
    return " ".join(f"{each.claim.rstrip('.')}." for each in points)


def question_of(play: Mapping[str, Any]) -> Asked | None:
    """Return the question of a play that asks."""
    if play["kind"] != Kind.ASK:
        return None
    said = play["parameters"]
    if not said or "trait" not in said:
        return None
    return Asked(
        said["trait"],
        said["question"],
        tuple((each["says"], each["value"]) for each in said.get("answers", ())),
    )


def hand_over_of(play: Mapping[str, Any], pack: Pack) -> HandOver | None:
    """Return how a play hands the conversation to a person, or None where it does not."""
    found = next((how for kind, how in _HANDS_OVER.items() if play["kind"] == kind), None)
    if found is None and pack.routing is not None and play["name"] == pack.routing.fallback.play:
        return HandOver.MESSAGE
    return found


def _cited(making: Making, play: Mapping[str, Any]) -> tuple[Citation, ...]:
    """Return the proof points to cite: all that are quoted, else those that are near to what was said."""
    points, near = citations(play), making.near
    if near is None or any(slot.proof is not None for slot in making.packs[-1].plays[play["name"]].slots):
        return points
    return tuple(each for each in points if each.id in near)


def notes_of(making: Making) -> list[str]:
    """Return what whoever speaks is told before anything else, whatever the play says."""
    return [each for each in (note_of_cutting(making), making.note) if each]


async def reply_step(state: Memory, runtime: Runtime[Means]) -> dict[str, Any]:
    """Say what was decided: the approved message, its proof points, the question, the hand-over."""
    making, say = state["making"], runtime.stream_writer
    play = making.decision["play"]
    notes = notes_of(making)
    if play["kind"] == Kind.SILENCE:
        if making.note is None:
            making.ending = Ending.SILENT
            return {}
        making.reply = " ".join(notes)
        say(Text(making.reply))
        return {}
    making.asked = question_of(play)
    points = _cited(making, play)
    making.points = points
    answer = (
        None if making.asked is None else claims_of(points[:1])
    )  # first what they asked, then what we ask
    handed = await _handed_over(state, runtime.context)
    nobody = _NOBODY_SEES if handed is not None and not handed.is_seen else None
    said = (*notes, answer, approved_words(play, points), nobody)
    making.reply = " ".join(each for each in said if each)
    if making.reply:
        say(Text(making.reply))
    if making.points:
        say(Cited(making.points))
    if making.asked is not None:
        say(making.asked)
    if handed is not None:
        making.handed_over = handed
        making.ending = Ending.HANDED_OVER
        say(handed)
    return {}


async def _handed_over(state: Memory, means: Means) -> HandedOver | None:
    """Return the hand-over of a turn, its alert deferred, or None.

    A server is told of it, and who takes it: whoever has it told to a browser alone tells nobody.
    """
    making = state["making"]
    how = hand_over_of(making.decision["play"], making.packs[-1])
    if how is None:
        before = any(each["handed_over"] for each in state.get("turns", ()))
        if before and making.text and means.hand_overs is not None:
            await means.hand_overs.add(making.conversation_id, making.text)
        return None
    handed = handed_over(state, how)
    if means.hand_overs is None:
        return handed
    alerted = await means.hand_overs.alert(making, handed)
    return replace(handed, is_seen=alerted or not making.speaker.is_browser)
