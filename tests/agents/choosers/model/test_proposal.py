"""A stored proposal becomes a choice among what was shown, or the rules' choice with a reason."""

from __future__ import annotations

import json
from typing import Any

import pytest

from segue.agents.choosers.model.options import Options, shown_options
from segue.agents.choosers.model.proposal import (
    FallbackReason,
    Proposal,
    checked_answer,
    choice_of,
    read_answer,
    storable,
)
from segue.agents.choosers.rules import Choice, choose
from segue.policies.gate import gate
from tests.policies.mini import READY, mini_pack, situation

PACK = mini_pack()


def shown() -> tuple[Options, Choice]:
    one = situation(PACK, READY, {"persona": "ciso"}, {"path": "/"})
    findings = gate(one)
    choice = choose(one, findings)
    return shown_options(one, findings, choice), choice


NO_INDEX: tuple[Any, ...] = ("1", True, False, 1.5, 1.0, None, [0], {}, -1, 10**30)
NO_PROOF: tuple[Any, ...] = ("soc2", None, 1, {}, [1], [None], [["general"]])
OPTIONS, RULES = shown()
PROOF = [each for each, _ in OPTIONS.proof]


def proposed(answer: Any) -> dict[str, Any]:
    return {"answer": answer, "fallback_reason": None}


def test_the_models_pick_comes_first_and_the_rules_proposals_after_it() -> None:
    assert len(PROOF) == 2
    for index, play in enumerate(OPTIONS.plays):
        found = choice_of(proposed({"option": index, "proof": PROOF[::-1], "why": "so"}), OPTIONS, RULES)
        assert (found.chooser, found.fallback_reason) == ("model", None)
        assert found.proposals[0] == play.name and found.proof == tuple(PROOF[::-1])
        assert sorted(found.proposals) == sorted(RULES.proposals) and found.scores == RULES.scores


@pytest.mark.parametrize(
    "answer",
    [
        *({"option": value, "proof": []} for value in NO_INDEX),
        {"option": len(OPTIONS.plays), "proof": []},
        {"option": "meet", "proof": []},
        {"proof": []},
        *({"option": 0, "proof": value} for value in NO_PROOF),
        {"option": 0, "proof": ["invented"]},
        {"option": 0, "proof": [PROOF[0], PROOF[0]]},
        {"option": 0, "proof": [*PROOF, "for_cfo"]},
        {"option": 0, "proof": [PROOF[0].upper()]},
        *(None, 0, "0", [], [{"option": 0}], {}, True),
    ],
)
def test_an_answer_with_anything_that_was_not_shown_is_the_rules_choice(answer: Any) -> None:
    found = choice_of(proposed(answer), OPTIONS, RULES)
    assert (found.proposals, found.chooser, found.proof) == (RULES.proposals, "rules", None)
    assert found.fallback_reason == "invalid_choice"


def test_proof_may_be_left_out() -> None:
    assert choice_of(proposed({"option": 0}), OPTIONS, RULES).proof == ()


@pytest.mark.parametrize("reason", FallbackReason)
def test_a_stored_reason_replays_whatever_else_was_stored(reason: FallbackReason) -> None:
    stored = Proposal(fallback_reason=reason, answer={"option": 1, "proof": []}).to_json()
    found = choice_of(json.loads(json.dumps(stored)), OPTIONS, RULES)
    assert (found.chooser, found.fallback_reason) == ("rules", reason.value)
    assert found.proposals == RULES.proposals and found.proposal == stored


def test_reasons_are_only_ever_added() -> None:
    known = [
        "no_key", "timeout", "rate_limited", "server_error", "connection", "invalid_answer", "invalid_choice",
        "breaker_open", "over_daily_limit", "budget_too_small", "request_refused", "model_refused",
        "nothing_to_choose", "unexpected",
    ]  # fmt: skip
    assert [each.value for each in FallbackReason][: len(known)] == known


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "0",
        "null",
        "[]",
        '"x"',
        '{"option": 0',
        '{"a": NaN}',
        '{"a": -Infinity}',
        "[" * 100_000,
        "{" * 9,
        "9" * 9_999,
    ],
)
def test_what_is_no_json_object_is_no_answer(text: str) -> None:
    assert read_answer(text) is None


def test_what_is_stored_fits_any_database() -> None:
    why = "a\x00b\ud800c\n" + "x" * 1000
    answer = checked_answer({"option": 0, "proof": [], "why": why}, OPTIONS)
    assert answer is not None and answer["why"].startswith("a b?c ") and len(answer["why"]) == 300
    assert checked_answer({"option": 0, "why": {"deep": 1}}, OPTIONS) == {
        "option": 0,
        "proof": [],
        "why": None,
    }
    stored = json.dumps(Proposal(answer=answer, said=storable(why)).to_json(), allow_nan=False)
    assert "\\u0000" not in stored and "\\ud800" not in stored
