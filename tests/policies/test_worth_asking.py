"""The one question: what a population makes it worth, and when none is."""

from __future__ import annotations

from random import Random

import pytest

from segue.evals.conversations.question_worth import NOW, drawn, simulate, with_population
from segue.policies.classifier import classify
from segue.policies.facts import take_facts
from segue.policies.load import load_pack
from segue.policies.pack import Pack
from segue.policies.worth_asking import LEAST_GAIN, question_worth_asking, worth_of


@pytest.fixture(scope="module")
def informed() -> Pack:
    pack = load_pack("saas_pipeline")
    return with_population(pack, drawn(pack, Random(1), 400))


def test_the_question_that_settles_the_label_is_worth_a_turn(informed: Pack) -> None:
    facts = take_facts(informed, {"industry": "saas", "tech": ("salesforce",), "intent": 72}, NOW)
    missing = classify(informed, facts).missing
    found = worth_of(informed, facts, missing)
    assert found[0].gain >= LEAST_GAIN and 0 <= found[0].now <= found[0].after <= found[0].after_two <= 1
    question = question_worth_asking(informed, facts, missing)
    assert question is not None and question.trait == found[0].trait == "employees"


def test_a_question_that_changes_nothing_is_not_asked(informed: Pack) -> None:
    facts = take_facts(informed, {"is_customer": True}, NOW)
    assert question_worth_asking(informed, facts, ("employees", "industry")) is None
    assert question_worth_asking(informed, facts, ()) is None


def test_the_same_population_gives_the_same_artifact() -> None:
    pack = load_pack("saas_pipeline")
    one, other = (with_population(pack, drawn(pack, Random(2), 200)) for _ in range(2))
    assert [each.id for each in one.artifacts.values()] == [each.id for each in other.artifacts.values()]


def test_the_chosen_question_labels_more_rightly_than_the_others() -> None:
    found = {each.name: each.share for each in simulate("saas_pipeline", 150, 1)}
    chosen = found.pop("worth most")
    assert (
        chosen > found["random question"] and chosen > found["fixed form"] and chosen > found["no question"]
    )
