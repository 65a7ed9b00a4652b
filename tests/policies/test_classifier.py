"""Labels: the first true segment, provisional while one before it is unknown, with what would settle it."""

from __future__ import annotations

from typing import Any

import pytest

from segue.core.errors import InputError
from segue.policies.classifier import Status, classify, segment_of
from segue.policies.facts import take_facts
from segue.policies.language import ValueFault
from tests.policies.mini import FILES, MONDAY, mini_pack

PACK = mini_pack()


@pytest.mark.parametrize(
    ("facts", "segment", "status", "missing"),
    [
        ({"is_customer": True}, "customer", Status.MATCHED, ()),
        ({"size": 200, "intent": 60.0}, "ready", Status.MATCHED, ()),
        ({"size": 200, "intent": 59.9}, "rest", Status.RESIDUAL, ()),
        ({"size": 199, "region": "US"}, "out", Status.MATCHED, ()),
        ({"size": 199}, "out", Status.MATCHED, ()),
        ({"region": "US", "intent": 80.0}, "rest", Status.PROVISIONAL, ("size",)),
        ({"size": 200}, "rest", Status.PROVISIONAL, ("intent",)),
        ({}, "rest", Status.PROVISIONAL, ("size", "region", "intent")),
        ({"intent": 10.0}, "rest", Status.PROVISIONAL, ("size", "region")),
    ],
)
def test_labels(facts: dict[str, Any], segment: str, status: Status, missing: tuple[str, ...]) -> None:
    label = classify(PACK, take_facts(PACK, facts, MONDAY))
    assert (label.segment, label.status, label.missing) == (segment, status, missing)


def test_because_shows_the_score_and_the_first_false_clause_of_each_segment() -> None:
    matched = classify(PACK, take_facts(PACK, {"size": 500, "region": "US", "intent": 70.0}, MONDAY))
    assert [(each.clause, each.value) for each in matched.because] == [
        ("score >= 60", 80.5),
        ("intent >= 60", 70.0),
    ]
    residual = classify(PACK, take_facts(PACK, {"size": 500, "intent": 1.0}, MONDAY))
    assert [each.clause for each in residual.because] == ["is_customer", "intent >= 60", "NOT score >= 60"]


def test_a_value_believed_too_little_is_unknown_even_where_absence_means_something() -> None:
    facts = {"is_customer": True, "size": 500, "intent": 80.0}
    trusted = classify(PACK, take_facts(PACK, facts, MONDAY, believed={"is_customer": 0.6}))
    assert (trusted.segment, trusted.status) == ("customer", Status.MATCHED)
    doubted = classify(PACK, take_facts(PACK, facts, MONDAY, believed={"is_customer": 0.59}))
    assert (doubted.segment, doubted.status, doubted.missing) == (
        "ready",
        Status.PROVISIONAL,
        ("is_customer",),
    )


def test_the_fast_path_and_the_segment_by_segment_path_agree() -> None:
    for size in (None, 10, 199, 200):
        for intent in (None, 59.9, 60.0):
            for customer in (None, True, False):
                facts = {"size": size, "intent": intent, "is_customer": customer}
                fast = take_facts(PACK, facts, MONDAY)
                slow = take_facts(
                    PACK, {**facts, "is_customer": None if customer is False else customer}, MONDAY
                )
                assert segment_of(PACK, fast)[0] is segment_of(PACK, slow)[0]
                label = classify(PACK, fast)
                assert (label.segment, label.status) == (
                    segment_of(PACK, fast)[0].name,
                    segment_of(PACK, fast)[1],
                )


def test_contact_facts_never_move_the_label() -> None:
    alone = classify(PACK, take_facts(PACK, {"size": 10}, MONDAY))
    restated = classify(
        PACK, take_facts(PACK, {"size": 10}, MONDAY, contact={"size": 900, "persona": "ciso"})
    )
    assert alone == restated


@pytest.mark.parametrize(
    ("facts", "error", "message"),
    [
        ({"sise": 3}, InputError, "did you mean 'size'"),
        ({"fits": True}, InputError, "derived"),
        ({"size": "many"}, ValueFault, "size: expected a whole number"),
    ],
)
def test_facts_that_the_pack_does_not_take_are_refused(
    facts: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        take_facts(PACK, facts, MONDAY)


def test_a_known_fact_that_takes_the_account_out_of_a_segment_is_a_reason() -> None:
    when = "CASE WHEN region IS NOT NULL THEN region = 'US' ELSE size >= 200 END"
    pack = mini_pack(segments__ready=FILES["segments/ready.yaml"].replace("fits AND intent >= 60", when))
    unknown = classify(pack, take_facts(pack, {"size": 300}, MONDAY))
    assert (unknown.segment, unknown.status) == ("ready", Status.MATCHED)
    out = mini_pack(
        segments__ready=FILES["segments/ready.yaml"].replace("fits AND intent >= 60", when),
        segments__out=FILES["segments/out.yaml"].replace("NOT fits", "fits"),
    )
    known = classify(out, take_facts(out, {"size": 300, "region": "EU"}, MONDAY))
    assert (known.segment, known.status) == ("out", Status.MATCHED)
    assert [each.verdict for each in known.because] == [True, False]
    assert "region" in known.because[1].clause
