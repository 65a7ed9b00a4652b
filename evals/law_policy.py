"""Laws that a pack's author can break: about forbids, what becomes known, and what is not known."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from random import Random
from typing import Any

from segue.agents.decision import Decision
from segue.evals.generate import conditions_of
from segue.evals.law_intent import INTENT_LAW
from segue.evals.law_types import HOLDS, NOT_APPLICABLE, Law, Verdict, World, changed
from segue.evals.wording import show, show_finding, show_label, show_names
from segue.policies.classifier import Status
from segue.policies.language import tree
from segue.policies.language.explain import Clause
from segue.policies.language.guard import PredicateError
from segue.policies.language.parse import parse_predicate
from segue.policies.language.text import to_text
from segue.policies.language.tree import Expr
from segue.policies.language.types import Type
from segue.policies.models.case import Case
from segue.policies.models.traits import Scope
from segue.policies.pack import CompiledRule, Condition, Pack

_SCOPES = ("facts", "contact", "context")
_ADDED = "added_by_a_law"
_ALWAYS, _UNKNOWN = tree.Literal(True, Type.BOOLEAN), tree.Literal(None, Type.NULL)

# Adding a forbid never enlarges what is permitted


def _forbids(world: World, case: Case, random: Random) -> Iterator[tuple[frozenset[str], Expr]]:
    """Yield plays, some of them permitted here, with conditions: always, unknown, or one of the pack's own."""
    permitted = sorted(each.play for each in world.decision(case).findings if each.permitted)
    plays = sorted(world.pack.plays)
    conditions = [node for node in conditions_of(world.pack) if node.type is Type.BOOLEAN]
    for node in (_ALWAYS, _UNKNOWN, *random.sample(conditions, min(2, len(conditions)))):
        some = random.sample(permitted, min(len(permitted), random.randint(1, 2)))
        yield frozenset([*some, random.choice(plays)]), node


def _forbid_holds(world: World, case: Case, change: tuple[frozenset[str], Expr]) -> Verdict:
    plays, node = change
    snapshot = world.snapshot(case)
    stricter = _with_forbid(world, plays, node)
    before, after = world.decision(case), world.decide(replace(snapshot, pack=stricter))
    was = {each.play for each in before.findings if each.permitted}
    now = {each.play for each in after.findings if each.permitted}
    lines = [f"{name}: {_said(before, name)}; with the forbid: permitted" for name in sorted(now - was)]
    facts = snapshot.facts
    if world.function(node)(facts.merged, facts.now) is not False:
        lines += [f"{name} is forbidden and still permitted" for name in sorted(now & plays)]
        if after.play.name in plays:
            lines.append(f"{after.play.name} is forbidden and still chosen")
    if not lines:
        return HOLDS
    text = to_text(node)
    return (f"added: forbid {show_names(sorted(plays))} when {text}", *lines)


def _with_forbid(world: World, plays: frozenset[str], node: Expr) -> Pack:
    pack = world.pack
    when = Condition(to_text(node), node, world.function(node), "pack.yaml", ())
    return replace(pack, guardrails=(*pack.guardrails, CompiledRule(_ADDED, plays, when, _ADDED)))


# A fact becoming known never turns a matched label into another without that fact in its reasons


def _discoveries(world: World, case: Case, random: Random) -> Iterator[tuple[str, Any]]:
    """Yield unknown account facts that a segment reads, with a value."""
    read = world.reads(*(segment.when.node for segment in world.pack.segments if segment.when is not None))
    unknown = [
        name
        for name in world.generator.traits
        if name in read and case.facts.get(name) is None and world.pack.scopes[name] is Scope.ACCOUNT
    ]
    for name in random.sample(unknown, min(3, len(unknown))):
        if world.generator.values[name]:
            yield name, random.choice(world.generator.values[name])


def _discovery_holds(world: World, case: Case, change: tuple[str, Any]) -> Verdict:
    name, value = change
    if case.facts.get(name) is not None:
        return NOT_APPLICABLE
    before = world.decision(case).label
    if before.status is not Status.MATCHED:
        return NOT_APPLICABLE
    after = world.decision(changed(case, "facts", {**case.facts, name: value})).label
    if after.segment == before.segment or name in _reasons(world, after.because):
        return HOLDS
    return (
        f"{name} unknown: {show_label(before)}",
        f"{name} {show(value)}: {show_label(after)} because {'; '.join(each.clause for each in after.because)}",
    )


def _reasons(world: World, clauses: tuple[Clause, ...]) -> frozenset[str]:
    """Return every fact behind some clauses, derived traits followed."""
    found: set[str] = set()
    for clause in clauses:
        try:
            found |= world.reads(parse_predicate(clause.clause, world.pack.schema))
        except PredicateError:
            found |= {clause.trait} if clause.trait else set()
    return frozenset(found)


# Unknown never suppresses


def _removals(world: World, case: Case, random: Random) -> Iterator[frozenset[str]]:
    """Yield facts to remove: none, and some of those whose absence says nothing."""
    yield frozenset()
    known = sorted(
        name for scope in _SCOPES for name in getattr(case, scope) if name in world.without_meaning
    )
    for _ in range(2):
        if known:
            yield frozenset(random.sample(known, random.randint(1, min(3, len(known)))))


def _suppression_holds(world: World, case: Case, removed: frozenset[str]) -> Verdict:
    before = world.decision(case)
    lines = _status_faults(world, case, before)
    less = case
    for scope in _SCOPES:
        kept = {name: value for name, value in getattr(less, scope).items() if name not in removed}
        less = changed(less, scope, kept)
    after = world.decision(less)
    was, now = _suppressing(world.pack, before), _suppressing(world.pack, after)
    if after.label.status is Status.PROVISIONAL:
        lines += [f"{name} is permitted though the label is provisional" for name in sorted(now)]
    lines += [
        f"{name}: {_said(before, name)} in {show_label(before.label)}; permitted in {show_label(after.label)} "
        f"with {show_names(sorted(removed))} unknown"
        for name in sorted(now - was)
    ]
    return tuple(lines)


def _suppressing(pack: Pack, decision: Decision) -> set[str]:
    """Return the suppressing plays that are chosen or permitted."""
    names = {each.play for each in decision.findings if each.permitted} | {decision.play.name}
    return {name for name in names if name in pack.plays and pack.plays[name].model.suppresses}


def _status_faults(world: World, case: Case, decision: Decision) -> list[str]:
    """Return how the label's status is not what the conditions give, each asked by itself."""
    facts, label, pack = world.snapshot(case).facts, decision.label, world.pack
    policy = pack.by_name[label.segment]
    before = [
        pack.evaluator.verdict(each.when.node, facts.account, facts.now)
        for each in pack.segments[: policy.index]
        if each.when is not None
    ]
    due = Status.MATCHED if policy.when is not None else Status.RESIDUAL
    due = Status.PROVISIONAL if None in before else due
    return [] if label.status is due else [f"{label.segment} is called {label.status}, and is {due}"]


def _said(decision: Decision, play: str) -> str:
    finding = decision.finding(play)
    return "not judged" if finding is None else show_finding(finding)


POLICY_LAWS = (
    Law(
        "forbid_never_enlarges",
        "Adding a forbid permits nothing more, and what it forbids is neither permitted nor chosen.",
        _forbid_holds,
        _forbids,
    ),
    INTENT_LAW,
    Law(
        "known_fact_is_named_in_the_reasons",
        "A fact that becomes known turns a matched label into another only with that fact in its reasons.",
        _discovery_holds,
        _discoveries,
    ),
    Law(
        "unknown_never_suppresses",
        "A provisional label permits no suppressing play, removing facts permits none that was excluded, and a "
        "label is called matched, provisional or residual as its conditions are. Facts whose absence the pack "
        "gives a meaning are left in place.",
        _suppression_holds,
        _removals,
    ),
)
