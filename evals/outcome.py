"""What a decision comes to, as plain data under the keys that a case may expect."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from segue.agents.decision import Decision
from segue.policies.classifier import Label
from segue.policies.models.case import Case

Outcome = Mapping[str, Any]
"""Keys of `expect` to values; `reasons` holds the reason of every play."""

_SCOPES = ("facts", "contact", "context", "believed", "counters", "account")


def outcome_of_label(label: Label) -> Outcome:
    """Return a label under the keys of `expect`."""
    return {"segment": label.segment, "status": label.status.value, "missing": sorted(label.missing)}


def outcome_of(decision: Decision) -> Outcome:
    """Return a decision without what differs between two runs: its id, its latency, the account's names."""
    play = decision.play
    assignment = play.assignment
    return {
        **outcome_of_label(decision.label),
        "play": play.name,
        "reasons": {each.play: each.reason for each in decision.findings},
        "proof_points": [each.id for each in play.proof_points],
        "message": play.message,
        "owner": None if assignment is None else assignment.rep or assignment.via.value,
        "parameters": dict(play.parameters or {}),
    }


def first_difference(one: Outcome, other: Outcome) -> tuple[str, Any, Any] | None:
    """Return (key, one's value, other's value) of the first key that differs, the reason of one play included."""
    for key, value in one.items():
        if key == "reasons":
            for play, reason in value.items():
                there = other[key].get(play)
                if there != reason:
                    return f"excluded.{play}", reason, there
        elif value != other.get(key):
            return key, value, other.get(key)
    return None


def shrink(case: Case, holds: Callable[[Case], bool], at_most: int = 400) -> Case:
    """Return the case with as few facts as still make `holds` true, tried at most so many times."""
    tries = 0
    changed = True
    while changed:
        changed = False
        for scope in _SCOPES:
            for name in list(getattr(case, scope)):
                rest = {other: value for other, value in getattr(case, scope).items() if other != name}
                smaller = case.model_copy(update={scope: rest})
                tries += 1
                if tries > at_most:
                    return case
                if holds(smaller):
                    case, changed = smaller, True
    return case
