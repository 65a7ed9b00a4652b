"""Texts that PostgreSQL can take."""

from __future__ import annotations

import re

_REFUSED = re.compile("[\x00\ud800-\udfff]")
"""NUL and lone surrogates: JSON brings both, and no text of the store may hold either."""


def storable(text: str | None) -> str | None:
    """Return a text as PostgreSQL can take it; None for one that it cannot, which so is nobody's name."""
    return None if text is None or _REFUSED.search(text) else text
