"""Flips: the smallest single changes, each verified by deciding again."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from segue.policies.classifier import segment_of
from segue.policies.facts import Facts
from segue.policies.flip import flips
from segue.policies.gate import gate, judge_play
from segue.policies.load import load_pack
from tests.policies.mini import FILES, MONDAY, READY, mini_pack, situation

PACK = mini_pack()
SHIPPED = load_pack("saas_pipeline")


def outcomes(**facts: Any) -> dict[tuple[str, str], Any]:
    found = situation(PACK, facts)
    return {
        (each.trait, each.segment or each.opens or ""): each.after for each in flips(found, gate(found), 20)
    }


def test_numbers_move_to_the_nearest_side_of_their_threshold() -> None:
    found = outcomes(size=500, intent=80.0, region="US")
    assert found["intent", "rest"] == 59.9
    assert found["size", "out"] == 199


def test_a_threshold_reached_from_below_is_met_exactly() -> None:
    assert outcomes(size=500, intent=12.0, region="US")["intent", "ready"] == 60.0


def test_what_would_open_an_excluded_play() -> None:
    found = situation(PACK, {**READY, "region": "EU"}, request={"path": "/careers"})
    opened = {(each.trait, each.opens): each.after for each in flips(found, gate(found), 20) if each.opens}
    assert opened["consent", "mail"] is True
    assert opened["region", "mail"] == "US"


def test_instants_and_arithmetic_are_solved() -> None:
    traits = FILES["traits.yaml"].replace("fits: {", "ends_at: {type: timestamp, layer: contextual}\nfits: {")
    when = "(size * 2 - 100) / 4 >= 100 AND ends_at <= now() + INTERVAL '30' DAY"
    pack = mini_pack(
        traits=traits, segments__ready=FILES["segments/ready.yaml"].replace("fits AND intent >= 60", when)
    )
    facts = {"size": 100, "ends_at": MONDAY, "region": "US", "intent": 0.0}
    known = situation(pack, facts)
    found = {(each.trait, each.segment): each.after for each in flips(known, gate(known), 20)}
    assert found["size", "ready"] == 250
    later = situation(pack, {**facts, "size": 250, "ends_at": MONDAY + timedelta(days=90)})
    found = {(each.trait, each.segment): each.after for each in flips(later, gate(later), 20)}
    assert found["ends_at", "ready"] == MONDAY + timedelta(days=30)


@settings(max_examples=60, deadline=None)
@given(
    employees=st.none() | st.integers(0, 9000),
    intent=st.none() | st.floats(0, 100).map(lambda x: round(x, 1)),
    industry=st.none() | st.sampled_from(["saas", "retail", "healthcare"]),
    country=st.none() | st.sampled_from(["US", "DE", "JP"]),
    tech=st.none() | st.just(("salesforce",)) | st.just(()),
)
def test_every_flip_of_a_shipped_pack_leads_where_it_says(**facts: Any) -> None:
    found = situation(SHIPPED, facts)
    findings = gate(found)
    for flip in flips(found, findings, 50):
        changed: Facts = replace(found.facts, account={**found.facts.account}, merged={**found.facts.merged})
        if flip.segment is not None:
            account = {**found.facts.account, flip.trait: flip.after}
            assert segment_of(SHIPPED, replace(changed, account=account))[0].name == flip.segment
            assert flip.segment != found.label.segment
        else:
            assert flip.opens is not None
            merged = {**found.facts.merged, flip.trait: flip.after}
            assert judge_play(
                replace(found, facts=replace(changed, merged=merged)), SHIPPED.plays[flip.opens]
            ).permitted
