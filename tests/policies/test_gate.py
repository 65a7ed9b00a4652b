"""The gate: every play permitted or excluded, each with its reason; unknown forbids."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from segue.policies.facts import Account
from segue.policies.findings import Finding, Reason
from segue.policies.gate import gate, judge
from segue.policies.left_alone import LeftAlone
from segue.policies.situation import Situation
from tests.policies.mini import FILES, READY, SUNDAY, mini_pack, situation

PACK = mini_pack()


def finding(found: Situation, play: str) -> Finding:
    return next(each for each in gate(found) if each.play == play)


def test_every_play_of_the_pack_has_exactly_one_finding_on_every_surface() -> None:
    for surface in ("chat", "web", "ads", "email"):
        found = gate(situation(PACK, READY, surface=surface))
        assert [each.play for each in found] == list(PACK.plays)
        assert all(each.permitted or each.reason for each in found)


def test_what_a_segment_does_not_name_for_a_surface_is_not_allowed() -> None:
    found = situation(PACK, READY, surface="web")
    assert {each.play for each in gate(found) if each.code is not Reason.NOT_ALLOWED} == {"page"}
    assert all(each.code is Reason.NOT_ALLOWED for each in gate(situation(PACK, READY, surface="email")))


@pytest.mark.parametrize(
    ("path", "code", "reason"),
    [
        ("/careers", Reason.FORBIDDEN, "not_a_buyer"),
        ("/pricing", Reason.PERMITTED, "permitted"),
        (None, Reason.FORBIDDEN_UNKNOWN, "forbidden_unknown"),
    ],
)
def test_a_rule_fires_unless_it_is_false(path: str | None, code: Reason, reason: str) -> None:
    found = finding(situation(PACK, READY, request={"path": path}), "help")
    assert (found.code, found.reason) == (code, reason)
    if code is not Reason.PERMITTED:
        assert (found.rule, found.clause, found.trait) == ("ready.rules[0]", "path = '/careers'", "path")
        assert found.missing == (("path",) if path is None else ())


@pytest.mark.parametrize(
    ("region", "consent", "code"),
    [
        ("EU", None, Reason.FORBIDDEN),
        ("EU", False, Reason.FORBIDDEN),
        ("EU", True, Reason.PERMITTED),
        ("US", None, Reason.PERMITTED),
        (None, None, Reason.FORBIDDEN_UNKNOWN),
        (None, True, Reason.PERMITTED),
    ],
)
def test_a_guardrail_holds_for_every_segment_by_channel(
    region: str | None, consent: bool | None, code: Reason
) -> None:
    facts = {"size": 500, "intent": 80.0, "region": region}
    assert finding(situation(PACK, facts, {"consent": consent}), "mail").code is code


def test_a_limit_counts_its_plays_together() -> None:
    assert finding(situation(PACK, READY, counts={"meet": 1}), "meet").permitted
    reached = situation(PACK, READY, counts={"meet": 1, "quote": 1})
    for play in ("meet", "quote"):
        found = finding(reached, play)
        assert (found.code, found.value) == (Reason.LIMIT_REACHED, 2)
        assert found.clause == "at most 2 of meet, quote per account in 7 days"


def test_a_kill_switch_holds_a_play_or_a_whole_surface() -> None:
    assert finding(situation(PACK, READY, off=frozenset({"meet"})), "meet").code is Reason.SWITCHED_OFF
    off = gate(situation(PACK, READY, off=frozenset({"chat"})))
    assert not any(each.permitted for each in off)


def test_unknown_never_suppresses() -> None:
    unknown = situation(PACK, {}, surface="ads")
    assert unknown.label.segment == "rest" and unknown.label.status == "provisional"
    assert finding(unknown, "drop").code is Reason.SUPPRESSION_UNPROVEN
    assert finding(unknown, "drop").missing == unknown.label.missing
    assert finding(unknown, "keep").permitted
    proven = situation(PACK, {"size": 10, "region": "US"}, surface="ads")
    assert proven.label.segment == "out" and finding(proven, "drop").permitted


def test_words_that_cannot_be_filled_are_not_offered() -> None:
    assert finding(situation(PACK, READY), "greet").code is Reason.MESSAGE_UNFILLED
    assert finding(situation(PACK, READY), "greet").missing == ("first_name",)
    assert finding(situation(PACK, READY, {"first_name": "Ada"}), "greet").permitted
    assert finding(situation(PACK, READY), "meet").permitted  # its slot has a fallback


def test_a_quote_needs_a_proof_point() -> None:
    assert finding(situation(PACK, READY), "quote").permitted
    late = situation(PACK, READY, now=SUNDAY.replace(year=2028))
    assert finding(late, "quote").code is Reason.NO_PROOF


def test_a_question_is_asked_only_when_an_answer_changes_the_label() -> None:
    assert finding(situation(PACK, READY), "ask").code is Reason.NOTHING_TO_ASK
    open_label = situation(PACK, {"intent": 80.0})
    assert finding(open_label, "ask").permitted
    assert open_label.question is not None and open_label.question.trait == "size"


def test_a_meeting_may_be_booked_while_nobody_works() -> None:
    assert finding(situation(PACK, READY, now=SUNDAY), "book").permitted


def test_a_rule_on_a_channel_never_holds_back_what_undoes_another_play() -> None:
    facts = {"size": 500, "intent": 80.0, "region": "EU"}
    found = {each.play: each for each in judge(situation(PACK, facts), ["mail", "stop_mail"])}
    assert found["mail"].reason == "no_consent" and found["stop_mail"].permitted


def test_a_doubted_fact_is_asked_about() -> None:
    pack = mini_pack(
        traits=FILES["traits.yaml"].replace(
            "is_customer: {type: boolean, layer: contextual, absent: false}",
            "is_customer: {type: boolean, layer: contextual, absent: false, "
            "ask: {question: A customer?, answers: {'yes': true, 'no': false}}}",
        )
    )
    doubted = situation(pack, {**READY, "is_customer": True}, believed={"is_customer": 0.3})
    assert doubted.label.missing == ("is_customer",)
    assert doubted.question is not None and doubted.question.settles == 2


def test_a_route_with_nobody_free_gives_way_to_the_fallback() -> None:
    free = situation(PACK, READY)
    assert finding(free, "meet").permitted
    assert finding(free, "note").code is Reason.NOT_ALLOWED
    nobody = situation(PACK, READY, now=SUNDAY)
    assert finding(nobody, "meet").code is Reason.NOBODY_FREE
    assert finding(nobody, "note").permitted
    owned = replace(nobody, account=Account("acc_1", owner="dana@example.com"))
    assert finding(owned, "meet").permitted


@pytest.mark.parametrize(
    ("asked", "left"),
    [(LeftAlone.NO, {"help", "meet"}), (LeftAlone.CONTACT, {"help"}), (LeftAlone.ENTIRELY, set())],
)
def test_who_asks_to_be_left_alone_is(asked: LeftAlone, left: set[str]) -> None:
    found = replace(situation(PACK, READY, request={"path": "/pricing"}), left_alone=asked)
    assert {each.play for each in gate(found) if each.permitted} & {"help", "meet"} == left
    if asked:
        assert (finding(found, "meet").code, finding(found, "meet").reason) == ("left_alone", "left_alone")


def test_consequences_pass_the_same_gate() -> None:
    facts = {"size": 500, "intent": 80.0, "region": "EU"}
    found = {each.play: each for each in judge(situation(PACK, facts), ["mail", "keep"])}
    assert found["mail"].reason == "no_consent" and found["keep"].permitted
    assert found["help"].code is Reason.NOT_ALLOWED


def test_terms_adapt_and_unknown_changes_nothing() -> None:
    europe: dict[str, Any] = {"size": 500, "intent": 80.0, "region": "EU"}
    terms = situation(PACK, europe).terms
    assert (terms.currency, terms.proof_tags, terms.parameters) == ("EUR", ("gdpr",), {"language": "local"})
    assert situation(PACK, {"size": 500}).terms.currency is None


@pytest.mark.parametrize(
    ("facts", "contact", "expected"),
    [
        (READY, {"persona": "ciso"}, ["for_ciso", "in_us"]),
        (READY, {"persona": "cfo"}, ["for_cfo", "in_us"]),
        (READY, {}, ["in_us", "general"]),
        ({"size": 500, "intent": 80.0, "region": "EU"}, {"persona": "ciso"}, ["for_ciso", "general"]),
        ({"size": 500, "intent": 80.0}, {}, ["general", "in_us"]),
    ],
)
def test_proof_fits_the_person_and_the_place(
    facts: dict[str, Any], contact: dict[str, Any], expected: list[str]
) -> None:
    found = situation(PACK, facts, contact)
    assert [point.id for point in found.proof] == expected
