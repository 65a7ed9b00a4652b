"""What a conversation remembers from turn to turn: plain data, kept by LangGraph's checkpoints."""

from __future__ import annotations

from typing import Annotated, Any, NotRequired, TypedDict

from langgraph.channels import UntrackedValue

from segue.agents.conversations.making import Making

MOST_TURNS = 100
"""Turns that are remembered; of a longer conversation the first are forgotten."""
LONGEST_REMEMBERED = 4_000
"""Characters of a message that are remembered."""


class SaidTurn(TypedDict):
    """One turn: what was said, and what was answered."""

    turn: int
    at: str
    text: str
    answer: dict[str, Any] | None
    """{trait, value} where a button was pressed."""
    intent: dict[str, Any]
    """{what, confidence, words}; those of objection and urgency likewise, or None."""
    objection: dict[str, Any] | None
    urgency: dict[str, Any] | None
    reply: str
    points: list[dict[str, str]]
    asked: str | None
    """The trait that was asked for."""
    question: NotRequired[dict[str, Any] | None]
    """The question as it was shown, for a chat that is opened again."""
    handed_over: dict[str, Any] | None
    decision_id: str
    revision: int


class Kept(TypedDict, total=False):
    """What is stored of a conversation; a new one has nothing yet."""

    turns: list[SaidTurn]
    declared: dict[str, dict[str, Any]]
    """Trait to {value, confidence, words, at, scope}: what the person said of themselves or their company."""
    asked: list[str]
    """The traits that were asked for."""
    declined: list[str]
    """The traits that they would rather not say."""
    left_alone: bool
    """Whether they asked to be left alone."""


class Memory(Kept):
    """The state of the graph. `making` is of the turn under way and is never stored."""

    making: Annotated[Making, UntrackedValue]
