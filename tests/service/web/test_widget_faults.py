"""`/widget.js` where the service fails, is cut off, or says what is no text for a page."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.service.web.chats import quiet, say, shown
from tests.service.web.pages import Visit
from tests.service.web.replies import cited, data, text_of, turn
from tests.service.web.stub import Asked, Stub

pytestmark = pytest.mark.trial


def test_a_stream_that_is_cut(chat: Visit, stub: Stub) -> None:
    stub.reply = lambda _: [*turn("Half of a")[:6], "cut"]
    page = chat()
    say(page, "Hello")
    expect(page.get_by_role("alert")).to_contain_text("broke off before the reply was complete")
    stub.reply = lambda _: turn("The whole reply.")
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("log")).to_contain_text("The whole reply.")
    expect(page.get_by_role("log")).not_to_contain_text("Half")
    first, again = stub.of("/v1/chat")
    assert again["message"] == first["message"] and again["trigger"] == "regenerate-message"


REFUSALS = [
    (500, "Something went wrong on our side", True), (503, "Something went wrong on our side", True),
    (429, "Please wait a moment", True), (401, "not available on this page", False),
    (403, "not available on this page", False), (422, "put it another way", False),
]  # fmt: skip


def test_a_refusal_in_plain_words(chat: Visit, stub: Stub) -> None:
    page = chat()
    for status, words, may_retry in REFUSALS:
        stub.status = status
        say(page, f"Hello {status}")
        expect(page.get_by_role("alert")).to_contain_text(words)
        expect(page.get_by_role("button", name="Try again")).to_have_count(int(may_retry))
        stub.status = 200
        if may_retry:
            page.get_by_role("button", name="Try again").click()
            expect(shown(page, "Tell me a little more")).to_be_visible()
            expect(page.get_by_role("alert")).to_have_count(0)
        page.get_by_role("button", name="Start over").click()


def test_offline(chat: Visit, stub: Stub) -> None:
    page = chat()
    page.context.set_offline(True)
    say(page, "Hello")
    expect(page.get_by_role("alert")).to_contain_text("You seem to be offline")
    page.context.set_offline(False)
    page.get_by_role("button", name="Try again").click()
    expect(shown(page, "Tell me a little more")).to_be_visible()


def test_text_of_the_service_is_text(chat: Visit, stub: Stub) -> None:
    bad = "<img src=x onerror=alert(1)> [link](javascript:alert(1))"
    stub.reply = lambda _: turn(
        bad, cited(claim=bad, evidence="javascript:alert(1)"), cited(id="b", evidence="http://plain.example/"),
        data("question", trait="t", question=bad, answers=[{"label": bad, "value": 1}, {"label": 7}, None]), data("unknown"),
        {"type": "tool-call"},
    )  # fmt: skip
    page = chat()
    say(page, bad)
    expect(page.get_by_role("group")).to_be_visible()
    assert page.locator("segue-chat img").count() == 0
    assert page.get_by_role("link").count() == 1  # the page's own
    quiet(page)


def test_what_is_written_has_a_limit(chat: Visit, stub: Stub) -> None:
    page = chat()
    field = page.get_by_label("Your message")
    field.fill("x" * 1_950)
    expect(page.get_by_text("50 characters left")).to_be_visible()
    assert field.get_attribute("maxlength") == "2000"
    field.fill("   ")
    page.keyboard.press("Enter")
    field.fill("one")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("two")
    page.keyboard.press("Enter")
    expect(shown(page, "Tell me a little more")).to_be_visible()
    assert [text_of(Asked("POST", "", {}, each)) for each in stub.of("/v1/chat")] == ["one\ntwo"]
