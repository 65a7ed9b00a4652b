"""The account of a request that names none: whose its visitor or contact is, where the pack believes that enough."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from segue.accounts.placed import Placed
from segue.accounts.reader import AccountKey
from segue.agents.decision_request import DecisionRequest
from segue.policies.pack import Pack


@dataclass(frozen=True, slots=True)
class Identity:
    """How the account of a request was found, and whether it is decided on."""

    method: str
    confidence: float
    used: bool
    """False where the pack asks for more on this surface: it is then decided as for somebody unknown."""

    def to_json(self) -> dict[str, Any]:
        """Return it as plain JSON."""
        return {"method": self.method, "confidence": self.confidence, "used": self.used}


def identity_of(found: Mapping[str, Any] | None) -> Identity | None:
    """Return what `Identity.to_json` wrote."""
    return None if found is None else Identity(found["method"], found["confidence"], found["used"])


def identified(
    request: DecisionRequest, placed: Placed | None, pack: Pack
) -> tuple[DecisionRequest, Identity | None]:
    """Return a request with the account that its links lead to, and how that is known.

    A request that names its account stays as it is, and so does one of whose account too little is believed.
    """
    if request.account is not None:
        if request.proven_account is None:
            return request, None
        return request, Identity("token", 1.0, True)
    if placed is None:
        return request, None
    used = placed.confidence >= pack.least_confidence(request.surface)
    found = Identity(placed.method, placed.confidence, used)
    return (replace(request, account=AccountKey(placed.account_id)) if used else request), found
