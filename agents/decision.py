"""The recorded answer: labels, play, reasons, what was excluded and why, and the policy's revision."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from segue.agents.choosers.rules import Score
from segue.agents.identity import Identity
from segue.policies.classifier import Label
from segue.policies.experiments import Draw
from segue.policies.facts import Account
from segue.policies.findings import Finding, Reason
from segue.policies.flip import Flip
from segue.policies.models.proof import ProofPoint
from segue.policies.plain import clause_json, json_value
from segue.policies.routing import Assignment


class Explain(StrEnum):
    """How much of its reasons a decision says."""

    NONE = "none"
    """The labels without their clauses, and the play."""
    SHORT = "short"
    """What decided the label, and every play that the segment names for the surface."""
    FULL = "full"
    """Every play of the pack."""


_NOT_ALLOWED = Reason.NOT_ALLOWED  # to look a member up is slow on Python 3.11


@dataclass(frozen=True, slots=True)
class ChosenPlay:
    """The play as it is to be carried out: its words filled in, its terms and its owner."""

    name: str
    title: str
    kind: str
    channel: str
    message: str | None = None
    offer: str | None = None
    goal: str | None = None
    parameters: Mapping[str, Any] | None = None
    proof_points: tuple[ProofPoint, ...] = ()
    owner: str = "system"
    assignment: Assignment | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision, whole. `to_json` gives the shape that callers see."""

    decision_id: str
    pack: str
    surface: str
    account: Account
    labels: tuple[Label, ...]
    """One a pack, in their order; the last is that of the deciding pack."""
    play: ChosenPlay
    findings: tuple[Finding, ...]
    scores: Mapping[str, Score]
    revisions: Mapping[str, str]
    """The content hash of each pack that took part."""
    decided_at: datetime
    chooser: str = "rules"
    fallback_reason: str | None = None
    propensity: float = 1.0
    flip: tuple[Flip, ...] = ()
    latency_ms: float = 0.0
    """How long it took, in milliseconds, what would change it not counted."""
    proposal: Mapping[str, Any] | None = None
    """What a model proposed, for the log and for replay; callers do not see it."""
    identity: Identity | None = None
    """How the account was found, where the caller did not name it."""
    artifacts: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """What the population decided for traits of those packs: pack to trait to artifact."""
    revision: int = 1
    """2 where it is a model's revision, in a conversation, of a decision that the rules had made."""

    draw: Draw | None = None
    """The arm of the account in what is tried on it; the propensity is that of the arm times the chooser's."""

    keeps_lease: bool = False
    """True where the account was being told something, and is told it still."""

    @property
    def label(self) -> Label:
        """The label of the deciding pack."""
        return self.labels[-1]

    def finding(self, play: str) -> Finding | None:
        """Return what the gate said of a play, or None when the pack has no such play."""
        return next((each for each in self.findings if each.play == play), None)

    def to_json(self, explain: Explain = Explain.FULL) -> dict[str, Any]:
        """Return the decision as plain JSON types, with as much of its reasons as asked for."""
        labels = {label.pack: _label_json(label, explain) for label in self.labels}
        return {
            "decision_id": self.decision_id,
            "revision": self.revision,
            "pack": self.pack,
            "surface": self.surface,
            "account": {"id": self.account.id, "domain": self.account.domain, "name": self.account.name},
            "labels": labels,
            "play": _play_json(self.play),
            "considered": [
                _finding_json(each, self.scores.get(each.play)) for each in _shown(self.findings, explain)
            ],
            "flip": [flip_json(each) for each in self.flip],
            "chooser": self.chooser,
            "fallback_reason": self.fallback_reason,
            "propensity": self.propensity,
            "experiment": None if self.draw is None else self.draw.to_json(),
            "policy": self._policy_json(),
            "decided_at": json_value(self.decided_at),
            "latency_ms": round(self.latency_ms, 3),
            **({} if self.identity is None else {"identity": self.identity.to_json()}),
        }

    def _policy_json(self) -> dict[str, Any]:
        found: dict[str, Any] = {"revision": self.revisions[self.pack], "packs": dict(self.revisions)}
        if self.artifacts:
            found["artifacts"] = {pack: dict(ids) for pack, ids in self.artifacts.items()}
        return found


def _shown(findings: Sequence[Finding], explain: Explain) -> Sequence[Finding]:
    if explain is Explain.SHORT:
        return [each for each in findings if each.code is not _NOT_ALLOWED]
    return findings if explain is Explain.FULL else ()


def _label_json(label: Label, explain: Explain) -> dict[str, Any]:
    because = () if explain is Explain.NONE else label.because
    return {
        "segment": label.segment,
        "status": label.status.value,
        "because": [clause_json(each) for each in because],
        "missing": list(label.missing),
    }


def _play_json(play: ChosenPlay) -> dict[str, Any]:
    assignment = play.assignment
    return {
        "name": play.name,
        "title": play.title,
        "kind": play.kind,
        "channel": play.channel,
        "goal": play.goal,
        "offer": play.offer,
        "message": play.message,
        "parameters": json_parameters(play.parameters or {}),
        "proof_points": [
            {
                "id": each.id,
                "claim": each.claim,
                "source": each.evidence,
                "expires_on": each.expires_on.isoformat(),
            }
            for each in play.proof_points
        ],
        "owner": {
            "role": play.owner,
            "rep": assignment.rep if assignment else None,
            "via": assignment.via.value if assignment else None,
        },
    }


def json_parameters(value: Any) -> Any:
    """Return a play's parameters as plain JSON."""
    if isinstance(value, Mapping):
        return {str(key): json_parameters(each) for key, each in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [json_parameters(each) for each in value]
    return json_value(value)


def _finding_json(finding: Finding, score: Score | None) -> dict[str, Any]:
    found: dict[str, Any] = {"play": finding.play, "permitted": finding.permitted, "reason": finding.reason}
    if not finding.permitted:
        found |= {
            "code": finding.code.value,
            "rule": finding.rule,
            "clause": finding.clause,
            "trait": finding.trait,
            "value": json_value(finding.value),
            "missing": list(finding.missing),
        }
    elif score is not None:
        found["score"] = {
            "propensity": score.propensity,
            "context": score.context,
            "value": score.value,
            "cost": score.cost,
            "total": score.total,
        }
    return found


def flip_json(flip: Flip) -> dict[str, Any]:
    """Return a flip as plain JSON: the change, and what it would lead to."""
    then: dict[str, Any] = {}
    if flip.segment is not None:
        then["segment"] = flip.segment
    if flip.opens is not None:
        then["opens"] = flip.opens
    return {"trait": flip.trait, "from": json_value(flip.before), "to": json_value(flip.after), "then": then}
