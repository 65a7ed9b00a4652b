"""Dates as people and exports write them -> instants in UTC, and the period that a figure speaks of."""

from __future__ import annotations

import calendar
import re
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from functools import lru_cache


class DateOrder(StrEnum):
    """What a column's other cells say about 03/04/2025."""

    UNSETTLED = "unsettled"
    DAY_FIRST = "day_first"
    MONTH_FIRST = "month_first"
    CONTRADICTED = "contradicted"


class DateFault(StrEnum):
    """Why a text gave no instant."""

    UNREADABLE = "unreadable"
    AMBIGUOUS = "ambiguous"
    PERIOD = "period"


_MONTHS = {
    **{name.lower(): n for n, name in enumerate(calendar.month_name) if n},
    **{name.lower(): n for n, name in enumerate(calendar.month_abbr) if n},
    "sept": 9,
}  # fmt: skip
_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
_YEAR = r"(?:19|20)\d{2}"
_CLOCK = (
    r"(?:[,T\s]\s*(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2}))?\s*(?P<half>[AaPp]\.?[Mm]\.?)?)?"
)

_NUMERIC = re.compile(rf"(?P<a>\d{{1,2}})(?P<sep>[/.-])(?P<b>\d{{1,2}})(?P=sep)(?P<year>\d{{4}}){_CLOCK}")
_DAY_NAMED = re.compile(
    rf"(?P<day>\d{{1,2}})(?:st|nd|rd|th|\.)?[\s-]+(?P<month>{_MONTH})\.?,?[\s-]+(?P<year>\d{{4}}){_CLOCK}",
    re.I,
)
_MONTH_NAMED = re.compile(
    rf"(?P<month>{_MONTH})\.?\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<year>\d{{4}}){_CLOCK}", re.I
)
_ISO_START = re.compile(r"\d{4}-?\d{2}-?\d{2}(?![\d/.])")
_SLASHED_ISO = re.compile(rf"(?P<year>\d{{4}})/(?P<month>\d{{1,2}})/(?P<day>\d{{1,2}}){_CLOCK}")
_EPOCH = re.compile(r"[1-9]\d{9}(?:\d{3})?")
_PERIOD = re.compile(
    rf"(?:Q[1-4]|H[12]|FY|CY)?[\s-]*{_YEAR}(?:[\s-]*(?:Q[1-4]|H[12]))?|{_YEAR}[-/](?:0?[1-9]|1[0-2])"
    rf"|(?:0?[1-9]|1[0-2])/{_YEAR}|(?:{_MONTH})\.?,?[\s-]+{_YEAR}",
    re.I,
)


def read_instant(text: str, order: DateOrder) -> datetime | DateFault:
    """Return the instant that a text states, in UTC; a date alone is its midnight.

    Read are ISO 8601 (an offset is honoured, without one the clock is UTC), 2025/04/03, a day with
    the month's English name, 3.4.2025 (with points the day always leads), and 3/4/2025 or 3-4-2025 when
    the numbers or `order` settle which is the day; otherwise these are AMBIGUOUS. Ten digits are
    seconds and thirteen are milliseconds since 1970, as HubSpot's API gives them. A year, a quarter
    or a month is a PERIOD, not an instant.
    """
    text = text.strip()
    if _ISO_START.match(text):
        return _iso(text)
    match = _NUMERIC.fullmatch(text)
    if match is not None:
        return _numeric(match, order)
    match = _SLASHED_ISO.fullmatch(text)
    if match is not None:
        return _instant(match, int(match["month"]), int(match["day"]))
    match = _DAY_NAMED.fullmatch(text) or _MONTH_NAMED.fullmatch(text)
    if match is not None:
        return _instant(match, _MONTHS[match["month"].lower()], int(match["day"]))
    if _EPOCH.fullmatch(text):
        milliseconds = int(text) * (1 if len(text) == 13 else 1000)
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)
    return DateFault.PERIOD if _PERIOD.fullmatch(text) else DateFault.UNREADABLE


@lru_cache(maxsize=16_384)
def order_evidence(text: str) -> DateOrder | None:
    """Return the order of day and month that this text alone proves, or None when it proves nothing."""
    match = _NUMERIC.fullmatch(text.strip())
    if match is None or match["sep"] == ".":
        return None
    first, second = int(match["a"]), int(match["b"])
    if 12 < first <= 31 and 1 <= second <= 12:
        return DateOrder.DAY_FIRST
    if 12 < second <= 31 and 1 <= first <= 12:
        return DateOrder.MONTH_FIRST
    return None


def read_period(text: str) -> tuple[date, str] | None:
    """Return the last day of the latest period that a text names, and the text without its periods.

    "(average, 2021)" gives 2021-12-31, "(as of March 2025)" 2025-03-31, "(FY24)" 2024-12-31: a year
    stands for its last day. None when the text names none.
    """
    found: list[date] = []

    def take(match: re.Match[str]) -> str:
        day = _period_end(match)
        if day is None:
            return match[0]
        found.append(day)
        return " "

    rest = _PERIOD_PART.sub(take, text)
    return (max(found), rest) if found else None


_PERIOD_PART = re.compile(
    rf"(?P<y1>{_YEAR})-(?P<m1>\d{{2}})-(?P<d1>\d{{2}})"
    rf"|\b(?P<d2>\d{{1,2}})(?:st|nd|rd|th)?\s+(?P<n2>{_MONTH})\b\.?,?\s+(?P<y2>{_YEAR})"
    rf"|\b(?P<n3>{_MONTH})\b\.?\s+(?P<d3>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<y3>{_YEAR})"
    rf"|\b(?P<d4>\d{{1,2}})\.(?P<m4>\d{{1,2}})\.(?P<y4>{_YEAR})"
    rf"|\b(?P<n5>{_MONTH})\b\.?,?\s+(?P<y5>{_YEAR})"
    rf"|\b(?P<m6>0?[1-9]|1[0-2])/(?P<y6>{_YEAR})"
    rf"|\b(?:(?P<q7>[QH][1-4])\s*|(?:J?FY|CY)\s*,?\s*)?(?P<y7>{_YEAR})(?:\.\d)?(?!\d)(?:\s*(?P<q8>[1-4]Q|Q[1-4])\b)?"
    r"|\bJ?FY\s?'?(?P<y9>\d{2})(?!\d)",
    re.I,
)


def _period_end(match: re.Match[str]) -> date | None:
    part: dict[str, str] = {}
    for name, value in match.groupdict().items():
        if value is not None:
            part[name[0]] = value
    year = int(part["y"]) + (2000 if len(part["y"]) == 2 else 0)
    month = int(part["m"]) if "m" in part else 12
    if "n" in part:
        month = _MONTHS[part["n"].lower()]
    elif "q" in part:
        number = int(part["q"].strip("QqHh"))
        month = number * 3 if "q" in part["q"].lower() else number * 6
    try:
        return date(year, month, int(part["d"]) if "d" in part else calendar.monthrange(year, month)[1])
    except (ValueError, calendar.IllegalMonthError):
        return None


def _iso(text: str) -> datetime | DateFault:
    try:
        value = datetime.fromisoformat(text.replace(" UTC", "+00:00").replace(" Z", "Z"))
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    except (ValueError, OverflowError):
        return DateFault.UNREADABLE


def _numeric(match: re.Match[str], order: DateOrder) -> datetime | DateFault:
    first, second = int(match["a"]), int(match["b"])
    proved = order_evidence(match[0])
    if match["sep"] == "." or (proved is None and first == second):
        proved = DateOrder.DAY_FIRST
    settled = proved or order
    if settled is DateOrder.DAY_FIRST:
        return _instant(match, second, first)
    if settled is DateOrder.MONTH_FIRST:
        return _instant(match, first, second)
    return DateFault.AMBIGUOUS if max(first, second) <= 12 else DateFault.UNREADABLE


def _instant(match: re.Match[str], month: int, day: int) -> datetime | DateFault:
    hour, minute, second = (int(match[name] or 0) for name in ("hour", "minute", "second"))
    if match["half"] is not None:
        if not 1 <= hour <= 12:
            return DateFault.UNREADABLE
        hour = hour % 12 + (12 if match["half"][0] in "Pp" else 0)
    try:
        return datetime(int(match["year"]), month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return DateFault.UNREADABLE
