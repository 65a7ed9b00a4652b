"""How long events are kept: a number of days for all of them, and others by kind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

EVENT_KINDS = ("identify", "track", "page", "screen", "group", "alias")
DEFAULT_DAYS = 400


@dataclass(frozen=True, slots=True)
class EventRetention:
    """Days for each kind of event."""

    days: int = DEFAULT_DAYS
    by_kind: Mapping[str, int] = field(default_factory=dict)

    def of(self, kind: str) -> timedelta:
        """Return how long events of a kind are kept."""
        return timedelta(days=self.by_kind.get(kind, self.days))


def event_retention(text: str) -> EventRetention:
    """Read `400`, `page=90,track=400` or `400,page=90`: days for all, and for single kinds.

    Raises:
        ValueError: it is not of this form.
    """
    days, by_kind = None, {}
    for part in text.split(","):
        kind, equals, number = (each.strip() for each in part.rpartition("="))
        count = int(number) if number.isascii() and number.isdigit() and len(number) <= 5 else 0
        known = kind in EVENT_KINDS and kind not in by_kind if equals else days is None
        if count < 1 or not known:
            raise ValueError(
                "expected days such as 400, page=90,track=400 or 400,page=90, the kinds being"
                f" {', '.join(EVENT_KINDS)}, each at most once"
            )
        if equals:
            by_kind[kind] = count
        else:
            days = count
    return EventRetention(DEFAULT_DAYS if days is None else days, by_kind)
