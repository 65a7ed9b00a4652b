"""The account of a request that names none: whose its visitor or contact is, where the pack believes that enough."""

from __future__ import annotations

from dataclasses import replace

from segue.accounts.placed import Placed
from segue.accounts.reader import AccountKey
from segue.agents.decision_request import DecisionRequest
from segue.agents.identity import Identity
from segue.policies.pack import Pack


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
