"""An instant that comes every week, such as `Mon 08:00 Europe/Lisbon`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_TEXT = re.compile(r"\s*([A-Za-z]{3}) (\d\d):(\d\d) ([A-Za-z0-9_+/-]+)\s*")


@dataclass(frozen=True, slots=True)
class Weekly:
    """A day of the week and a time in a zone."""

    day: int
    """0 for Monday."""
    at: time
    zone: ZoneInfo

    def last(self, now: datetime) -> datetime:
        """Return the last such instant, now among them."""
        here = now.astimezone(self.zone)
        date = here.date() - timedelta(days=(here.weekday() - self.day) % 7)
        found = datetime.combine(date, self.at, self.zone)
        return found if found <= now else datetime.combine(date - timedelta(days=7), self.at, self.zone)


def parse_weekly(text: str) -> Weekly:
    """Read one.

    Raises:
        ValueError: it is no day, time and zone.
    """
    match = _TEXT.fullmatch(text)
    expected = f"expected a day, a time and a time zone such as 'Mon 08:00 Europe/Lisbon', found {text!r}"
    if match is None or match[1].lower() not in _DAYS:
        raise ValueError(expected)
    try:
        return Weekly(_DAYS.index(match[1].lower()), time(int(match[2]), int(match[3])), ZoneInfo(match[4]))
    except (ValueError, KeyError, OSError):
        raise ValueError(expected) from None
