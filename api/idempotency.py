"""The header by which a caller repeats a call, and is given what it had before."""

from __future__ import annotations

import re
from typing import Any

from fastapi import Request

from segue.core.errors import InputError

HEADER: dict[str, Any] = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "Repeating a call with the same key and body within 24 hours gives the same answer.",
    "schema": {"type": "string", "pattern": r"^[\x21-\x7e]{1,200}$"},
}
"""The header as the OpenAPI document has it."""
REPLAYED = {"Idempotent-Replayed": "true"}
"""The header of an answer that was given before."""


def idempotency_key(request: Request) -> str | None:
    """Return the key of a call, if it has one.

    Raises:
        InputError: it is none.
    """
    text = request.headers.get("idempotency-key")
    if text is not None and not re.fullmatch(r"[\x21-\x7e]{1,200}", text):
        raise InputError("Idempotency-Key: expected 1 to 200 visible ASCII characters")
    return text
