"""A decision on a terminal: what a person reads, at any width, without a process."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from segue.agents.decide import decide
from segue.agents.decision import Decision
from segue.agents.snapshot import take_snapshot
from segue.api.cli.show_decision import decision_panel, finding_text, score_text
from segue.api.cli.show_label import clause_text, flip_text, value_text
from segue.policies.facts import Account
from segue.policies.findings import Finding, Reason
from segue.policies.flip import Flip
from segue.policies.language.explain import Clause
from segue.policies.language.types import Range
from segue.policies.situation import PlayCounts
from tests.api.conftest import lines_of
from tests.policies.mini import FILES, MONDAY, READY, SUNDAY, mini_pack

PACK = mini_pack()
DANA = Account("acc_1", "acme.example", "Acme", owner="dana@example.com")


def decision(facts: Any = READY, surface: str = "chat", account: Account = DANA, **about: Any) -> Decision:
    now = about.pop("now", MONDAY)
    return decide(take_snapshot([PACK], account, surface, now, account_facts=facts, **about), with_flip=True)


def shown(found: Decision, width: int = 100, question: str | None = None) -> list[str]:
    """Return the panel's lines without its border."""
    lines = lines_of(decision_panel(found, PACK, question), width)
    assert all(len(line) == width for line in lines)
    return [line[1:-1].strip() for line in lines[1:-1]]


def test_a_decision_is_read_from_the_top() -> None:
    found = decision(contact={"persona": "ciso", "first_name": "Ana"}, request={"path": "/"})
    lines = shown(found, question="shall we meet?")
    headings = ("Asked", "Label", "Because", "Play", "Worth", "Not done", "Would change it")
    at = [next(n for n, line in enumerate(lines) if line.startswith(each)) for each in headings]
    assert at == sorted(at)
    assert lines[at[0]].split("  ")[-1] == "shall we meet?"
    assert lines[at[1]].endswith("ready  matched  Ready")
    assert [line.split("✓ ")[1] for line in lines[at[2] : at[3]]] == [
        "score >= 60  score is 80.5",
        "intent >= 60  intent is 80",
    ]
    assert lines[at[3]].endswith("meet  Meet") and lines[at[3] + 1] == "“Ana, shall we meet?”"
    assert any(line.split() == ["owner", "dana@example.com", "by", "account", "owner"] for line in lines)
    assert any(line.split() == ["proof", "The", "claim", "of", "for_ciso", "for_ciso"] for line in lines)
    assert lines[at[4]].endswith("propensity 0.3 × context 1.2 × value 400 − cost 60 = 84")
    assert "· book  permitted, worth 0" in lines[at[5] : at[6]]


def test_what_was_not_done_says_why() -> None:
    facts = {**READY, "region": "EU"}
    lines = shown(decision(facts, request={"path": "/careers"}, counts=PlayCounts({"meet": 2})))
    text = "\n".join(lines)
    assert "✗ help  not_a_buyer  path = '/careers'  path is /careers" in text
    assert "✗ meet  limit_reached  at most 2 of meet, quote per account in 7 days  so far 2" in text
    assert "✗ mail  no_consent  region = 'EU'  region is EU" in text
    assert "✗ greet  message_unfilled  needs first_name" in text
    assert "✗ ask  nothing_to_ask" in text
    assert "and 5 plays that this segment does not name for chat" in text
    assert "with   language local, currency EUR" in text


def test_an_unknown_fact_is_named_where_it_forbids_and_where_it_would_settle() -> None:
    text = "\n".join(shown(decision({"intent": 80.0})))
    assert "Would settle it  size" in text and "? score >= 60  score is 0 to 80.5, needs size, region" in text
    assert "is_customer is no" in text and "is_customer  is_customer" not in text
    unknown = "\n".join(shown(decision()))
    assert "✗ help  forbidden_unknown  path = '/careers'  path is unknown" in unknown


def test_a_question_shows_its_answers_as_buttons() -> None:
    asking = FILES["plays/ask.yaml"].replace("channel: chat", "channel: chat, propensity: 0.5, value: 10")
    pack = mini_pack(plays__ask=asking)
    found = decide(take_snapshot([pack], DANA, "chat", MONDAY, account_facts={"intent": 80.0}))
    lines = [line[1:-1].strip() for line in lines_of(decision_panel(found, pack))]
    at = next(n for n, line in enumerate(lines) if line.startswith("Play"))
    assert lines[at + 1 : at + 3] == ["“One thing: How many are you?”", "[few]  [many]"]
    assert "with" not in lines[at + 3], "the question's own parameters are not said twice"


def test_nobody_free_is_said_as_the_owner_or_the_reason() -> None:
    text = "\n".join(shown(decision(account=Account("acc_1"), request={"path": "/"}, now=SUNDAY)))
    assert "✗ meet  nobody_free" in text


def test_silence_names_no_owner_and_no_worth() -> None:
    lines = shown(decision(surface="ads"))
    assert any(line.endswith("silence  Stay silent") for line in lines)
    assert not any(line.startswith("Worth") for line in lines)
    assert lines[-1].endswith("plays that this segment does not name for ads") or "Not done" in "\n".join(
        lines
    )
    assert "and 1" not in "\n".join(lines), "there is nothing before it to add to"


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_every_line_ends_inside_the_panel(width: int) -> None:
    account = Account("acc_1", "a-very-long-name-of-a-company.example", "A very long name of a company " * 3)
    found = decision({**READY, "region": "EU"}, account=account, request={"path": "/careers"})
    text = " ".join(shown(found, width))
    for word in ("ready", "meet", "no_consent", "not_a_buyer"):
        assert word in text


def test_a_name_from_outside_is_no_markup() -> None:
    found = decision(account=Account("acc_1", None, "[red]Evil[/red] \x1b[31mCorp"))
    title = lines_of(decision_panel(found, PACK))[0]
    assert "[red]Evil[/red] \\x1b[31mCorp" in title


def test_a_default_of_no_worth_says_that_it_is_the_default() -> None:
    found = decision({"size": 12, "intent": 1.0, "region": "US"})
    assert found.play.name == "help"
    assert score_text(found.scores["help"]).plain.endswith("= 0  the default, where nothing is worth more")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "unknown"),
        (True, "yes"),
        (False, "no"),
        (12_345, "12,345"),
        (59.9, "59.9"),
        (1_200.0, "1,200"),
        (0.1 + 0.2, "0.3"),
        (("a", "b"), "a, b"),
        ((), "none"),
        (Range(10.0, 87.5), "10 to 87.5"),
        (datetime(2026, 11, 23, 15, tzinfo=UTC), "2026-11-23T15:00:00Z"),
    ],
)
def test_values_as_a_person_writes_them(value: object, text: str) -> None:
    assert value_text(value) == text


@pytest.mark.parametrize(
    ("flip", "line"),
    [
        (Flip("size", 12, 200, segment="ready"), "· size 12 → 200  the label becomes ready"),
        (Flip("consent", None, True, opens="mail"), "· consent unknown → yes  permits mail"),
        (
            Flip("tech", ("a", "b"), ("b", "c"), segment="out"),
            "· tech without a, with c  the label becomes out",
        ),
    ],
)
def test_a_change_and_what_it_leads_to(flip: Flip, line: str) -> None:
    assert lines_of(flip_text(flip)) == [line]


def test_clauses_and_findings_without_a_value() -> None:
    assert clause_text(Clause("1 = 1", None, None, True)).plain == "1 = 1"
    assert clause_text(Clause("tier", "tier", None, None, ("tier",))).plain == "tier is unknown"
    free = Finding("meet", Reason.NOBODY_FREE, Reason.NOBODY_FREE)
    assert finding_text(free).plain == "meet  nobody_free"
    assert finding_text(Finding("meet", Reason.PERMITTED, Reason.PERMITTED)).plain == "meet  permitted"
