"""What a caller says in one turn of a conversation, and who they are."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from segue.accounts.reader import AccountKey
from segue.agents.decision_request import Mode


@dataclass(frozen=True, slots=True)
class Answered:
    """A press of one of the question's buttons."""

    trait: str
    value: Any
    """None where the person would rather not say."""


@dataclass(frozen=True, slots=True)
class TurnRequest:
    """One turn: what was said, or the button that was pressed, and by whom."""

    text: str
    answer: Answered | None = None
    conversation_id: str | None = None
    """None begins a conversation."""
    surface: str = "chat"
    account: AccountKey | None = None
    visitor: str | None = None
    contact: Mapping[str, Any] = field(default_factory=dict)
    contact_id: str | None = None
    context: Mapping[str, Any] = field(default_factory=dict)
    pack: str | None = None
    mode: Mode = Mode.RULES
    """With `Mode.MODEL` the rules answer within the budget, and a model may revise the reply afterwards."""
    budget_ms: int | None = None
    personal: bool = True
    """False where whoever looks said that nothing of theirs may be used (`Sec-GPC`, or a denial that is stored)."""
    proven_account: str | None = None
    """The account as a signed token names it."""

    begins: Callable[[str, int], Awaitable[None]] | None = None
    """Told the conversation and the number of the turn, once those are known and before anything is made of it."""

    def without_person(self) -> TurnRequest:
        """Return the request with nothing of a person or an account; what was said stays."""
        return replace(
            self, account=None, visitor=None, contact={}, contact_id=None, context={}, personal=False,
            proven_account=None,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Speaker:
    """The key that a turn comes with."""

    key_id: str
    is_browser: bool
    """True for a publishable key: it goes on only with conversations of its own visitor."""
