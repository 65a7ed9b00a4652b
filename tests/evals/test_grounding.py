"""The floor of the checker of grounding, and sentences that nobody may get past it."""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from segue.agents.conversations.grounding import Quotable, Refusal, ungrounded
from segue.evals.grounding.__main__ import MOST_REFUSED
from segue.evals.grounding.measure import judge_all, labelled_sentences, measured

CLAIM = "Audited to SOC 2 Type II; the report is shared under a confidentiality agreement"
QUOTABLE = Quotable.of([CLAIM])


def test_no_claim_slips_through_and_little_else_is_refused() -> None:
    found = measured(judge_all())
    assert found.ungrounded + found.grounded >= 150
    assert found.slipped == 0
    assert found.refused <= MOST_REFUSED * found.grounded
    assert len(labelled_sentences()[0]) >= 8


def test_a_claim_is_quoted_whole_or_not_at_all() -> None:
    assert ungrounded(CLAIM + ".", QUOTABLE) == []
    assert ungrounded("The report is shared.", QUOTABLE)


@given(st.characters(categories=("Nd", "Nl", "No")))
def test_a_digit_of_any_script_is_a_number(digit: str) -> None:
    for text in (
        f"Here is what I can show you about {digit} audits.",
        f"You asked about our {digit}th audit.",
    ):
        refused = ungrounded(text, QUOTABLE)
        assert refused or unicodedata.normalize("NFKC", digit) == "2", text


def test_a_number_keeps_what_it_counts() -> None:
    assert ungrounded("You asked about SOC 2.", QUOTABLE) == []
    assert ungrounded("Here is what I can show you about 2 agreements.", QUOTABLE)[0].reason is Refusal.NUMBER


@given(st.text(max_size=60))
def test_any_text_is_judged(text: str) -> None:
    ungrounded(text, QUOTABLE)
