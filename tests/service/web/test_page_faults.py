"""`/segue.js` where the service hangs, is late, fails or answers oddly: the page is left as it was."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.service.web.host import Site, page_of
from tests.service.web.pages import ANSWERED, BODY, Visit, authored, moved, until
from tests.service.web.stub import Stub, flag

pytestmark = pytest.mark.trial


def test_a_service_that_hangs_leaves_the_page(visit: Visit, stub: Stub) -> None:
    stub.flags, stub.late = ANSWERED, 60.0
    page = visit(budget="")
    page.wait_for_timeout(300)
    authored(page)
    assert moved(page) == 0


def test_a_late_answer_is_kept_for_the_next_page(visit: Visit, stub: Stub) -> None:
    stub.flags, stub.late = ANSWERED, 0.5
    page = visit(budget="")
    until(lambda: page.evaluate("localStorage.segue_flags"), page)
    authored(page)
    assert moved(page) == 0 and stub.of("/v1/outcomes") == []
    page = visit("/pricing")
    page.wait_for_timeout(150)
    expect(page.locator("h1")).to_have_text("Lists that are right today")
    assert moved(page) == 0


def test_a_service_that_fails_leaves_the_page(visit: Visit, stub: Stub) -> None:
    stub.flags = ANSWERED
    for number, status in enumerate((401, 429, 500, 503), start=1):
        stub.status = status
        page = visit()
        until(lambda: len(stub.of("/ofrep/v1/evaluate/flags")) == number, page)  # noqa: B023 - awaited in its turn
        page.wait_for_timeout(100)
        authored(page)


def test_a_service_that_is_down_leaves_the_page(visit: Visit, page: Page) -> None:
    page.route("**/ofrep/**", lambda route: route.abort())
    page.route("**/v1/**", lambda route: route.abort())
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page = visit()
    page.wait_for_timeout(300)
    authored(page)
    assert errors == []


def test_without_javascript_the_page_is_as_authored(browser: Any, site: Site, stub: Stub) -> None:
    stub.flags = ANSWERED
    site.pages["/"] = page_of(BODY, f'<script async src="{stub.url}/segue.js" data-key="k"></script>')
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(site.url)
    authored(page)
    assert stub.asked == []
    context.close()


def test_two_slots_of_one_name_and_one_that_is_missing(visit: Visit, stub: Stub) -> None:
    stub.flags = [flag("headline", "Both"), flag("nowhere", "Never shown")]
    page = visit(
        body='<main><p class="hero" data-segue-slot="headline">A</p><p class="hero" data-segue-slot="headline">B</p></main>'
    )
    expect(page.locator("p")).to_have_text(["Both", "Both"])
    assert moved(page) == 0


def test_an_answer_that_needs_more_room_is_not_shown(visit: Visit, stub: Stub) -> None:
    stub.flags, stub.late = [flag("headline", "word " * 200, "d-long")], 0.1
    page = visit(body='<main><p data-segue-slot="headline">Short</p><p id="after">After</p></main>')
    page.wait_for_timeout(400)
    expect(page.locator("p").first).to_have_text("Short")
    assert moved(page) == 0 and stub.of("/v1/outcomes") == []


def test_a_shorter_answer_keeps_the_room(visit: Visit, stub: Stub) -> None:
    stub.flags, stub.late = [flag("headline", "Short")], 0.1
    page = visit(
        body=f'<main><p data-segue-slot="headline">{"word " * 100}</p><p id="after">After</p></main>'
    )
    expect(page.locator("p").first).to_have_text("Short")
    assert moved(page) == 0


ODD: list[Any] = [
    {"text": "x", "href": "javascript:alert(1)"}, {"href": "data:text/html,<script>alert(1)</script>"},
    {"href": "http://elsewhere.example/"}, {"href": "JaVaScRiPt:alert(1)"}, {"href": "//elsewhere.example"},
    {"href": "java\tscript:alert(1)"}, {"page": "pricing"}, {"href": 7}, 7, None, [], "", " ", {},
    {"text": {"toString": "x"}}, [[["deep"]]],
]  # fmt: skip


def test_what_is_no_text_and_no_safe_link_is_left_out(visit: Visit, stub: Stub) -> None:
    page = visit()
    for number, value in enumerate(ODD):
        stub.flags = [flag("cta", value), flag("headline", f"Answer {number}")]
        page.evaluate("segue.refresh()")
        expect(page.locator("h1")).to_have_text(f"Answer {number}")
        expect(page.locator(".cta")).to_have_attribute("href", "/start")
