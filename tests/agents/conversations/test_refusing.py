"""Who wants to be left alone is: recorded as their own word, kept to from that turn on, and told what was done."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import orjson
import psycopg
import pytest

from segue.accounts.reader import AccountKey
from segue.agents.conversations.exemplars import exemplars_of
from segue.agents.conversations.parts import Asked, Cited, Decided, HandedOver, Started, Text
from segue.agents.conversations.refusals import Refusal, refusals
from segue.agents.conversations.words import sentences
from segue.agents.decision_request import Caller, DecisionRequest, Mode
from segue.agents.erasure import Asked as ToErase
from segue.agents.erasure import erase
from segue.agents.replay import Period, ranges_of, replay_range
from segue.evals.model_faults.server import ModelServer
from tests.agents.conversations.models import replying, saying_both, talking_with
from tests.agents.conversations.talking import BROWSER, Talk, of_account, part_of, shared_embedder, talking

pytestmark = pytest.mark.trial

REFUSED = {
    Refusal.CONTACT: (
        "Leave me alone.", "do not contact me", "Please stop e-mailing me!", "Don't ever call me again",
        "Kindly take me off of your marketing lists.", "Unsubscribe me please", "stop sending me your newsletters",
        "I do not wish to hear from your company any more.", "Quit messaging me.", "Can you please stop calling me?",
        "Remove me from the mailing list", "I don't want to get any more mails from you.",
    ),
    Refusal.ERASURE: (
        "Delete my data.", "Please erase all my personal information", "I want you to delete everything you know about me",
        "Could you remove my details?", "Forget about me", "I demand that my personal data be erased.",
        "Please wipe my data from your systems", "delete all the data that you hold on me",
    ),
}  # fmt: skip
NOT_REFUSED = (
    "How do I unsubscribe a customer?", "Can users delete their data?", "How do you handle a request to delete my data?",
    "We need to stop calling people who opted out.", "Contact me tomorrow.", "Please don't call me before 9.",
    "Do not email me the brochure as a zip, a link is fine", "Our customers say leave me alone all the time.",
    "Stop the bot, I want a person.", "I don't want to switch vendors.", "We deleted our CRM data by accident.",
    "What happens to our data when we cancel?", "Is deleting records possible?", "Call me next week please.",
    "Not interested in the trial, but what does the full plan cost?", "I'd rather not say.", "Hello", "No.",
    "We do not email our prospects any more.", "Can I export and delete records in bulk?", "My data is wrong in the report.",
    "Where do you store my data?", "Who can see my data?", "Send me an email.", "I never got your call.",
)  # fmt: skip


async def refused(text: str) -> list[str]:
    said = sentences(text)
    found = refusals(said, await exemplars_of(shared_embedder()).similarities(said))
    return [each.what for each in found]


def test_what_is_refused_is_found_and_what_only_sounds_like_it_is_not(store: str) -> None:
    async def do(_: Talk) -> None:
        missed = {
            text: await refused(text)
            for kind, texts in REFUSED.items()
            for text in texts
            if kind not in await refused(text)
        }
        wrong = {text: found for text in NOT_REFUSED if (found := await refused(text))}
        assert wrong == {}, wrong
        assert len(missed) <= 2, missed

    talking(store, do)


def test_plain_words_need_no_embedder() -> None:
    for kind, text in ((Refusal.CONTACT, "Do not contact me."), (Refusal.ERASURE, "Please delete my data")):
        assert [each.what for each in refusals(sentences(text), None)] == [kind]
    assert refusals(sentences("How do you delete my data? Hello."), None) == ()


def consents(url: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(
            "SELECT kind, subject, purpose, state, source FROM segue.consents ORDER BY 1, 2"
        ).fetchall()


def requests(url: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute("SELECT kind, subject FROM segue.erasure_requests").fetchall()


@pytest.mark.parametrize(
    ("who", "kind", "told"),
    [
        ({"visitor": "v-1", "contact_id": "c-1"}, "contact", "I have recorded that you do not want"),
        ({"visitor": "v-1"}, "visitor", "I have recorded for this browser"),
        ({}, None, "I do not know who you are here"),
    ],
    ids=["contact", "visitor", "nobody"],
)
def test_it_is_recorded_for_whoever_it_is_about(
    store: str, who: dict[str, Any], kind: str | None, told: str
) -> None:
    async def do(talk: Talk) -> None:
        parts = await talk.say("Leave me alone.", **of_account("acme"), **who)
        reply = part_of(parts, Text).delta
        assert reply.startswith(told) and "pass you to nobody" in reply
        assert part_of(parts, Decided).decision["play"]["kind"] == "silence"
        assert not [part for part in parts if isinstance(part, Asked | Cited | HandedOver)]
        assert requests(store) == []

    talking(store, do, warm=True)
    subject = {"contact": "c-1", "visitor": "v-1", None: None}[kind]
    assert consents(store) == (
        [] if kind is None else [(kind, subject, "marketing", "denied", "conversation")]
    )


def test_the_gate_goes_by_it_from_that_turn_on_and_everywhere(store: str) -> None:
    who: dict[str, Any] = {"visitor": "v-1", "contact": {"opted_out": False}, **of_account("acme")}

    async def excluded(talk: Talk) -> dict[str, str]:
        asked = DecisionRequest("slack", AccountKey("acme"), visitor="v-1")
        answer = orjson.loads((await talk.decisions.decide(asked, Caller("key"))).body)
        return {each["play"]: each["reason"] for each in answer["considered"] if not each["permitted"]}

    async def do(talk: Talk) -> None:
        assert (await excluded(talk)).get("call_today") != "opted_out"
        before = await talk.say("Could somebody walk me through it?", **who)
        assert part_of(before, HandedOver)
        here = {"conversation_id": part_of(before, Started).conversation_id, **who}
        await talk.say("Do not contact me again.", **here)
        assert (await excluded(talk))["call_today"] == "opted_out"
        after = await talk.say("What does it cost?", **here)
        assert not [part for part in after if isinstance(part, Asked | HandedOver)]
        found = {each["play"]: each["reason"] for each in part_of(after, Decided).decision["considered"]}
        assert found["book_meeting"] == "left_alone"
        async with talk.database.connection() as connection:
            cursor = await connection.execute(
                "SELECT facts -> 'contact' ->> 'opted_out' FROM segue.decisions WHERE surface = 'chat'"
                " ORDER BY decision_id"
            )
            assert [row[0] for row in await cursor.fetchall()] == ["false", "true", "true"]
            [(first, last, _)] = await ranges_of(connection, Period(), 100)
        wanted = await talk.say("Can I talk to a person?", **here)
        assert part_of(wanted, HandedOver), "they want one themselves"
        replayed = await replay_range(talk.database, Period(), first, last, {})
        assert replayed.different == 0

    talking(store, do, warm=True)


def test_a_request_to_be_erased_erases_nothing_and_waits_for_an_operator(store: str) -> None:
    async def do(talk: Talk) -> None:
        parts = await talk.say("Please delete my data.", BROWSER, visitor="visitor-of-ada-1")
        reply = part_of(parts, Text).delta
        assert "Nothing is deleted by a message in a chat" in reply
        assert reply.endswith("to be sure of it, write to privacy@example.com.")
        assert (
            await talk.conversations.history(
                part_of(parts, Started).conversation_id, BROWSER, "visitor-of-ada-1"
            )
        ).turns
        assert requests(store) == [("visitor", "visitor-of-ada-1")]
        assert [each[:4] for each in consents(store)] == [
            ("visitor", "visitor-of-ada-1", "marketing", "denied")
        ]
        found = await erase(talk.database, ToErase(visitor="visitor-of-ada-1"), in_flight=0)
        assert found.rows["erasure_requests"] == 1 and requests(store) == []

    talking(store, do, warm=True, reached_at="privacy@example.com")


def test_of_who_denies_it_is_heard_and_no_name_is_kept(store: str) -> None:
    async def do(talk: Talk) -> None:
        parts = await talk.say("Delete my data.", BROWSER, visitor="v-1", personal=False)
        assert part_of(parts, Text).delta.startswith("I do not know who you are here")
        assert (consents(store), requests(store)) == ([], [(None, None)])

    talking(store, do, warm=True)


def test_what_else_was_said_is_answered_too(store: str) -> None:
    async def do(talk: Talk) -> None:
        parts = await talk.say("How quickly would we be up and running? And stop emailing me.", visitor="v-1")
        reply = part_of(parts, Text).delta
        assert reply.startswith("I have recorded for this browser") and part_of(parts, Cited).points
        assert len(consents(store)) == 1

    talking(store, do, warm=True)


def test_a_model_s_word_alone_records_nothing_and_takes_nothing_back(store: str) -> None:
    understanding = {"intent": "unsubscribe", "intent_words": "What does it cost?"}

    async def do(talk: Talk, server: ModelServer) -> None:
        await talk.say("What does it cost?", visitor="v-1", mode=Mode.MODEL)
        assert server.asked and consents(store) == []
        parts = await talk.say("Leave me alone. What does it cost?", visitor="v-2", mode=Mode.MODEL)
        shown = part_of(parts, Text).delta
        assert shown.startswith("I have recorded for this browser") and len(consents(store)) == 1

    talking_with(store, saying_both(understanding, replying(None)), do, warm=True)


def test_a_later_agreement_counts_again(store: str) -> None:
    async def do(talk: Talk) -> None:
        await talk.say("Leave me alone.", visitor="v-1", **of_account("acme"))

    talking(store, do)
    with psycopg.connect(store, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO segue.consents VALUES ('visitor', 'v-1', 'marketing', 'form', 'granted', %s)",
            (datetime(2026, 12, 1, tzinfo=UTC),),
        )

    async def again(talk: Talk) -> None:
        asked = DecisionRequest("slack", AccountKey("acme"), visitor="v-1")
        answer = orjson.loads((await talk.decisions.decide(asked, Caller("key"))).body)
        reasons = {each["play"]: each["reason"] for each in answer["considered"]}
        assert reasons["call_today"] != "opted_out"

    talking(store, again)
