"""What the lints prove of a pack holds of every account: beliefs, contacts and all."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import pytest

from segue.policies.checks.reads import conditions_of
from segue.policies.checks.seen import Asked, Views, restated
from segue.policies.classifier import doubted_traits
from segue.policies.facts import Facts, take_facts
from segue.policies.language import tree
from segue.policies.language.cuts import Bounds, cut
from segue.policies.language.question import read_by
from segue.policies.language.regions import Answer
from segue.policies.language.types import Type
from segue.policies.load import load_files, load_pack
from segue.policies.models.traits import Scope
from segue.policies.pack import Pack, SegmentPolicy
from tests.policies.packs import ROOT, Edit, pack_files

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
WARM = "segments/warm_up.yaml"


def shadowing() -> Pack:
    """A pack in which a segment doubts what the one before it believes, and contacts restate the industry."""
    files, _ = pack_files(
        Edit(WARM, "when: high_fit AND NOT in_market", "when: high_fit AND in_market AND employees > 500"),
        Edit(WARM, "owner:", "needs: {employees: 0.7, tech: 0.6}\nowner:"),
        Edit(WARM, "path LIKE '/careers%'", "path LIKE '/careers%' AND industry = 'retail'"),
        Edit("segments/warm_up_test.yaml", "  expect:", "  contact: {industry: retail}\n  expect:"),
    )
    return load_files(files, ROOT)


PACKS: dict[str, Callable[[], Pack]] = {
    "shadowing": shadowing,
    "saas_pipeline": lambda: load_pack("saas_pipeline"),
    "security_maturity": lambda: load_pack("security_maturity"),
}


@dataclass(frozen=True)
class Situation:
    """An account with what is believed of it, and what a contact and a request add."""

    facts: Facts

    def of_segment(self, pack: Pack, segment: SegmentPolicy) -> bool | None:
        """Return what a segment makes of the account: what it doubts is unknown to it."""
        assert segment.when is not None
        doubted = doubted_traits(segment, self.facts.believed)
        values = {**self.facts.account, **dict.fromkeys(doubted)}
        return pack.evaluator_without(doubted).verdict(segment.when.node, values, self.facts.now)


def drawn(pack: Pack, chance: random.Random) -> dict[str, Any]:
    """Return facts of all scopes: values at and about what the pack compares with, a third unknown."""
    conditions = [condition.node for condition in conditions_of(pack)]
    constants = read_by([*conditions, *pack.definitions.values()], {}).constants
    words = [each for each in constants if isinstance(each, str)]
    facts: dict[str, Any] = {}
    for name in pack.imported:
        kind = pack.schema[name]
        if chance.random() < 0.3:
            continue
        if kind is Type.TEXT_LIST:
            known = list(pack.traits[name].values or words)
            facts[name] = chance.sample(known, chance.randint(0, len(known)))
        else:
            tests = [
                tree.Compare("=", tree.Trait(name, kind), tree.Now(timedelta(days=chance.randint(-900, 400))))
            ]
            values, _ = cut(kind, tests if kind is Type.TIMESTAMP else [], constants, Bounds(0, 10_000), NOW)
            likely = list(pack.traits[name].values or ()) or values
            facts[name] = chance.choice(likely if chance.random() < 0.8 else values)
    return facts


def situations(pack: Pack, count: int) -> list[Situation]:
    """Return invented situations, a third of them with facts that a contact restates."""
    chance = random.Random(4)
    found = []
    for number in range(count):
        given, other = drawn(pack, chance), drawn(pack, chance)
        by_scope: dict[Scope, dict[str, Any]] = {scope: {} for scope in Scope}
        for name, value in given.items():
            by_scope[pack.scopes[name]][name] = value
        if number % 3 == 0:
            by_scope[Scope.CONTACT] |= {name: other[name] for name in restated(pack) if name in other}
        believed = {name: chance.choice([0.3, 0.55, 0.65, 1.0]) for name in by_scope[Scope.ACCOUNT]}
        account, contact, request = (by_scope[each] for each in (Scope.ACCOUNT, Scope.CONTACT, Scope.REQUEST))
        found.append(Situation(take_facts(pack, account, NOW, contact, request, believed)))
    return found


@pytest.mark.parametrize("name", PACKS)
def test_what_is_called_impossible_never_happens(name: str) -> None:
    """Every verdict of a segment, together with one of an earlier segment and one of a rule."""
    pack = PACKS[name]()
    views, chance, cases = Views(pack), random.Random(9), situations(pack, 600)
    verdicts: list[bool | None] = [True, False, None]
    impossible = 0
    segments = [segment for segment in pack.segments if segment.when is not None]
    rules = [rule for segment in pack.segments for rule in segment.rules]
    pairs = [(one, other) for one, other in product(segments, segments) if one.index > other.index]
    for one, other in pairs:
        for wanted in product(verdicts, verdicts):
            rule, third = chance.choice([*rules, *pack.guardrails]), chance.choice(verdicts)
            asked: list[Asked] = [
                views.by_segment(one, frozenset({wanted[0]})),
                views.by_segment(other, frozenset({wanted[1]})),
                views.by_rule(rule.when.node, frozenset({third})),
            ]
            if views.possible(asked) is not Answer.NO:
                continue
            impossible += 1
            for case in cases:
                found = (
                    case.of_segment(pack, one),
                    case.of_segment(pack, other),
                    rule.when.function(case.facts.merged, case.facts.now),
                )
                assert found != (*wanted, third), (one.name, other.name, rule.name, case)
    assert impossible > len(pairs)


def test_a_doubted_fact_opens_a_segment_that_is_shadowed_otherwise() -> None:
    """Read as written the second segment is never reached; as they see the facts it is."""
    pack = shadowing()
    views = Views(pack)
    ready, warm = pack.segments[0], pack.segments[1]
    asked = [views.by_segment(warm, frozenset({True})), views.by_segment(ready, frozenset({False, None}))]
    as_written = [Asked(each.written, each.written, each.verdicts) for each in asked]
    assert views.possible(as_written) is Answer.NO
    assert views.possible(asked) is Answer.NO, "the second needs more belief than the first"
    files, _ = pack_files(
        Edit(WARM, "when: high_fit AND NOT in_market", "when: high_fit AND in_market AND employees > 500")
    )
    pack = load_files(files, ROOT)
    views = Views(pack)
    ready, warm = pack.segments[0], pack.segments[1]
    asked = [views.by_segment(warm, frozenset({True})), views.by_segment(ready, frozenset({False, None}))]
    assert views.possible(asked) is Answer.YES, "the first needs belief, the second does not"
