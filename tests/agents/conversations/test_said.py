"""What is said moves the label by the pack's rules: in words, by a button, or not at all."""

from __future__ import annotations

from typing import Any

import pytest

from segue.agents.conversations.parts import Asked, Decided, HandedOver, HandOver, Part, Started, Text
from segue.agents.conversations.turn_request import Answered
from segue.core.errors import InputError
from tests.agents.conversations.talking import BROWSER, SERVER, Talk, of_account, part_of, talking

pytestmark = pytest.mark.trial


def label(parts: list[Part]) -> tuple[str, str]:
    found = part_of(parts, Decided).decision["labels"]["saas_pipeline"]
    return found["segment"], found["status"]


def conversation(parts: list[Part]) -> dict[str, Any]:
    return {"conversation_id": part_of(parts, Started).conversation_id}


@pytest.mark.parametrize("how", ["button", "words"])
def test_an_answer_settles_the_label_and_is_kept_with_the_account(store: str, how: str) -> None:
    async def do(talk: Talk) -> None:
        first = await talk.say("Hello", **of_account("young"))
        assert (label(first), part_of(first, Asked).trait) == (("needs_data", "provisional"), "employees")
        said: dict[str, Any] = {"text": "we are about 600"} if how == "words" else {
            "text": "", "answer": Answered("employees", 500)}  # fmt: skip
        second = await talk.say(**said, **of_account("young"), **conversation(first))
        assert label(second) == ("sales_ready", "matched")
        assert not [part for part in second if isinstance(part, Asked)]
        elsewhere = await talk.say("Hi", **of_account("young"))
        assert label(elsewhere) == ("sales_ready", "matched"), "every surface knows it now"

    talking(store, do, warm=how == "words")


def test_a_browser_s_word_stays_in_its_conversation(store: str) -> None:
    async def do(talk: Talk) -> None:
        first = await talk.say("Hello", BROWSER, visitor="v", **of_account("young"))
        who: dict[str, Any] = {"visitor": "v", **of_account("young")}
        second = await talk.say("", BROWSER, answer=Answered("employees", 500), **who, **conversation(first))
        assert label(second) == ("sales_ready", "matched")
        assert label(await talk.say("Hi", **of_account("young")))[1] == "provisional"

    talking(store, do)


def test_who_would_rather_not_say_is_not_asked_again(store: str) -> None:
    async def do(talk: Talk) -> None:
        first = await talk.say("Hello", **of_account("young"))
        trait = part_of(first, Asked).trait
        second = await talk.say(
            "", answer=Answered(trait, None), **of_account("young"), **conversation(first)
        )
        third = await talk.say("Tell me more", **of_account("young"), **conversation(first))
        asked = [part.trait for part in (*second, *third) if isinstance(part, Asked)]
        assert trait not in asked

    talking(store, do)


def test_a_button_that_was_never_shown_is_refused(store: str) -> None:
    async def do(talk: Talk) -> None:
        first = await talk.say("Hello", **of_account("young"))
        for answer in (
            Answered("is_customer", True),
            Answered("employees", 501),
            Answered("employees", "500"),
        ):
            with pytest.raises(InputError):
                await talk.say("", answer=answer, **of_account("young"), **conversation(first))
        last = await talk.say("Well?", **of_account("young"), **conversation(first))
        assert part_of(last, Started).turn == 2, "what was refused was no turn"

    talking(store, do)


def test_what_is_asked_brings_the_proof_that_answers_it(store: str) -> None:
    async def do(talk: Talk) -> None:
        parts = await talk.say("How quickly would we be up and running?")
        points = part_of(parts, Decided).decision["play"]["proof_points"]
        assert [each["id"] for each in points] == ["live_in_two_weeks"]
        assert points[0]["claim"] in part_of(parts, Text).delta

    talking(store, do, warm=True)


def test_a_person_is_asked_for_and_a_rep_hears_what_was_said(store: str) -> None:
    async def do(talk: Talk) -> None:
        first = await talk.say("I am the CISO here. Where is our data stored?", **of_account("acme"))
        parts = await talk.say(
            "Can I talk to a person? We have to decide this week.",
            **of_account("acme"),
            **conversation(first),
        )
        handed = part_of(parts, HandedOver)
        assert handed.how in (HandOver.MEETING, HandOver.ROUTE) and handed.rep == "rep-1@example.com"
        for told in ("wants a person", "It is urgent", "persona ciso", "Where is our data stored?"):
            assert told in handed.summary
        async with talk.database.connection() as connection:
            row = await (await connection.execute("SELECT handed_over FROM segue.conversations")).fetchone()
        assert row is not None and row[0]["rep"] == "rep-1@example.com"

    talking(store, do, warm=True)


@pytest.mark.parametrize("slack", [True, False])
def test_whose_chat_nobody_is_alerted_to_is_told_so(store: str, slack: bool) -> None:
    async def do(talk: Talk) -> None:
        asked = "I want to talk to a real person please"
        parts = await talk.say(asked, BROWSER, visitor="v-1")
        handed = part_of(parts, HandedOver)
        assert (handed.how, handed.is_seen) == (HandOver.MESSAGE, slack)
        assert ("Nobody is alerted to this chat" in part_of(parts, Text).delta) is not slack
        history = await talk.conversations.history(conversation(parts)["conversation_id"], BROWSER, "v-1")
        assert (history.turns[0]["handed_over"] or {})["is_seen"] is slack
        for _ in range(2):
            await talk.say(asked, BROWSER, visitor="v-1", **conversation(parts))
        assert part_of(await talk.say(asked, SERVER), HandedOver).is_seen, "a server sees to it"
        async with talk.database.connection() as connection:
            cursor = await connection.execute(
                "SELECT count(*) FROM segue_jobs.procrastinate_jobs WHERE task_name = 'segue.hand_over'"
            )
            assert await cursor.fetchone() == (2 if slack else 0,), "one of each conversation"

    talking(store, do, warm=True, slack=slack)


def test_a_message_of_100_000_characters_is_cut_and_the_sender_told(store: str) -> None:
    async def do(talk: Talk) -> None:
        parts = await talk.say("a" * 50_000 + "שלום 你好 🎉\0\ud800 " * 5_000, visitor="v")
        assert part_of(parts, Text).delta.startswith("I read the first 8,000 characters of your message.")
        history = await talk.conversations.history(part_of(parts, Started).conversation_id, SERVER)
        assert len(history.turns[0]["text"]) <= 4_000

    talking(store, do)


@pytest.mark.parametrize(
    "text", ["مرحبا، كم السعر؟", "价格是多少？", "🎉🎉🎉", "   ", "\u202eabc\u2066", "\0\ud83d", "?!"]
)
def test_any_script_gets_an_answer(store: str, text: str) -> None:
    async def do(talk: Talk) -> None:
        assert part_of(await talk.say(text), Decided)

    talking(store, do, warm=True)
