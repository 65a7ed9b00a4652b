"""What an HTTP answer of another system means for the errand."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from segue.activation.connectors.connector import RefusedError, TryAgainError

_REFUSED = frozenset({400, 401, 403, 404, 405, 410, 413, 415, 422})
"""Statuses that the same call would get again until a person changes something."""


def check_status(who: str, status: int, headers: Mapping[str, str] | None, said: str = "") -> None:
    """Pass a status of success on.

    Raises:
        RefusedError: the call is wrong, or its credentials are; or it was sent elsewhere, where it does not go.
        TryAgainError: any other.
    """
    if 200 <= status < 300:
        return
    text = f"{who} answered {status}" + (f": {said}" if said else "")
    if 300 <= status < 400:
        raise RefusedError(f"{text}: redirects are not followed")
    if status in _REFUSED:
        raise RefusedError(text)
    raise TryAgainError(text, retry_after((headers or {}).get("Retry-After"), datetime.now(UTC)))


def retry_after(text: str | None, now: datetime) -> float | None:
    """Return the seconds that a `Retry-After` asks for: a number or a date (RFC 9110, 10.2.3)."""
    if text is None:
        return None
    try:
        seconds = float(text.strip())
    except ValueError:
        try:
            at = parsedate_to_datetime(text)
        except ValueError:
            return None
        seconds = (at.replace(tzinfo=at.tzinfo or UTC) - now).total_seconds()
    return max(0.0, seconds) if math.isfinite(seconds) else None
