"""What would have to be different: the smallest change of one fact that changes the answer.

Candidates come from the predicates' own thresholds; each is verified by deciding again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from segue.policies.classifier import classify, segment_of
from segue.policies.facts import Facts
from segue.policies.findings import Finding, Reason
from segue.policies.gate import allowed_on, judge_play
from segue.policies.language.thresholds import candidates, expand
from segue.policies.language.tree import Expr, traits_of
from segue.policies.language.types import Type
from segue.policies.models.traits import Scope
from segue.policies.pack import Pack
from segue.policies.situation import Situation


@dataclass(frozen=True, slots=True)
class Flip:
    """One fact changed from `before` to `after`, and what it would lead to: a segment, or a play opened."""

    trait: str
    before: Any
    after: Any
    segment: str | None = None
    opens: str | None = None
    distance: float = 0.0
    """How large the change is, in the trait's own terms: relative for numbers, days for instants."""


def flips(situation: Situation, findings: Sequence[Finding], at_most: int = 6) -> tuple[Flip, ...]:
    """Return the smallest single changes that lead to another label, or open a play that a rule excludes.

    For each trait and each outcome the smallest change; the smallest first. Only what is known is
    changed: what is unknown is named in the label's `missing`.
    """
    found = [*_label_flips(situation), *_play_flips(situation, findings)]
    best: dict[tuple[str, str | None, str | None], Flip] = {}
    for flip in found:
        key = (flip.trait, flip.segment, flip.opens)
        if key not in best or flip.distance < best[key].distance:
            best[key] = flip
    ranked = sorted(best.values(), key=lambda flip: (flip.distance, flip.trait, str(flip.after)))
    return tuple(ranked[:at_most])


def _label_flips(situation: Situation) -> Iterator[Flip]:
    pack, facts = situation.pack, situation.facts
    nodes = expand([s.when.node for s in pack.segments if s.when is not None], pack.definitions)
    for name in _facts_read(pack, nodes):
        before = facts.account.get(name)
        if before is None or pack.scopes[name] is not Scope.ACCOUNT:
            continue
        for after in _candidates(pack, name, nodes, facts, before):
            segment, _ = segment_of(pack, _changed(pack, facts, name, after))
            if segment.name != situation.label.segment:
                yield Flip(name, before, after, segment=segment.name, distance=_distance(before, after))


def _play_flips(situation: Situation, findings: Sequence[Finding]) -> Iterator[Flip]:
    pack, facts = situation.pack, situation.facts
    rules = {rule.name: rule for rule in (*pack.guardrails, *situation.policy.rules)}
    for finding in findings:
        rule = rules.get(finding.rule or "")
        if rule is None or finding.code not in (Reason.FORBIDDEN, Reason.FORBIDDEN_UNKNOWN):
            continue
        nodes = expand([rule.when.node], pack.definitions)
        for name in _facts_read(pack, nodes):
            before = facts.merged.get(name)
            if before is None and finding.code is Reason.FORBIDDEN:
                before = pack.absent.get(name)
            for after in _candidates(pack, name, nodes, facts, before):
                changed = _situation(situation, _changed(pack, facts, name, after))
                if finding.play not in allowed_on(changed):
                    continue
                if judge_play(changed, pack.plays[finding.play]).permitted:
                    yield Flip(name, before, after, opens=finding.play, distance=_distance(before, after))


def _situation(situation: Situation, facts: Facts) -> Situation:
    return replace(situation, facts=facts, label=classify(situation.pack, facts))


def _facts_read(pack: Pack, nodes: Sequence[Expr]) -> list[str]:
    names = {name for node in nodes for name in traits_of(node)}
    return sorted(name for name in names if name in pack.blank)


def _candidates(pack: Pack, name: str, nodes: Sequence[Expr], facts: Facts, before: Any) -> list[Any]:
    def solve(node: Expr, value: Any) -> float | None:
        found = pack.evaluator.value(node, {**facts.merged, name: value}, facts.now)
        return found if isinstance(found, int | float) else None

    trait = pack.traits[name]
    if trait.values and trait.type == "text":
        return [value for value in trait.values if value != before]
    return candidates(name, Type(trait.type), nodes, facts.now, before, solve)


def _changed(pack: Pack, facts: Facts, name: str, value: Any) -> Facts:
    """Return the facts with one of them as it would be; a doubted value becomes a believed one."""
    believed = {other: belief for other, belief in facts.believed.items() if other != name}
    account = facts.account
    if pack.scopes[name] is Scope.ACCOUNT:
        account = {**account, name: value}
    return Facts(account, facts.now, believed, {**facts.merged, name: value})


def _distance(before: Any, after: Any) -> float:
    if isinstance(before, datetime) and isinstance(after, datetime):
        return abs((after - before).total_seconds()) / 86_400 / 365
    if isinstance(before, bool) or isinstance(after, bool) or before is None:
        return 1.0
    if isinstance(before, int | float) and isinstance(after, int | float):
        return abs(after - before) / max(abs(before), abs(after), 1.0)
    return 1.0
