"""Lints of `personas.yaml`: rules that decide nothing, and a committee that can never be complete."""

from __future__ import annotations

from segue.policies.checks.codes import Code
from segue.policies.checks.finding import Findings
from segue.policies.models.personas import Personas, RoleRule
from segue.policies.pack import Pack
from segue.policies.personas import role_of

_FILE = "personas.yaml"


def check_roles(findings: Findings) -> None:
    """Check that every rule of roles decides some title, and that rules give every persona of the committee."""
    personas = findings.pack.personas
    if personas is None:
        return
    for index, rule in enumerate(personas.rules):
        why = _never_decides(findings.pack, personas, rule, index)
        if why is not None:
            findings.add(Code.ROLE_RULE_UNREACHED, findings.at(_FILE, "rules", index, "rule"), why)
    given = {rule.gives.persona for rule in personas.rules}
    for index, persona in enumerate(personas.committee):
        if persona not in given:
            message = f"no rule gives the persona {persona!r}"
            findings.add(Code.COMMITTEE_ROLE_NEVER_GIVEN, findings.at(_FILE, "committee", index), message)


def _never_decides(pack: Pack, personas: Personas, rule: RoleRule, index: int) -> str | None:
    """Return why a rule decides nothing, or None where it does, or where that cannot be told by its words alone."""
    for kind in ("function", "seniority"):
        earlier = {getattr(other.gives, kind) for other in personas.rules[:index]}
        asked = getattr(rule.where, kind)
        if asked and not earlier & set(asked):
            return f"no rule before {rule.rule!r} gives the {kind} {' or '.join(asked)}"
    if rule.also or rule.where.function or rule.where.seniority:
        return None
    for phrase in (*rule.any, *rule.whole):
        role = role_of(pack, phrase.replace("*", ""))
        if role.stopped_by == rule.rule or any(cause.rule == rule.rule for cause in role.because):
            return None
    return f"for every phrase of {rule.rule!r} a rule before it decides, or one of its own exceptions holds"
