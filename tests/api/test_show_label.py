"""An explanation: every segment in order, what it saw, and what was not reached."""

from __future__ import annotations

from typing import Any

from segue.agents.decide import decide
from segue.agents.decision import Decision
from segue.agents.snapshot import Snapshot, take_snapshot
from segue.api.cli.show_label import explanation_json, explanation_panel
from segue.policies.facts import Account
from tests.api.conftest import lines_of
from tests.policies.mini import MONDAY, READY, mini_pack

PACK = mini_pack()


def explained(facts: Any, believed: Any = None) -> tuple[Decision, Snapshot]:
    found = take_snapshot([PACK], Account("acc_1"), "chat", MONDAY, account_facts=facts, believed=believed)
    return decide(found, with_flip=True), found


def shown(facts: Any, believed: Any = None) -> list[str]:
    return [line[2:-1].rstrip() for line in lines_of(explanation_panel(*explained(facts, believed)))[1:-1]]


def test_segments_are_explained_in_order_up_to_the_label() -> None:
    lines = shown(READY)
    assert lines[:9] == [
        "ready  matched  Ready",
        "",
        "✗ customer  is_customer",
        "  ✗ is_customer is no",
        "✓ ready  fits AND intent >= 60",
        "  ✓ score >= 60  score is 80.5",
        "  ✓ intent >= 60  intent is 80",
        "· out  not reached",
        "· rest  not reached",
    ]
    assert "Would change it" in lines and "· intent 80 → 59.9  the label becomes rest" in lines
    assert not any("permits" in line for line in lines), "an explanation is about the label"


def test_a_residual_and_what_would_settle_it() -> None:
    lines = shown({"intent": 80.0})
    assert lines[0] == "rest  provisional  Everybody else"
    assert "? out  NOT fits" in lines and "✓ rest  everything else" in lines
    assert any(line.startswith("Would settle it  size") for line in lines)


def test_a_value_that_a_segment_does_not_believe_is_unknown_to_it_and_said_so() -> None:
    believed = {"is_customer": 0.5}
    lines = shown({**READY, "is_customer": True}, believed)
    at = lines.index("? customer  is_customer")
    assert lines[at + 1 : at + 3] == [
        "  ? is_customer is unknown",
        "    is_customer is believed 0.5, this segment needs 0.6",
    ]
    found = explanation_json(*explained({**READY, "is_customer": True}, believed))
    customer = found["segments"][0]
    assert (customer["verdict"], customer["doubted"], customer["missing"]) == (
        None,
        ["is_customer"],
        ["is_customer"],
    )
    assert found["label"]["status"] == "provisional"


def test_the_explanation_as_data_has_every_clause_of_every_segment() -> None:
    found = explanation_json(*explained(READY))
    assert [each["segment"] for each in found["segments"]] == [each.name for each in PACK.segments]
    assert [each["label"] for each in found["segments"]] == [False, True, False, False]
    assert [len(each["clauses"]) for each in found["segments"]] == [1, 2, 1, 0]
    assert found["segments"][1]["when"] == "fits AND intent >= 60"
    assert found["segments"][2]["verdict"] is False and found["pack"] == "mini"


def test_a_clause_under_a_not_is_shown_to_support_its_segment_in_both_forms() -> None:
    facts = {"size": 100, "region": "US"}
    lines = shown(facts)
    at = lines.index("✓ out  NOT fits")
    assert lines[at + 1] == "  ✓ NOT score >= 60  score is 20.5"
    found = explanation_json(*explained(facts))
    clause = {"clause": "NOT score >= 60", "trait": "score", "value": 20.5, "verdict": True}
    assert found["segments"][2]["clauses"] == [clause] and found["label"]["because"] == [clause]
