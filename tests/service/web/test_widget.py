"""`/widget.js` on a page under a strict policy: a conversation by keyboard, and what a reader hears."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.service.web.chats import focused, heard, quiet, say, shown
from tests.service.web.pages import Visit
from tests.service.web.replies import ASKED, CONVERSATION, cited, data, text_of, turn
from tests.service.web.stub import Asked, Stub

pytestmark = pytest.mark.trial


def test_a_conversation_by_keyboard_alone(chat: Visit, stub: Stub) -> None:
    page = chat()
    say(page, "Are you SOC 2 audited?")
    expect(page.get_by_role("group", name="Which industry are you in?")).to_be_visible()
    expect(page.get_by_role("link", name="Audited to SOC 2")).to_have_attribute(
        "href", "https://trust.example.com/soc2-report"
    )
    expect(page.get_by_role("status")).to_contain_text("Which industry are you in?")
    for _ in range(2):  # to the second answer, backwards past "I'd rather not say" and the third
        page.keyboard.press("Shift+Tab")
    assert focused(page) == "Software"
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    expect(shown(page, "Finance teams usually begin")).to_be_visible()
    assert focused(page) == "field"
    expect(page.get_by_role("group")).to_have_count(0)
    first, second = stub.of("/v1/chat")
    assert text_of(Asked("POST", "", {}, first)) == "Are you SOC 2 audited?" and first["visitor"]
    assert second["answer"] == {"trait": "industry", "value": "healthcare"}
    assert second["conversation_id"] == CONVERSATION and second["id"] == first["id"]
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert focused(page) == "Open the chat"
    quiet(page)


def test_to_rather_not_say(chat: Visit, stub: Stub) -> None:
    page = chat()
    say(page, "SOC 2?")
    page.get_by_role("button", name="I'd rather not say").click()
    expect(shown(page, "Finance teams usually begin")).to_be_visible()
    assert stub.of("/v1/chat")[1]["answer"] == {"trait": "industry", "value": None}


def test_an_answer_in_ones_own_words(chat: Visit, stub: Stub) -> None:
    page = chat()
    say(page, "SOC 2?")
    expect(page.get_by_role("group")).to_be_visible()
    say(page, "Healthcare, mostly")
    expect(shown(page, "Finance teams usually begin")).to_be_visible()
    assert "answer" not in stub.of("/v1/chat")[1]


def test_a_hand_over_is_told_as_it_is(chat: Visit) -> None:
    page = chat()
    say(page, "Is there a person?")
    expect(shown(page, "A person takes over")).to_be_visible()
    expect(page.get_by_role("status")).to_contain_text("A colleague has been told")
    say(page, "And when nobody is there?")
    expect(shown(page, "Nobody is free right now")).to_be_visible()
    expect(page.get_by_role("status")).to_contain_text("kept for the team")


def test_a_revision_takes_the_place_of_the_reply(chat: Visit, stub: Stub) -> None:
    stub.reply = lambda _: turn(
        "The rules' reply.", cited(), 0.3,
        data("replaced", text="The model's reply.", revision=2, decision={}), cited(id="other", claim="Another claim."),
    )  # fmt: skip
    page = chat()
    say(page, "Hello")
    expect(shown(page, "The rules' reply.")).to_be_visible()
    expect(page.get_by_role("log")).to_contain_text("The model's reply.")
    expect(page.get_by_role("log")).not_to_contain_text("The rules' reply.")
    expect(page.get_by_role("link")).to_have_count(2)  # the page's own, and the new source
    assert heard(page) == "The reply was updated: The model's reply."


def test_a_conversation_that_is_gone_begins_anew(chat: Visit, stub: Stub) -> None:
    page = chat()
    say(page, "SOC 2?")
    expect(page.get_by_role("group")).to_be_visible()
    page.reload()  # the stub knows no history: 404
    expect(page.get_by_role("button", name="Open the chat")).to_be_visible()
    page.get_by_role("button", name="Open the chat").click()
    say(page, "Hello")
    expect(shown(page, "Tell me a little more")).to_be_visible()
    assert "conversation_id" not in stub.of("/v1/chat")[-1]


def test_a_conversation_goes_on_after_a_reload(chat: Visit, stub: Stub) -> None:
    page = chat()
    say(page, "SOC 2?")
    expect(page.get_by_role("group")).to_be_visible()
    reply = {"type": "data-question", "data": ASKED}
    stub.history = {"conversation_id": CONVERSATION, "messages": [
        {"id": "1", "role": "user", "metadata": {}, "parts": [{"type": "text", "text": "SOC 2?"}]},
        {"id": "2", "role": "assistant", "metadata": {}, "parts": [{"type": "text", "text": "Yes."}, cited(), reply]},
    ]}  # fmt: skip
    page.reload()
    expect(page.get_by_role("dialog")).to_be_visible()
    expect(page.get_by_role("log")).to_contain_text("SOC 2?")
    expect(page.get_by_role("group", name="Which industry are you in?")).to_be_visible()
    page.get_by_role("button", name="Healthcare").click()
    expect(shown(page, "Finance teams usually begin")).to_be_visible()
    assert stub.of("/v1/chat")[-1]["conversation_id"] == CONVERSATION
    asked = next(each for each in stub.asked if each.path.startswith(f"/v1/chat/{CONVERSATION}?"))
    assert asked.path.endswith(f"visitor={stub.of('/v1/chat')[0]['visitor']}")


def test_nothing_is_kept_where_nobody_agreed(chat: Visit, stub: Stub) -> None:
    page = chat(consent="required")
    say(page, "SOC 2?")
    expect(page.get_by_role("group")).to_be_visible()
    assert page.evaluate("Object.keys(localStorage)") == []


def test_to_start_over(chat: Visit, stub: Stub) -> None:
    page = chat(suggest="Is it SOC 2?|What does it cost?")
    page.get_by_role("button", name="Is it SOC 2?").click()
    expect(page.get_by_role("group")).to_be_visible()
    expect(page.get_by_role("button", name="What does it cost?")).to_have_count(0)
    page.get_by_role("button", name="Start over").click()
    expect(page.get_by_role("group")).to_have_count(0)
    say(page, "Hello")
    expect(shown(page, "Tell me a little more")).to_be_visible()
    first, second = stub.of("/v1/chat")
    assert "conversation_id" not in second and second["id"] != first["id"]
