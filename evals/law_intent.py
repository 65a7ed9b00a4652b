"""The law that more intent never lowers the treatment, and when it is fair to ask it.

Two decisions are compared that differ in one fact of intent or behaviour, which is a dimension of the
pack or part of one, and which rises. Both labels are settled, so that nothing hangs on what is unknown,
and both plays declare an order. A lower order is excused where a play of the former order or more is
allowed at the higher intent and withheld for a reason that has nothing to do with intent: a rule that
does not read the fact, a limit, nobody free, words that cannot be filled.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

from segue.evals.law_types import HOLDS, NOT_APPLICABLE, Law, Verdict, World, changed
from segue.evals.wording import show, show_label
from segue.policies.classifier import Status
from segue.policies.findings import Reason
from segue.policies.language.types import Range, Type
from segue.policies.models.case import Case
from segue.policies.models.traits import Layer, Scope
from segue.policies.pack import Pack


def _raises(world: World, case: Case, random: Random) -> Iterator[tuple[str, Any]]:
    """Yield a known intent fact of the case with a higher value."""
    for name in intent_traits(world):
        here = case.facts.get(name)
        if here is None:
            continue
        higher = [each for each in world.generator.values[name] if each is not None and each > here]
        if higher:
            yield name, random.choice(higher)


def intent_traits(world: World) -> tuple[str, ...]:
    """Return the numeric facts of intent and behaviour that are dimensions, or that a dimension is made of."""
    pack = world.pack
    read: set[str] = set()
    for name in pack.file.dimensions:
        definition = pack.definitions.get(name)
        read |= {name} if definition is None else world.reads(definition)
    return tuple(
        name
        for name in world.generator.traits
        if name in read
        and pack.layers.get(name) in (Layer.INTENT, Layer.BEHAVIORAL)
        and pack.scopes[name] is Scope.ACCOUNT
        and Type(pack.traits[name].type).is_numeric
    )


def _intent_holds(world: World, case: Case, change: tuple[str, Any]) -> Verdict:
    name, value = change
    here = case.facts.get(name)
    if here is None:
        return NOT_APPLICABLE
    more = changed(case, "facts", {**case.facts, name: value})
    if not _is_more(world, case, more):
        return NOT_APPLICABLE
    before, after = world.decision(case), world.decision(more)
    if Status.PROVISIONAL in (before.label.status, after.label.status):
        return NOT_APPLICABLE
    was, now = _order(world.pack, before.play.name), _order(world.pack, after.play.name)
    if was is None or now is None:
        return NOT_APPLICABLE
    if now >= was:
        return HOLDS
    if any(
        (_order(world.pack, each.play) or 0) >= was and not _depends_on(world, each.rule, name)
        for each in after.findings
        if each.code not in (Reason.PERMITTED, Reason.NOT_ALLOWED)
    ):
        return NOT_APPLICABLE
    return (
        f"{name} {show(here)}: {show_label(before.label)}, {before.play.name} of order {was}",
        f"{name} {show(value)}: {show_label(after.label)}, {after.play.name} of order {now}",
    )


def _is_more(world: World, case: Case, more: Case) -> bool:
    """Return True when no dimension falls and one rises: a score must rise at both ends or stay."""
    rises = False
    for name in world.pack.file.dimensions:
        low, high = (_dimension(world, each, name) for each in (case, more))
        if low is None or high is None or type(low) is not type(high):
            continue
        if isinstance(low, str | tuple) and not isinstance(low, Range):
            continue
        ends = list(zip(low, high, strict=True)) if isinstance(low, tuple) else [(low, high)]
        if any(b < a for a, b in ends):
            return False
        rises = rises or any(b > a for a, b in ends)
    return rises


def _dimension(world: World, case: Case, name: str) -> Any:
    facts, pack = world.snapshot(case).facts, world.pack
    definition = pack.definitions.get(name)
    if definition is None:
        return facts.account.get(name)
    return pack.evaluator.value(definition, facts.account, facts.now)


def _order(pack: Pack, play: str) -> int | None:
    return pack.plays[play].model.order if play in pack.plays else None


def _depends_on(world: World, rule: str | None, trait: str) -> bool:
    """Return True when a rule reads a trait: then what it withholds is no excuse."""
    rules = [*world.pack.guardrails, *(each for segment in world.pack.segments for each in segment.rules)]
    return any(trait in world.reads(each.when.node) for each in rules if each.name == rule)


INTENT_LAW = Law(
    "more_intent_never_lowers_treatment",
    "With a higher intent, everything else the same, both labels settled and both plays of a declared "
    "order, the order does not fall; unless a play of that order is withheld for another reason than intent.",
    _intent_holds,
    _raises,
)
