"""Which rule forbids a play. A rule forbids unless its condition is false: what is unknown permits nothing."""

from __future__ import annotations

from segue.policies.facts import Facts
from segue.policies.findings import Finding, Reason
from segue.policies.language.explain import Clause
from segue.policies.pack import CompiledRule, Pack, SegmentPolicy


def forbidden(pack: Pack, policy: SegmentPolicy, facts: Facts, name: str) -> Finding | None:
    """Return the first guardrail or rule against a play: one that is true, or that cannot be shown to be false."""
    for rules in (pack.guardrails, policy.rules):
        for rule in rules:
            if name in rule.plays:
                found = _rule_against(pack, facts, name, rule)
                if found is not None:
                    return found
    return None


def _rule_against(pack: Pack, facts: Facts, name: str, rule: CompiledRule) -> Finding | None:
    verdict = rule.when.function(facts.merged, facts.now)
    if verdict is False:
        return None
    view = pack.explainer.view(facts.merged, facts.now)
    clauses = view.because(rule.when.node)
    clause = clauses[0] if clauses else Clause(rule.when.text, None, None, verdict)
    code = Reason.FORBIDDEN if verdict else Reason.FORBIDDEN_UNKNOWN
    missing = () if verdict else view.missing(rule.when.node)
    return Finding(
        name, code, rule.reason if verdict else code, rule.name, clause.clause,
        missing[0] if missing else clause.trait, clause.value, missing,
    )  # fmt: skip
