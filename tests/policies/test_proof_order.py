"""Proof for somebody of whom little is known: what may be theirs is permitted, what is a guess comes last."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from segue.policies.load import load_pack
from segue.policies.situation import Situation
from tests.policies.mini import situation

PACKS = {name: load_pack(name) for name in ("security_maturity", "buying_motion")}


def asked(pack: str, facts: Mapping[str, Any], contact: Mapping[str, Any] | None = None) -> Situation:
    return situation(PACKS[pack], facts, contact)


@pytest.mark.parametrize(
    ("pack", "facts", "contact", "first", "guess"),
    [
        ("security_maturity", {"country": "US"}, {"persona": "it"}, ["siem_connectors", "soc2_report"], "fedramp_boundary"),
        ("security_maturity", {"country": "DE"}, {}, ["soc2_report", "price_list"], "dora_exit_plan"),
        ("buying_motion", {}, {}, ["customers_stay", "people_answer_the_phone"], "rosterloom_ninety_day_switch"),
    ],
)  # fmt: skip
def test_what_is_tagged_for_a_fact_that_nobody_knows_is_shown_to_whoever_asks_for_it(
    pack: str, facts: dict[str, Any], contact: dict[str, Any], first: list[str], guess: str
) -> None:
    found = asked(pack, facts, contact)
    assert found.label.segment == "needs_data"
    assert [each.id for each in found.proof] == first
    ids = [each.id for each in found.all_proof]
    assert ids.index(guess) >= len(first)
    assert replace(found, preferred=(guess,)).proof[0].id == guess


def test_what_is_known_to_be_for_others_is_shown_to_nobody_however_they_ask() -> None:
    found = asked("security_maturity", {"country": "DE", "industry": "healthcare"})
    ids = {each.id for each in found.all_proof}
    assert found.label.segment == "needs_data"
    assert "nis2_hospital_reporting" in ids
    assert not ids & {"dora_exit_plan", "fedramp_moderate", "hipaa_baa"}


def test_of_those_that_fit_as_many_facts_first_comes_what_is_for_fewer_unknown_ones() -> None:
    facts = {"incumbent_vendor": "none", "employees": 130, "country": "US", "industry": "retail"}
    ids = [each.id for each in asked("buying_motion", facts).all_proof]
    assert (
        ids.index("retail_season_hiring")
        < ids.index("first_system_three_weeks")
        < ids.index("customers_stay")
    )
    known = [each.id for each in asked("buying_motion", facts, {"persona": "hr_ops"}).all_proof]
    assert known.index("first_system_three_weeks") < known.index("retail_season_hiring")
