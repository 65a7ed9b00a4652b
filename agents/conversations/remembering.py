"""The last step of a turn: what was said and answered goes into the memory."""

from __future__ import annotations

from typing import Any

from segue.agents.conversations.memory import LONGEST_REMEMBERED, MOST_TURNS, Memory, SaidTurn
from segue.agents.conversations.parts import Asked, Citation, HandedOver
from segue.agents.conversations.understood import Meant


def remember_step(state: Memory) -> dict[str, Any]:
    """Add the turn to the memory, and what it asked for."""
    making = state["making"]
    answer, understood = making.request.answer, making.understood
    asked = None if making.asked is None else making.asked.trait
    said = SaidTurn(
        turn=making.turn,
        at=making.now.isoformat(),
        text=making.text[:LONGEST_REMEMBERED],
        answer=None if answer is None else {"trait": answer.trait, "value": answer.value},
        intent=meant_json(understood.intent) or {},
        objection=meant_json(understood.objection),
        urgency=meant_json(understood.urgency),
        reply=making.reply,
        points=[point_json(each) for each in making.points],
        asked=asked,
        question=question_json(making.asked),
        handed_over=hand_over_json(making.handed_over),
        decision_id=making.decision["decision_id"],
        revision=making.revision,
    )
    turns = [*state.get("turns", ()), said][-MOST_TURNS:]
    return {"turns": turns, "asked": [*state.get("asked", ()), *([] if asked is None else [asked])]}


def point_json(point: Citation) -> dict[str, str]:
    """Return a citation as plain JSON."""
    return {
        "id": point.id,
        "claim": point.claim,
        "evidence": point.evidence,
        "expires_on": point.expires_on,
    }


def question_json(asked: Asked | None) -> dict[str, Any] | None:
    """Return a question as plain JSON, as it was shown."""
    if asked is None:
        return None
    return {
        "trait": asked.trait,
        "question": asked.question,
        "answers": [[label, value] for label, value in asked.answers],
        "may_decline": asked.may_decline,
    }


def hand_over_json(handed: HandedOver | None) -> dict[str, Any] | None:
    """Return a hand-over as plain JSON."""
    if handed is None:
        return None
    return {
        "how": handed.how.value, "rep": handed.rep, "summary": handed.summary, "is_seen": handed.is_seen,
    }  # fmt: skip


def meant_json(meant: Meant | None) -> dict[str, Any] | None:
    """Return what was meant as plain JSON."""
    if meant is None:
        return None
    return {"what": meant.what, "confidence": meant.confidence, "words": meant.words}
