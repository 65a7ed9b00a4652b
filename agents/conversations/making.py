"""A turn in the making: what was said, who said it, and what the steps have found so far."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from segue.agents.conversations.parts import Asked, Citation, Ending, HandedOver
from segue.agents.conversations.turn_request import Speaker, TurnRequest
from segue.agents.conversations.understood import Understood
from segue.policies.pack import Pack


@dataclass(slots=True)
class Making:
    """What the steps of one turn hand on to each other; nothing of it is stored as such."""

    request: TurnRequest
    speaker: Speaker
    conversation_id: str
    turn: int
    now: datetime
    text: str
    """What was said, cleaned and cut."""
    cut: bool = False
    """Whether more was said than is read."""
    ahead: asyncio.Task[None] | None = None
    """The embedding of what was said, begun before the turn was."""
    packs: tuple[Pack, ...] = ()
    understood: Understood = field(default_factory=Understood)
    deadline: float = 0.0
    """When the reply is to be out, on the event loop's clock."""
    note: str | None = None
    """What whoever speaks is told of what was done at their word."""
    decision: Mapping[str, Any] = field(default_factory=dict)
    searched: dict[tuple[str, ...], Sequence[tuple[str, float]]] = field(default_factory=dict)
    """What was found by meaning in this turn, ids and scores: of a pack's revision, a query and the permitted ids."""
    near: frozenset[str] | None = None
    """The proof points near to what was said; None where meaning had no say."""
    reply: str = ""
    points: tuple[Citation, ...] = ()
    asked: Asked | None = None
    handed_over: HandedOver | None = None
    ending: Ending = Ending.ANSWERED
    revision: int = 1
    revising: bool = False
    """Whether the rules' reply is out, and a model may revise it."""
    model_deadline: float = 0.0
    """When a model has to be done, on the event loop's clock."""
    no_revision: str | None = None
    """Why the model revised nothing."""
    lead_refused: bool = False
    """Whether what the model wrote claimed something that is not quoted."""
