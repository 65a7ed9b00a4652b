"""`--since`: how far back, in the words of whoever asks."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import typer

from segue.api.cli.options import read_instant

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_LENGTH = re.compile(r"(\d{1,5})([mhdw])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def read_since(text: str, now: datetime) -> datetime:
    """Read `monday` (the last one, in UTC), `today`, `yesterday`, `3d`, `12h`, `2w`, a day or an instant.

    Raises:
        BadParameter: it is none of them.
    """
    word = text.strip().lower()
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    if word in ("today", "yesterday"):
        return midnight - timedelta(days=word == "yesterday")
    if word in _DAYS:
        return midnight - timedelta(days=(midnight.weekday() - _DAYS.index(word)) % 7)
    length = _LENGTH.fullmatch(word)
    if length is not None:
        return now - timedelta(**{_UNITS[length[2]]: int(length[1])})
    try:
        return read_instant(text)
    except typer.BadParameter:
        expected = "monday, yesterday, 3d, 12h, a day such as 2026-11-20 or an instant"
        raise typer.BadParameter(f"expected {expected}, found {text!r}", param_hint="--since") from None
