"""Whether something approved answers what was said: shown where it does, admitted where nothing does."""

from __future__ import annotations

import pytest

from segue.agents.conversations.parts import Cited, Decided, Text
from tests.agents.conversations.talking import Talk, part_of, talking

pytestmark = pytest.mark.trial


@pytest.mark.parametrize(
    ("said", "play", "points"),
    [
        ("Hi there", "greet", []),
        ("Do you integrate with Salesforce?", "answer_with_proof", ["salesforce_in_a_day"]),
        ("What does it cost?", "answer_with_proof", ["flat_price"]),
        ("Could you recommend a restaurant in Lisbon?", "admit_no_answer", []),
        ("asdfkjh qwe", "admit_no_answer", []),
        ("Can I talk to a person?", "take_a_message", []),
    ],
)
def test_no_proof_stands_in_for_an_answer(store: str, said: str, play: str, points: list[str]) -> None:
    async def do(talk: Talk) -> None:
        parts = await talk.say(said, visitor="v")
        decision = part_of(parts, Decided).decision
        assert decision["play"]["name"] == play
        assert [each.id for part in parts if isinstance(part, Cited) for each in part.points] == points
        text = part_of(parts, Text).delta
        assert all(each["claim"] in text for each in decision["play"]["proof_points"] if each["id"] in points)

    talking(store, do, warm=True)


def test_what_somebody_states_is_no_question(store: str) -> None:
    async def do(talk: Talk) -> None:
        parts = await talk.say("We are a software company of 800 people.", visitor="v")
        decision = part_of(parts, Decided).decision
        assert decision["play"]["name"] not in ("admit_no_answer", "greet")
        stored = await _context(talk, decision["decision_id"])
        assert "approved_answer" not in stored

    talking(store, do, warm=True)


def test_what_was_found_is_a_fact_of_the_decision(store: str) -> None:
    async def do(talk: Talk) -> None:
        for said, found in (
            ("Hello", "nothing_asked"),
            ("What does it cost?", "found"),
            ("Who won the cup?", "missing"),
        ):
            decision = part_of(await talk.say(said, visitor="v"), Decided).decision
            assert (await _context(talk, decision["decision_id"]))["approved_answer"] == found

    talking(store, do, warm=True)


async def _context(talk: Talk, decision_id: str) -> dict[str, object]:
    async with talk.database.connection() as connection:
        cursor = await connection.execute(
            "SELECT facts -> 'context' FROM segue.decisions WHERE decision_id = %s", (decision_id,)
        )
        row = await cursor.fetchone()
    assert row is not None
    return row[0] or {}
