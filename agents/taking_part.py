"""What the facts of a decision take in besides what is stored of the account, and after others were faster."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from segue.agents.decision_request import DecisionRequest
from segue.agents.entry import LeaseLost, LimitLost
from segue.agents.logged_facts import LoggedFacts
from segue.policies.experiments import EXPERIMENTS
from segue.policies.pack import Pack


def after_losing(facts: LoggedFacts, lost: LimitLost | LeaseLost) -> LoggedFacts:
    """Return the facts with what others have done meanwhile: a delivery, a full day, a lease."""
    if isinstance(lost, LeaseLost):
        return replace(facts, lease=lost.lease)
    if lost.rep is not None:
        return replace(facts, loads={**facts.loads, lost.rep: 1_000_000_000})
    return replace(facts, delivered=lost.delivered)


def takes_part(request: DecisionRequest, switched_off: frozenset[str]) -> bool:
    """Return True where the account takes part in holdouts and tests: it is somebody's, and they are not held back."""
    somebody = request.account is not None or request.visitor is not None
    return request.personal and somebody and EXPERIMENTS not in switched_off


def loads_of_reps(pack: Pack, loads: Mapping[str, int]) -> dict[str, int]:
    """Return the assignments of today of the pack's reps who have a cap."""
    if pack.routing is None or not loads:
        return {}
    capped = {rep.rep for pod in pack.routing.pods for rep in pod.reps if rep.daily_cap is not None}
    return {rep: count for rep, count in loads.items() if rep in capped}
