"""What is kept of a payload that cannot be stored as an event, or of which something was refused."""

from __future__ import annotations

from typing import Any

import orjson

from segue.accounts.event_json import clean
from segue.accounts.events import Parked
from segue.accounts.request_tokens import TOKEN

_LONGEST_ID = 300
_SHOWN = 4_096
_NOT_KEPT = (TOKEN, "ip")
"""What of a payload's context is kept nowhere."""


def parked_payload(payload: Any, reason: str, source: str, *, told: bool = True) -> Parked:
    """Return a note of a payload, without the token and the address that came in it.

    Of one whose person denied that anything of theirs is kept, not `told`, the reason is all that is.
    """
    if not told:
        return Parked(source, None, reason, "(not kept: its person denied it)")
    try:
        payload = clean(payload)
        if isinstance(payload, dict) and isinstance(payload.get("context"), dict):
            context = {name: each for name, each in payload["context"].items() if name not in _NOT_KEPT}
            payload = {**payload, "context": context}
        text = orjson.dumps(payload).decode()
    except (RecursionError, TypeError, ValueError):
        text = "(nested too deep to be kept)"
    found = payload.get("messageId") if isinstance(payload, dict) else None
    message_id = str(found)[:_LONGEST_ID] if isinstance(found, str | int) else None
    return Parked(source, message_id, reason, text[:_SHOWN])
