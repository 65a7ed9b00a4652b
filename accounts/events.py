"""Events as they are taken in: who did what and when, told by which key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from segue.accounts.consent import Consent


class EventKind(StrEnum):
    """The calls of the Segment spec."""

    IDENTIFY = "identify"
    TRACK = "track"
    PAGE = "page"
    SCREEN = "screen"
    GROUP = "group"
    ALIAS = "alias"


class Mark(StrEnum):
    """Why an event is stored and yet moves no label."""

    BOT = "bot"
    INTERNAL = "internal"
    NO_CONSENT = "no_consent"
    """Whoever did it said that nothing of theirs is to be used: all that tells who it was is left out."""


@dataclass(frozen=True, slots=True)
class Proven:
    """Who somebody is, as a token says that their own backend signed."""

    user_id: str
    email: str | None = None
    account: str | None = None
    """The domain or the id of their company."""


@dataclass(frozen=True, slots=True)
class Company:
    """Whose network an address is of, and how sure the database is, 0 to 1."""

    domain: str
    confidence: float = 1.0


FORM_FILLS = frozenset({"Demo Requested", "Lead Captured"})
"""Track events whose properties are what a person says of themselves and their company."""


@dataclass(
    slots=True
)  # frozen it would take three times as long to make, which is felt at thousands a second
class Event:
    """One event, clean enough to store; nobody changes it. Its `message_id` is unique within its `source`."""

    source: str
    """The id of the key that brought it."""
    message_id: str
    kind: EventKind
    at: datetime
    """When it happened, the sender's clock corrected, in UTC."""
    visitor: str | None = None
    user_id: str | None = None
    """The contact whom the event itself names."""
    name: str | None = None
    path: str | None = None
    url: str | None = None
    title: str | None = None
    referrer: str | None = None
    search: str | None = None
    properties: Mapping[str, Any] = field(default_factory=dict)
    traits: Mapping[str, Any] = field(default_factory=dict)
    """What an identify, a group call or a form fill states, of the person and of their company."""
    group_id: str | None = None
    previous_id: str | None = None
    """Of an alias: who the user was until now."""
    mark: Mark | None = None
    consents: tuple[Consent, ...] = ()
    """What it says of consent."""
    trusted: bool = False
    """True for what a server sent; a browser's key is public, and anybody may claim anything with it."""
    proven: Proven | None = None
    """Of a browser: who they are for sure."""
    company: Company | None = None
    """Whose network they were in; the address itself is kept nowhere."""

    @property
    def key(self) -> tuple[str, str]:
        """What tells it from every other event."""
        return self.source, self.message_id


@dataclass(frozen=True, slots=True)
class Parked:
    """What came in a batch and cannot be stored as an event, with the reason."""

    source: str
    message_id: str | None
    reason: str
    event: str
    """The event as JSON, cut where it is long."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of events that were taken in."""

    stored: int
    repeated: int
    parked: int
    touched: tuple[str, ...] = ()
    """The accounts of which something changed, in order."""
