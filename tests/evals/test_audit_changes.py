"""How many labels hang on a trait, against brute force over every value that the trait can have."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pytest

from segue.evals.audit.model import Audit, Use
from segue.evals.audit.order import fill_order
from segue.evals.audit.population import Audited, Population, Statement
from segue.evals.audit.run import audit
from segue.evals.audit.traits import change_of, group_accounts
from segue.evals.generate import Generator
from segue.policies.classifier import classify, segment_of
from segue.policies.completion import Completions, with_value
from segue.policies.facts import Account, take_facts
from segue.policies.load import load_pack
from segue.policies.pack import Pack
from tests.policies.mini import MONDAY, mini_pack

VALUES: Mapping[str, Sequence[Any]] = {
    "size": range(150, 251),
    "intent": [each / 10 for each in range(550, 651)],
    "region": ["EU", "US"],
    "is_customer": [True, False],
}
"""Every value near what the small pack compares with: labels change nowhere else."""
DOMAIN = {**VALUES, "intent": [*VALUES["intent"], *(each / 2 for each in range(-200, 400))]}
"""Every value that brute force tries, where one trait's threshold depends on another."""
MINI = mini_pack()
ARITHMETIC = mini_pack(
    segments__ready="""
segment: ready
title: Ready
when: size * 2 + intent >= 460
surfaces: {chat: {default: help}}
"""
)
"""A pack in which one trait's threshold depends on another."""


def account(pack: Pack, number: int, values: Mapping[str, Any], **believed: float) -> Audited:
    facts = take_facts(pack, values, MONDAY, believed=believed)
    said = {name: [Statement("crm", "crm", value, None, stale=False)] for name, value in values.items()}
    return Audited(Account(f"a{number}", "acme.example"), facts, said)


def drawn(pack: Pack, count: int, seed: int = 1) -> list[Audited]:
    """Return accounts of which each fact is known or not, as chance has it."""
    rng = random.Random(seed)
    found = []
    for number in range(count):
        values = {name: rng.choice(list(few)) for name, few in VALUES.items() if rng.random() < 0.6}
        believed = {"is_customer": 0.5} if rng.random() < 0.2 else {}
        found.append(account(pack, number, values, **believed))
    return found


def by_brute_force(pack: Pack, accounts: Iterable[Audited], name: str) -> tuple[int, float]:
    """Return how many labels could change, and would by the values that accounts have, one by one."""
    accounts = list(accounts)
    have = [value for each in accounts if (value := each.facts.account.get(name)) is not None]
    could, would = 0, 0.0
    for each in accounts:
        if each.facts.account.get(name) is not None:
            continue
        now = segment_of(pack, each.facts)[0]
        differ = {v: segment_of(pack, with_value(each.facts, name, v))[0] is not now for v in DOMAIN[name]}
        could += any(differ.values())
        would += sum(differ[value] for value in have) / len(have)
    return could, would


@pytest.mark.parametrize("pack", [MINI, ARITHMETIC], ids=["regions", "arithmetic"])
@pytest.mark.parametrize("name", ["size", "intent", "region"])
def test_labels_that_would_change_are_those_that_brute_force_finds(pack: Pack, name: str) -> None:
    accounts = drawn(pack, 300)
    completions = Completions(pack, MONDAY)
    found = change_of(completions, accounts, group_accounts(completions, accounts), name)
    could, would = by_brute_force(pack, accounts, name)
    assert found.could == could and found.expected == pytest.approx(would)
    assert found.proven == (pack is MINI or name == "region")
    assert sum(found.leads_to.values()) == pytest.approx(would)


@pytest.mark.parametrize("name", ["saas_pipeline", "security_maturity", "buying_motion"])
def test_the_regions_of_a_shipped_pack_give_every_label_that_its_own_values_give(name: str) -> None:
    """Of random facts, no value that the generator knows leads to a label that was not among the outcomes."""
    pack = load_pack(name)
    generator = Generator(pack, 3, MONDAY)
    completions = Completions(pack, MONDAY)
    assert not completions.unproven
    tried = 0
    for _ in range(150):
        given = {n: v for n, v in generator.draw().items() if n in pack.blank}
        facts = take_facts(pack, given, MONDAY)
        assert completions.label(facts) == classify(pack, facts).segment
        for trait in completions.traits:
            outcomes = completions.outcomes(facts, trait)
            for value in generator.values[trait]:
                if value is not None and _is_declared(pack, trait, value):
                    label = segment_of(pack, take_facts(pack, {**given, trait: value}, MONDAY))[0].name
                    assert (
                        outcomes[
                            completions.region(trait, take_facts(pack, {trait: value}, MONDAY).account[trait])
                        ]
                        == label
                    )
                    tried += 1
    assert tried > 1_000


def _is_declared(pack: Pack, trait: str, value: Any) -> bool:
    declared = pack.traits[trait].values
    return declared is None or all(
        each in declared for each in ([value] if isinstance(value, str) else value)
    )


def test_every_account_is_counted_once_and_the_sorting_is_by_what_changes() -> None:
    found = _audit(MINI, drawn(MINI, 200))
    for each in found.traits:
        assert each.known + each.assumed + each.stale + each.missing == each.accounts == 200
        assert each.change.could <= each.missing + each.stale
    assert sum(each.accounts for each in found.segments) == 200
    assert found.settled + found.provisional == 200
    weights = [each.weight for each in found.traits]
    assert weights == sorted(weights, reverse=True)
    for segment in found.segments:
        assert segment.settled + segment.provisional == segment.accounts <= segment.possible


def test_completing_what_decides_nothing_changes_nothing() -> None:
    """`tier` is read by no segment: with it known or unknown, every other figure is the same."""
    without = drawn(MINI, 100)
    facts = [{n: v for n, v in each.facts.account.items() if v is not None} for each in without]
    complete = [
        account(MINI, number, {**given, "tier": "gold"}, **without[number].facts.believed)
        for number, given in enumerate(facts)
    ]
    before, after = _audit(MINI, without), _audit(MINI, complete)
    tier = next(each for each in before.traits if each.name == "tier")
    assert (tier.use, tier.change.could, tier.change.expected) == (Use.NOTHING, 0, 0.0)
    assert before.segments == after.segments and before.order == after.order
    others = [[each for each in one.traits if each.name != "tier"] for one in (before, after)]
    assert others[0] == others[1]


def test_a_trait_that_nobody_has_is_no_expectation_and_comes_by_what_it_could_change() -> None:
    found = _audit(MINI, [account(MINI, n, {"size": 500, "is_customer": False}) for n in range(60)])
    first = found.traits[0]
    assert (first.name, first.change.expected, first.change.could, first.weight) == ("intent", None, 60, 60)
    assert found.advice[0].what.startswith("Start collecting “intent”")


def test_absence_that_means_something_is_no_gap() -> None:
    found = _audit(MINI, [account(MINI, n, {"size": 500, "intent": 80.0}) for n in range(10)])
    trait = next(each for each in found.traits if each.name == "is_customer")
    assert (trait.assumed, trait.missing, trait.change.could, trait.change.expected) == (10, 0, 0, 0.0)
    assert trait.change.if_assumed_wrongly == 10


def test_a_value_believed_too_little_is_told_as_what_confirming_it_would_change() -> None:
    doubted = {"is_customer": True, "size": 500, "intent": 80.0}
    found = _audit(MINI, [account(MINI, n, doubted, is_customer=0.3) for n in range(4)])
    trait = next(each for each in found.traits if each.name == "is_customer")
    assert (trait.known, trait.doubted, trait.change.if_confirmed) == (4, 4, 4)


def test_the_order_finds_two_facts_that_change_a_label_only_together() -> None:
    """Half know size and half intent, and the others neither: one alone leaves them in the residual."""
    pack = mini_pack(
        segments__out="segment: out\ntitle: Out\nwhen: size < 100 AND intent < 10\nsurfaces: {chat: {default: help}}"
    )
    known = [account(pack, n, {"size": 500, "intent": 80.0, "region": "EU"}) for n in range(10)]
    blind = [account(pack, 100 + n, {}) for n in range(40)]
    completions = Completions(pack, MONDAY)
    groups = group_accounts(completions, [*known, *blind])
    alone = [change_of(completions, [*known, *blind], groups, name).expected for name in ("size", "intent")]
    assert alone == [0.0, 0.0]
    order = fill_order(completions, [*known, *blind])
    assert {each.trait for each in order[:2]} == {"size", "intent"}
    assert [each.changed for each in order] == [0.0, 40.0, 40.0]


def test_the_order_adds_up_to_all_labels_that_completing_everything_changes() -> None:
    accounts = drawn(MINI, 300)
    order = fill_order(Completions(MINI, MONDAY), accounts)
    assert len({each.trait for each in order}) == len(order) == 3
    assert all(0 <= each.changed <= 300 for each in order)
    assert order == fill_order(Completions(MINI, MONDAY), accounts)


def test_possible_segments_hold_every_label_that_completing_all_facts_leads_to() -> None:
    completions = Completions(MINI, MONDAY)
    few: dict[str, list[Any]] = {
        "size": [199, 200],
        "intent": [59.0, 60.0],
        "region": ["EU", "US"],
        "is_customer": [True, False],
    }
    for each in drawn(MINI, 40, seed=7):
        known = {name: v for name, v in each.facts.account.items() if v is not None and name in few}
        options = [
            [(n, v) for v in values] for n, values in few.items() if n not in known and n != "is_customer"
        ]
        for chosen in itertools.product(*options):
            complete = take_facts(MINI, {**known, **dict(chosen)}, MONDAY, believed=each.facts.believed)
            assert segment_of(MINI, complete)[0].name in completions.possible(each.facts)


def _audit(pack: Pack, accounts: Sequence[Audited]) -> Audit:
    return audit(pack, Population("invented accounts", accounts), MONDAY)
