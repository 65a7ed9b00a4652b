"""Working hours such as `Mon-Fri 09:00-17:30 Europe/Lisbon`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, time
from functools import lru_cache
from zoneinfo import ZoneInfo

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_HOURS = re.compile(r"(\w{3})(?:-(\w{3}))? (\d{2}):(\d{2})-(\d{2}):(\d{2}) ([A-Za-z0-9_+/-]+)")


@dataclass(frozen=True, slots=True)
class Hours:
    """The days and times at which somebody works, in a time zone."""

    days: frozenset[int]
    start: time
    end: time
    zone: ZoneInfo

    def contain(self, instant: datetime) -> bool:
        """Return True when an aware instant falls in them; the end is excluded."""
        local = instant.astimezone(self.zone)
        return local.weekday() in self.days and self.start <= local.time() < self.end


@lru_cache(maxsize=4096)
def parse_hours(text: str) -> Hours:
    """Read working hours.

    Raises:
        ValueError: the text is not days, times and an IANA time zone, or the end is not after the start.
    """
    match = _HOURS.fullmatch(text)
    if match is None:
        raise ValueError(f"expected hours such as 'Mon-Fri 09:00-17:30 Europe/Lisbon', found {text!r}")
    first, last = match[1], match[2] or match[1]
    for day in (first, last):
        if day not in _DAYS:
            raise ValueError(f"expected a day of {', '.join(_DAYS)}, found {day!r}")
    try:
        start, end = time(int(match[3]), int(match[4])), time(int(match[5]), int(match[6]))
    except ValueError:
        raise ValueError(f"expected times between 00:00 and 23:59, found {text!r}") from None
    if start >= end:
        raise ValueError(f"the hours end before they start: {text!r}")
    try:
        zone = ZoneInfo(match[7])
    except (KeyError, ValueError, OSError):
        raise ValueError(f"{match[7]!r} is not an IANA time zone") from None
    low, high = _DAYS.index(first), _DAYS.index(last)
    days = range(low, high + 1) if low <= high else (*range(low, 7), *range(high + 1))
    return Hours(frozenset(days), start, end, zone)
