"""A decision read back from the JSON in which it was answered."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from segue.agents.choosers.rules import Score
from segue.agents.decision import ChosenPlay, Decision
from segue.policies.classifier import Label, Status
from segue.policies.experiments import Draw
from segue.policies.facts import Account
from segue.policies.findings import Finding, Reason
from segue.policies.flip import Flip
from segue.policies.language.explain import Clause
from segue.policies.language.types import Range
from segue.policies.pack import Pack
from segue.policies.proof import proof_of
from segue.policies.routing import Assignment, Via


def decision_of(answer: Mapping[str, Any], pack: Pack) -> Decision:
    """Return the decision of an answer, as far as its JSON tells; `pack` is that which decided.

    Proof points are those of the pack. What was answered with less than `explain: full` lacks the plays
    that it left out.
    """
    considered = answer["considered"]
    return Decision(
        decision_id=answer["decision_id"],
        pack=answer["pack"],
        surface=answer["surface"],
        account=Account(**answer["account"]),
        labels=tuple(_label(name, each) for name, each in answer["labels"].items()),
        play=_play(answer["play"], pack),
        findings=tuple(_finding(each) for each in considered),
        scores={each["play"]: Score(**each["score"]) for each in considered if each.get("score")},
        revisions=answer["policy"]["packs"],
        decided_at=datetime.fromisoformat(answer["decided_at"]),
        chooser=answer["chooser"],
        fallback_reason=answer["fallback_reason"],
        propensity=answer["propensity"],
        flip=tuple(_flip(each) for each in answer["flip"]),
        latency_ms=answer["latency_ms"],
        artifacts=answer["policy"].get("artifacts", {}),
        draw=_draw(answer.get("experiment")),
    )


def _draw(found: Mapping[str, Any] | None) -> Draw | None:
    return None if found is None else Draw(found["name"], found["arm"], found["share"])


def _label(pack: str, label: Mapping[str, Any]) -> Label:
    because = tuple(
        Clause(
            each["clause"],
            each["trait"],
            _value(each["value"]),
            each["verdict"],
            tuple(each.get("missing", ())),
        )
        for each in label["because"]
    )
    return Label(pack, label["segment"], Status(label["status"]), because, tuple(label["missing"]))


def _play(play: Mapping[str, Any], pack: Pack) -> ChosenPlay:
    owner, proof = play["owner"], proof_of(pack)
    via = owner["via"]
    return ChosenPlay(
        play["name"], play["title"], play["kind"], play["channel"], play["message"], play["offer"], play["goal"],
        play["parameters"],
        tuple(proof[each["id"]] for each in play["proof_points"] if each["id"] in proof),
        owner["role"],
        None if via is None else Assignment(owner["rep"], Via(via)),
    )  # fmt: skip


def _finding(finding: Mapping[str, Any]) -> Finding:
    if finding["permitted"]:
        return Finding(finding["play"], Reason.PERMITTED, finding["reason"])
    return Finding(
        finding["play"], Reason(finding["code"]), finding["reason"], finding["rule"], finding["clause"],
        finding["trait"], _value(finding["value"]), tuple(finding["missing"]),
    )  # fmt: skip


def _flip(flip: Mapping[str, Any]) -> Flip:
    then = flip["then"]
    return Flip(
        flip["trait"], _value(flip["from"]), _value(flip["to"]), then.get("segment"), then.get("opens")
    )


def _value(value: Any) -> Any:
    """Return a trait's value: two numbers are the ends of a score, for lists hold texts alone."""
    if not isinstance(value, list):
        return value
    if len(value) == 2 and not any(isinstance(each, str) for each in value):
        low, high = value
        return Range(-float("inf") if low is None else low, float("inf") if high is None else high)
    return tuple(value)
