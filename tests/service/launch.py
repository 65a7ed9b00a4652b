"""`segue`, all of its own loggers at DEBUG, with a defect that a test can provoke by a visitor's name."""

from __future__ import annotations

import logging
import sys

from segue.agents.decision_request import Answer, Caller, DecisionRequest
from segue.agents.service import DecisionService
from segue.agents.steps import Proposer
from segue.api.cli.main import main

PROVOKED_BY = "provoke-a-defect"
_decide = DecisionService.decide


async def decide(
    self: DecisionService, request: DecisionRequest, caller: Caller, proposer: Proposer | None = None
) -> Answer:
    """Decide, but fall over the visitor who provokes it, with everything they sent in the message."""
    if request.visitor is not None and request.visitor.startswith(PROVOKED_BY):
        raise RuntimeError(f"provoked by {request!r} of {caller!r}")
    return await _decide(self, request, caller, proposer)


if __name__ == "__main__":
    DecisionService.decide = decide  # type: ignore[method-assign]
    logging.getLogger("segue").setLevel(logging.DEBUG)
    sys.exit(main())
