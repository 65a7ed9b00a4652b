"""When an event happened: what its sender says, corrected by how wrong the sender's clock is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from segue.core.errors import InputError

_FIRST, _LAST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
_LAST_SECONDS = 7_258_118_400


def happened_at(stated: Any, sent: datetime | None, received: datetime) -> datetime:
    """Return when an event happened.

    As Segment does: `received - (sent - stated)`, so that a clock that is days off does no harm. An event
    that states no time happened when it was received.

    Raises:
        InputError: the time cannot be read, or is before 1970 or after 2200.
    """
    if stated is None or stated == "":
        return received
    at = read_instant(stated)
    if at is None:
        raise InputError(f"timestamp: expected ISO 8601, found {str(stated)[:60]!r}")
    if sent is not None:
        try:
            at = received - (sent - at)
        except OverflowError:
            at = _LAST
    if not _FIRST <= at < _LAST:
        raise InputError(f"timestamp: expected one from 1970 to 2199, found {str(stated)[:60]!r}")
    return at


def read_instant(stated: Any) -> datetime | None:
    """Return the instant that a text or Unix time in seconds or milliseconds names, UTC where it has no zone."""
    if isinstance(stated, str):
        try:
            found = datetime.fromisoformat(stated.strip())
            if found.tzinfo is UTC:
                return found
            return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
        except (ValueError, OverflowError):
            return None
    if isinstance(stated, bool) or not isinstance(stated, int | float):
        return None
    seconds = stated / 1_000 if abs(stated) > _LAST_SECONDS else stated
    if not 0 <= seconds < _LAST_SECONDS:
        return None
    return datetime.fromtimestamp(0, UTC) + timedelta(seconds=seconds)
