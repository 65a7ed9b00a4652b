"""Laws of the path from facts to play: about what must not matter, what repeats and what is explained."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

from segue.agents.decision import Decision
from segue.evals.generate import conditions_of
from segue.evals.law_types import HOLDS, NOT_APPLICABLE, Law, Verdict, World
from segue.evals.outcome import first_difference, outcome_of, outcome_of_label
from segue.evals.wording import show, show_finding
from segue.policies.classifier import classify
from segue.policies.findings import Reason
from segue.policies.gate import gate
from segue.policies.models.case import Case
from segue.policies.models.traits import Scope
from segue.policies.situation import Situation

_SILENCE = "silence"
_BY_A_RULE = (Reason.FORBIDDEN, Reason.FORBIDDEN_UNKNOWN)

# What must not matter


def _irrelevancies(world: World, case: Case, random: Random) -> Iterator[tuple[str, Case, bool]]:
    """Yield (what, the changed case, whether only the label must stay)."""
    name = case.account.get("name", "Acme")
    renamed = {**case.account, "name": name.upper() + " \u0130NC", "domain": "other.example"}
    yield "the account renamed", case.model_copy(update={"account": renamed}), False
    facts, contact = (dict(reversed(list(each.items()))) for each in (case.facts, case.contact))
    yield "the facts in another order", case.model_copy(update={"facts": facts, "contact": contact}), False
    unread = [each for each in _unread(world) if each not in case.facts and world.generator.values[each]]
    for trait in random.sample(unread, min(1, len(unread))):
        key = {Scope.ACCOUNT: "facts", Scope.CONTACT: "contact", Scope.REQUEST: "context"}[
            world.pack.scopes[trait]
        ]
        stated = {**getattr(case, key), trait: random.choice(world.generator.values[trait])}
        yield f"{trait}, which nothing reads, stated", case.model_copy(update={key: stated}), False
    lists = {n: (*reversed(v), *v[:1]) for n, v in case.facts.items() if isinstance(v, tuple)}
    if lists:
        yield "lists in another order", case.model_copy(update={"facts": {**case.facts, **lists}}), True
    stranger = {"contact": {}, "context": {}, "account": {**case.account, "id": "acc_other"}}
    yield "another person, request and account id", case.model_copy(update=stranger), True


def _unread(world: World) -> tuple[str, ...]:
    """Return the traits that no condition, message, proof point or belief of the pack names."""
    found = world.kept.get("unread")
    if found is None:
        pack = world.pack
        read = set(world.reads(*conditions_of(pack)))
        shown = {slot.trait for play in pack.plays.values() for slot in play.slots if slot.trait is not None}
        shown |= {key for point in pack.proof.values() for key in point.tags}
        shown |= {
            name for segment in pack.segments for name in (*segment.model.needs, *segment.model.proof.match)
        }
        for name in shown & set(pack.definitions):
            read |= world.reads(pack.definitions[name])
        found = world.kept["unread"] = tuple(n for n in world.generator.traits if n not in read | shown)
    return tuple(found)


def _irrelevant_holds(world: World, case: Case, change: tuple[str, Case, bool]) -> Verdict:
    what, other, label_only = change
    one, two = world.decision(case), world.decision(other)
    if label_only:
        found = first_difference(outcome_of_label(one.label), outcome_of_label(two.label))
    else:
        found = first_difference(outcome_of(one), outcome_of(two))
    return HOLDS if found is None else (f"{what}: {_told(found)}",)


# What repeats


def _repeat_holds(world: World, case: Case, _: None) -> Verdict:
    snapshot = world.snapshot(case)
    one, two, three = world.decide(snapshot), world.decide(snapshot), world.decision(case)
    for what, other in (("asked twice", two), ("of a fresh snapshot", three)):
        found = _difference(one, other)
        if found is not None:
            return (f"{what}: {_told(found)}",)
    return HOLDS


def _graph_holds(world: World, case: Case, _: None) -> Verdict:
    from segue.agents.graph import decide_in_graph  # langgraph is slow to import, and no other law needs it

    snapshot = world.snapshot(case)
    found = _difference(world.decide(snapshot), decide_in_graph(snapshot))
    return HOLDS if found is None else (f"in the graph: {_told(found)}",)


def _difference(one: Decision, other: Decision) -> tuple[str, Any, Any] | None:
    """Return the first difference of two decisions, scores and wording included."""
    found = first_difference(outcome_of(one), outcome_of(other))
    if found is not None:
        return found
    plain = [each.to_json() for each in (one, other)]
    for each in plain:
        del each["decision_id"], each["latency_ms"]
    return next(
        ((key, plain[0][key], plain[1][key]) for key in plain[0] if plain[0][key] != plain[1][key]), None
    )


def _told(found: tuple[str, Any, Any]) -> str:
    key, one, two = found
    plain = (dict, list)
    shown = [str(each) if isinstance(each, plain) else show(each) for each in (one, two)]
    return f"{key} {shown[0]} becomes {shown[1]}"


# What is explained


def _reasons_hold(world: World, case: Case, _: None) -> Verdict:
    decision = world.decision(case)
    judged = [each.play for each in decision.findings]
    facts = world.snapshot(case).facts
    unknown = {name for name in world.without_meaning if facts.merged.get(name) is None}
    lines = [f"{name} is not among what was considered" for name in world.pack.plays if name not in judged]
    lines += [
        f"{name} is considered more than once" for name in sorted({n for n in judged if judged.count(n) > 1})
    ]
    for each in decision.findings:
        if not each.reason:
            lines.append(f"{each.play} has no reason")
        elif each.code in _BY_A_RULE and not (each.rule and each.clause):
            lines.append(f"{each.play}: {show_finding(each)}, without rule and clause")
        elif each.code is Reason.FORBIDDEN_UNKNOWN and not each.missing and each.trait in unknown:
            lines.append(f"{each.play}: {show_finding(each)}, without the missing fact")
    return tuple(lines)


def _judged_again_holds(world: World, case: Case, _: None) -> Verdict:
    snapshot = world.snapshot(case)
    decision = world.decide(snapshot)
    if decision.play.name == _SILENCE:
        return NOT_APPLICABLE
    label = classify(snapshot.pack, snapshot.facts)
    situation = Situation(
        snapshot.pack, snapshot.facts, snapshot.account, label, snapshot.surface, snapshot.counts,
        snapshot.loads, snapshot.switched_off,
    )  # fmt: skip
    found = next((each for each in gate(situation) if each.play == decision.play.name), None)
    if found is not None and found.permitted:
        return HOLDS
    return (f"{decision.play.name} is chosen: {'no such play' if found is None else show_finding(found)}",)


ENGINE_LAWS = (
    Law(
        "unrelated_fields_change_nothing",
        "The account's name and domain, the order of facts and facts that nothing reads change no decision; the "
        "person, the request, the account's id and the order of lists change no label.",
        _irrelevant_holds,
        _irrelevancies,
    ),
    Law("same_snapshot_same_decision", "The same facts give the same decision.", _repeat_holds),
    Law(
        "graph_decides_the_same",
        "The LangGraph graph decides as the plain steps do.",
        _graph_holds,
        every=10,
    ),
    Law(
        "every_play_has_a_reason",
        "Every play of the pack is considered once, with a reason; a rule that excludes names its clause.",
        _reasons_hold,
    ),
    Law(
        "chosen_play_is_permitted",
        "The gate, asked afresh, permits what was chosen.",
        _judged_again_holds,
    ),
)
