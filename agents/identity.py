"""How the account of a request was found, where the request did not name it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Identity:
    """How an account was found, and whether it is decided on."""

    method: str
    """That of the weakest link on the way to it."""
    confidence: float
    used: bool
    """False where the pack asks for more on this surface: it is then decided as for somebody unknown."""

    def to_json(self) -> dict[str, Any]:
        """Return it as plain JSON."""
        return {"method": self.method, "confidence": self.confidence, "used": self.used}


def identity_of(found: Mapping[str, Any] | None) -> Identity | None:
    """Return what `Identity.to_json` wrote."""
    return None if found is None else Identity(found["method"], found["confidence"], found["used"])
