"""Reasons that are kept by pattern are those that would be worked out anew."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest

from segue.policies import classifier
from segue.policies.classifier import classify, segment_of
from segue.policies.facts import take_facts
from segue.policies.language import tree
from segue.policies.language.types import Type
from segue.policies.load import load_pack
from segue.policies.pack import Pack
from segue.policies.reads import traits_read

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)


def choices(pack: Pack, name: str) -> list[Any]:
    """Few values of a trait, on both sides of what the pack's conditions compare it with."""
    parts = [part for node in pack.definitions.values() for part in tree.walk(node)]
    parts += [part for each in pack.segments if each.when for part in tree.walk(each.when.node)]
    constants = [
        part.value for part in parts if isinstance(part, tree.Literal) and part.type is not Type.BOOLEAN
    ]
    numbers = [float(value) for value in constants if isinstance(value, int | float)]
    found: dict[Type, list[Any]] = {
        Type.TEXT: [*list(pack.traits[name].values or ())[:6], "US", "DE", "", "none"],
        Type.INTEGER: [int(number) + step for number in numbers for step in (-1, 0)],
        Type.NUMBER: [number - step for number in numbers for step in (0.5, 0.0)],
        Type.BOOLEAN: [True, False],
        Type.TIMESTAMP: [NOW + timedelta(days=days) for days in (-800, -10, 10, 200, 400)],
        Type.TEXT_LIST: [
            [],
            [part.item for part in parts if isinstance(part, tree.Contains)],
            ["siem", "core_hr"],
        ],
    }
    return [None, None, *found[pack.schema[name]]]


@pytest.mark.parametrize("name", ["saas_pipeline", "security_maturity", "buying_motion"])
def test_kept_reasons_are_those_worked_out_anew(name: str) -> None:
    pack, random = load_pack(name), Random(12)
    pools = {trait: choices(pack, trait) for trait in traits_read(pack)}
    for _ in range(3000):
        facts = take_facts(pack, {trait: random.choice(pool) for trait, pool in pools.items()}, NOW)
        label = classify(pack, facts)
        assert label == classifier._explained(pack, facts), facts.account
        segment, status = segment_of(pack, facts)
        assert (label.segment, label.status) == (segment.name, status)
    assert 10 < len(pack.kept["reasons"].reasons) < 3000


def test_what_is_kept_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(classifier._Known, "most", 5)
    pack, random = load_pack("saas_pipeline"), Random(1)
    pools = {trait: choices(pack, trait) for trait in traits_read(pack)}
    for _ in range(200):
        facts = take_facts(pack, {trait: random.choice(pool) for trait, pool in pools.items()}, NOW)
        assert classify(pack, facts) == classifier._explained(pack, facts)
        assert len(pack.kept["reasons"].reasons) <= 5


def test_the_value_shown_is_the_accounts_own() -> None:
    """Two accounts of one pattern show different numbers."""
    pack = load_pack("saas_pipeline")
    shown = []
    for intent in (61.0, 97.5):
        facts = {
            "industry": "saas",
            "employees": 800,
            "tech": ["salesforce"],
            "country": "US",
            "intent": intent,
        }
        label = classify(pack, take_facts(pack, facts, NOW))
        shown.append([each.value for each in label.because if each.trait == "intent"])
    assert shown == [[61.0], [97.5]]
