"""A decision: arbitration among what is permitted, judged again, with silence as the last answer."""

from __future__ import annotations

import json
from typing import Any

import pytest

from segue.agents.choosers.rules import Choice, MeasuredPropensities, choose, score
from segue.agents.decide import decide
from segue.agents.decision import Decision
from segue.agents.graph import decide_in_graph
from segue.agents.snapshot import Snapshot, take_snapshot
from segue.agents.steps import Progress, judge_step, label_step
from segue.core.errors import InputError
from segue.policies.facts import Account
from segue.policies.gate import gate
from segue.policies.load import load_pack
from segue.policies.models.pack import Surface
from segue.policies.situation import PlayCounts
from tests.policies.mini import FILES, MONDAY, READY, SUNDAY, mini_pack, situation

PACK = mini_pack()
VOLATILE = ("decision_id", "latency_ms")


def snapshot(facts: dict[str, Any], surface: str = "chat", **about: Any) -> Snapshot:
    now = about.pop("now", MONDAY)
    return take_snapshot(
        [PACK], about.pop("account", Account("acc_1")), surface, now, account_facts=facts, **about
    )


def stable(decision: Decision) -> dict[str, Any]:
    return {key: value for key, value in decision.to_json().items() if key not in VOLATILE}


def test_the_terms_of_arbitration_are_those_of_the_format() -> None:
    found = situation(PACK, READY, {"persona": "ciso"})
    meet = score(found, PACK.plays["meet"])
    assert (meet.propensity, meet.context, meet.value, meet.cost, meet.total) == (0.3, 1.2, 400.0, 60.0, 84.0)
    assert score(situation(PACK, READY), PACK.plays["meet"]).context == 1.0


def test_outcomes_replace_the_prior_as_they_come_in() -> None:
    found = situation(PACK, READY)
    measured = MeasuredPropensities({("ready", "meet"): (180, 18)}, weight=20)
    assert score(found, PACK.plays["meet"], measured).propensity == pytest.approx((18 + 0.3 * 20) / 200)
    assert score(found, PACK.plays["mail"], measured).propensity == 0.1


def test_the_best_permitted_play_is_chosen_and_a_limit_gives_way_to_the_next() -> None:
    contact, request = {"consent": True}, {"path": "/pricing"}
    assert decide(snapshot(dict(READY), contact=contact, request=request)).play.name == "meet"
    limited = snapshot(dict(READY), contact=contact, request=request, counts=PlayCounts({"meet": 2}))
    assert decide(limited).play.name == "mail"


def test_nobody_free_is_said_and_has_its_own_play() -> None:
    booked = decide(snapshot(dict(READY), now=SUNDAY, request={"path": "/"}))
    assert booked.play.name == "book" and booked.play.assignment is not None and booked.play.assignment.rep
    found = decide(snapshot(dict(READY), now=SUNDAY, request={"path": "/"}, switched_off=frozenset({"book"})))
    assert found.play.name == "note"
    meet = found.finding("meet")
    assert meet is not None and meet.reason == "nobody_free"


def test_a_named_rep_is_named() -> None:
    found = decide(snapshot(dict(READY), contact={"consent": True}, request={"path": "/"}))
    assert found.play.assignment is not None
    assert found.play.assignment.rep in ("a@example.com", "b@example.com")
    assert found.to_json()["play"]["owner"]["rep"] == found.play.assignment.rep


def test_silence_is_the_last_answer() -> None:
    for off, surface in ((frozenset({"chat"}), "chat"), (frozenset[str](), "email")):
        found = decide(snapshot(dict(READY), surface, switched_off=off))
        assert (found.play.name, found.play.kind) == ("silence", "silence")


@pytest.mark.parametrize("proposal", ["keep", "no_such_play", "", "meet; DROP", "drop"])
def test_a_proposal_outside_the_policy_is_never_done(proposal: str) -> None:
    state = Progress(snapshot(dict(READY), request={"path": "/"}))
    for name, value in label_step(state).items():
        setattr(state, name, value)
    assert state.situation is not None
    state.findings = gate(state.situation)
    state.choice = Choice((proposal,), {})
    assert judge_step(state) == {"play": "help"}


def test_equal_totals_are_settled_by_the_account_alone() -> None:
    pack = mini_pack(
        plays__mail="{play: mail, title: M, kind: reply, channel: chat, propensity: 0.15, value: 400}"
    )
    found = set()
    for n in range(40):
        one = situation(pack, {**READY}, account=Account(f"acc_{n}"))
        ranked = choose(one, gate(one)).proposals[:2]
        assert choose(one, gate(one)).proposals[:2] == ranked and set(ranked) == {"meet", "mail"}
        found.add(ranked[0])
    assert found == {"meet", "mail"}


def test_adapted_terms_and_questions_travel_with_the_play() -> None:
    europe = decide(snapshot({**READY, "region": "EU"}, contact={"consent": True}, request={"path": "/"}))
    assert europe.play.parameters == {"language": "local", "currency": "EUR"}
    asked = decide(snapshot({"intent": 80.0, "region": "US"}, switched_off=frozenset({"help"})))
    assert asked.play.name == "ask" and asked.play.parameters is not None
    assert asked.play.message == "One thing: How many are you?"
    assert asked.play.parameters["answers"] == [{"says": "few", "value": 10}, {"says": "many", "value": 500}]


def test_the_same_snapshot_gives_the_same_decision() -> None:
    one = snapshot(dict(READY), request={"path": "/"})
    assert stable(decide(one, with_flip=True)) == stable(decide(one, with_flip=True))


@pytest.mark.parametrize("name", ["saas_pipeline", "security_maturity", "buying_motion"])
def test_the_graph_and_the_plain_steps_are_equal(name: str) -> None:
    pack = load_pack(name)
    facts: list[dict[str, Any]] = [
        {},
        {"employees": 800, "country": "US"},
        {"country": "DE", "is_customer": True},
    ]
    for known in facts:
        for surface in Surface:
            one = take_snapshot(
                [pack], Account("acc_9", "acme.example"), surface, MONDAY, account_facts=known
            )
            assert stable(decide_in_graph(one, with_flip=True)) == stable(decide(one, with_flip=True))


def test_a_decision_is_plain_json_and_says_which_policy_decided() -> None:
    found = decide(snapshot(dict(READY), request={"path": "/"}), with_flip=True, decision_id="d1").to_json()
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert found["decision_id"] == "d1" and found["policy"]["packs"] == {"mini": PACK.revision}
    assert {each["play"] for each in found["considered"]} == set(PACK.plays)


def test_a_later_pack_reads_the_label_of_an_earlier_one() -> None:
    from segue.policies.load import load_files

    files = {name: text for name, text in FILES.items() if not name.startswith("proof/")}
    files["segments/ready.yaml"] = files["segments/ready.yaml"].replace(
        "fits AND intent >= 60", "mini.segment = 'ready'"
    )
    files["pack.yaml"] = files["pack.yaml"].replace("pack: mini", "pack: later")
    later = load_files({name: text.encode() for name, text in files.items()}, "later", after=[PACK])
    both = take_snapshot([PACK, later], Account("a"), "chat", MONDAY, account_facts=dict(READY))
    found = decide(both)
    assert [(label.pack, label.segment) for label in found.labels] == [("mini", "ready"), ("later", "ready")]
    assert set(found.to_json()["policy"]["packs"]) == {"mini", "later"}


@pytest.mark.parametrize(
    ("surface", "facts", "message"),
    [("fax", {}, "unknown surface 'fax'"), ("chat", {"sise": 1}, "did you mean 'size'")],
)
def test_what_cannot_be_decided_is_one_clear_error(surface: str, facts: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        snapshot(facts, surface)
