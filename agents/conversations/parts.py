"""What a turn of a conversation gives, part by part, in the order in which it is to be shown.

Every protocol that carries a conversation (the AI SDK's, OpenAI's, Slack's) translates these, and adds nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class HandOver(StrEnum):
    """How a conversation is handed to a person."""

    ROUTE = "route"
    """A rep takes over now."""
    MEETING = "meeting"
    """A time is booked with a rep."""
    MESSAGE = "message"
    """A message is taken, since nobody is free or policy says so."""


class Ending(StrEnum):
    """Why a turn is over."""

    ANSWERED = "answered"
    SILENT = "silent"
    """Policy permits nothing to be said."""
    HANDED_OVER = "handed_over"


@dataclass(frozen=True, slots=True)
class Started:
    """The turn is taken: the first part of every turn."""

    conversation_id: str
    turn: int
    """1 for the first of the conversation."""


@dataclass(frozen=True, slots=True)
class Decided:
    """The decision behind the reply, stored already, as `Decision.to_json` writes it."""

    decision: Mapping[str, Any]
    revision: int
    """1 for the rules' answer; 2 where a model revised the same decision."""


@dataclass(frozen=True, slots=True)
class Text:
    """A piece of the reply."""

    delta: str


@dataclass(frozen=True, slots=True)
class Citation:
    """A proof point that the reply quotes."""

    id: str
    claim: str
    evidence: str
    """Where the evidence is: an https address."""
    expires_on: str
    """ISO day."""


@dataclass(frozen=True, slots=True)
class Cited:
    """What the reply rests on."""

    points: tuple[Citation, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """The one question of this turn. It may be answered by a button, in words, or not at all."""

    trait: str
    question: str
    answers: tuple[tuple[str, Any], ...]
    """What each button says, and the value of the trait that it stands for; none where only words answer."""
    may_decline: bool = True


@dataclass(frozen=True, slots=True)
class HandedOver:
    """The conversation goes to a person, or what was said is kept for one."""

    how: HandOver
    rep: str | None
    """Who takes over; None where nobody is free."""
    summary: str
    """For the rep, never for the visitor."""
    is_seen: bool = True
    """False where nobody is alerted to it: the reply says so."""


@dataclass(frozen=True, slots=True)
class Replaced:
    """A model's revision of the same decision: its text stands in the place of the one before it."""

    text: str
    decision: Mapping[str, Any]
    revision: int
    points: tuple[Citation, ...] = ()


@dataclass(frozen=True, slots=True)
class Finished:
    """The last part of every turn."""

    ending: Ending


Part = Started | Decided | Text | Cited | Asked | HandedOver | Replaced | Finished
