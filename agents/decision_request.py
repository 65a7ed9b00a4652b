"""What is asked of the service of decisions, by whom, and what it answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

import orjson

from segue.accounts.reader import AccountKey
from segue.agents.decision import Explain


class Mode(StrEnum):
    """Who chooses among the plays that policy permits."""

    RULES = "rules"
    MODEL = "model"


@dataclass(frozen=True, slots=True)
class DecisionRequest:
    """What a caller asks. `now` is the instant of the decision; with `as_of` facts are those of then."""

    surface: str
    account: AccountKey | None = None
    visitor: str | None = None
    contact: Mapping[str, Any] = field(default_factory=dict)
    contact_id: str | None = None
    context: Mapping[str, Any] = field(default_factory=dict)
    pack: str | None = None
    mode: Mode = Mode.RULES
    budget_ms: int | None = None
    as_of: datetime | None = None
    policy_revision: str | None = None
    dry_run: bool = False
    explain: Explain = Explain.SHORT
    personal: bool = True
    """False where whoever looks said that nothing of theirs may be used (`Sec-GPC`)."""
    proven_account: str | None = None
    """The account as a signed token names it, where it is the one that is decided on."""

    @property
    def is_recorded(self) -> bool:
        """False for what only looks: a dry run, a past instant, another revision."""
        return not self.dry_run and self.as_of is None and self.policy_revision is None


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, and how the answer is written for them."""

    key_id: str
    write: Callable[[Mapping[str, Any]], bytes] = orjson.dumps
    idempotency_key: str | None = None
    body_digest: bytes = b""


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer as bytes of JSON; `repeated` when an earlier call with the same key got it first."""

    body: bytes
    repeated: bool = False
