"""What the story tells, as plain values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Visit:
    """Somebody of the account looked at pages; the label is the new one once the client has its answer."""

    who: str
    paths: Sequence[str]
    sent_by: str
    """The client that sent it."""


@dataclass(frozen=True, slots=True)
class Tagged:
    """A write into the field of the CRM; None is an empty field."""

    field: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class InAudience:
    """One row of an audience's delta file."""

    audience: str
    action: str
    """`add` or `remove`."""
    domain: str | None


@dataclass(frozen=True, slots=True)
class Chapter:
    """What happened at one time, and everything that came of it."""

    day: int
    title: str
    before: Json | None
    """The label as the service gave it; None before there was one."""
    after: Json
    intent: float | None
    """What the account's events come to by then."""
    visit: Visit | None
    moves: Sequence[Json]
    """The changes of segment, as `/v1/accounts/{account}/transitions` gives them, the first to happen first."""
    carried_out: Sequence[Json]
    """The consequences that were finished, as `/v1/consequences` gives them, the first to be finished first."""
    planned: Sequence[Json]
    """Those whose time has not come."""
    tags: Sequence[Tagged]
    alerts: Sequence[Json]
    """What was posted in Slack."""
    webhooks: Sequence[Json]
    """Those that arrived signed."""
    audiences: Sequence[InAudience]

    def to_json(self) -> dict[str, Any]:
        """Return it as plain JSON."""
        return asdict(self)
