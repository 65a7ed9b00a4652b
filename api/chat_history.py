"""A conversation so far as the messages of the AI SDK, so that a chat that is opened again shows it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from segue.agents.conversations.memory import LONGEST_REMEMBERED
from segue.agents.conversations.parts import Asked, Citation, Ending, HandedOver, HandOver
from segue.agents.conversations.turn_request import Answered
from segue.agents.conversations.words import cleaned
from segue.api.chat_shown import shown
from segue.api.chat_stream import Chunk, reply_id, source_parts

Turn = Mapping[str, Any]
"""A turn as the conversation remembers it: `SaidTurn`."""


def ui_messages(conversation_id: str, turns: Sequence[Turn], is_browser: bool) -> list[dict[str, Any]]:
    """Return what was said and answered, the oldest first."""
    found: list[dict[str, Any]] = []
    for turn in turns:
        metadata = {"conversation_id": conversation_id, "turn": turn["turn"]}
        said = said_parts(turn)
        if said:
            found.append(
                {
                    "id": f"{conversation_id}:{turn['turn']}:said",
                    "role": "user",
                    "metadata": metadata,
                    "parts": said,
                }
            )
        ended = metadata | {"decision_id": turn["decision_id"], "ending": ending_of(turn).value}
        found.append(
            {
                "id": reply_id(conversation_id, turn["turn"]), "role": "assistant", "metadata": ended,
                "parts": reply_parts(turn, is_browser),
            }
        )  # fmt: skip
    return found


def is_said_in(turn: Turn, text: str, answer: Answered | None) -> bool:
    """Return True where a turn was this text or this press of a button; of a long text its beginning is remembered."""
    pressed = None if answer is None else {"trait": answer.trait, "value": answer.value}
    return bool(turn["text"] == cleaned(text)[0][:LONGEST_REMEMBERED] and turn.get("answer") == pressed)


def said_parts(turn: Turn) -> list[Chunk]:
    """Return what the person said and pressed."""
    texts = [{"type": "text", "text": turn["text"]}] if turn["text"] else []
    pressed = [{"type": "data-answer", "data": dict(turn["answer"])}] if turn.get("answer") else []
    return [*texts, *pressed]


def reply_parts(turn: Turn, is_browser: bool) -> list[Chunk]:
    """Return what was answered, in the order in which it was streamed."""
    found: list[Chunk] = []
    if turn["reply"]:
        found.append({"type": "text", "text": turn["reply"], "state": "done"})
    found += source_parts(points_of(turn))
    for part in (question_of(turn), hand_over_of(turn)):
        if part is not None:
            found += [{"type": f"data-{name}", "data": data} for name, data in shown(part, is_browser)]
    return found


def points_of(turn: Turn) -> tuple[Citation, ...]:
    """Return the proof points that a turn quotes."""
    return tuple(Citation(**point) for point in turn["points"])


def question_of(turn: Turn) -> Asked | None:
    """Return the question of a turn, as it was shown."""
    question = turn.get("question")
    if not question:
        return None
    answers = tuple((label, value) for label, value in question["answers"])
    return Asked(question["trait"], question["question"], answers, question["may_decline"])


def hand_over_of(turn: Turn) -> HandedOver | None:
    """Return the hand-over of a turn."""
    handed = turn.get("handed_over")
    if not handed:
        return None
    how, is_seen = HandOver(handed["how"]), handed.get("is_seen", True)
    return HandedOver(how, handed["rep"], handed["summary"], is_seen)


def ending_of(turn: Turn) -> Ending:
    """Return why a turn was over."""
    if turn.get("handed_over"):
        return Ending.HANDED_OVER
    return Ending.ANSWERED if turn["reply"] or turn.get("asked") else Ending.SILENT
