"""`/segue.js` on a page under a strict policy: what it fills, and what it tells."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.service.web.host import Site, page_of
from tests.service.web.pages import ANSWERED, BODY, Visit, moved, until
from tests.service.web.stub import Stub, flag

pytestmark = pytest.mark.trial


def test_slots_are_filled_and_nothing_moves(visit: Visit, stub: Stub) -> None:
    stub.flags = ANSWERED
    page = visit()
    expect(page.locator("h1")).to_have_text("Lists that are right today")
    expect(page.locator("[data-segue-variant=fintech]")).to_be_visible()
    expect(page.locator("[data-segue-variant=standard]")).to_be_hidden()
    expect(page.locator(".cta")).to_have_text("Book 25 minutes")
    expect(page.locator(".cta")).to_have_attribute("href", "https://meet.example/book")
    expect(page.locator("li [data-segue-text]").first).to_have_text("SOC 2 Type II <b>audited</b>")
    expect(page.locator("li a")).to_have_attribute("href", "https://proof.example/soc2")
    expect(page.locator("li").nth(1)).to_be_hidden()
    assert moved(page) == 0
    (asked,) = stub.of("/ofrep/v1/evaluate/flags")
    assert asked["context"]["path"] == "/" and asked["context"]["targetingKey"]


def test_exposures_are_told_once_for_what_was_in_view(visit: Visit, stub: Stub) -> None:
    stub.flags = [flag("headline", "Seen", "d-seen"), flag("far", "Far down", "d-far")]
    page = visit(body=BODY + '<p class="below" data-segue-slot="far">Far</p>')

    def told(kind: str) -> list[tuple[str, str]]:
        sent = [each for body in stub.of("/v1/outcomes") for each in body["outcomes"]]
        return [(each["decision_id"], each["flag"]) for each in sent if each["kind"] == kind]

    until(lambda: told("exposed"), page)
    assert told("exposed") == [("d-seen", "headline")]
    assert {each for each, _ in told("delivered")} == {"d-seen", "d-far"}
    page.mouse.wheel(0, 5_000)
    until(lambda: len(told("exposed")) == 2, page)
    assert told("exposed")[1] == ("d-far", "far")


def test_the_page_is_told_with_one_visitor(visit: Visit, stub: Stub) -> None:
    page = visit()
    page.evaluate(
        "window.segue.identify('ada', {email: 'ada@acme.example'}); segue.push(['track', 'Demo Requested', {seats: 5}])"
    )
    until(lambda: stub.of("/v1/t") and stub.of("/v1/i"), page)
    sent = [*stub.of("/v1/p"), *stub.of("/v1/i"), *stub.of("/v1/t")]
    assert [each["type"] for each in sent] == ["page", "identify", "track"]
    (visitor,) = {each["anonymousId"] for each in sent}
    assert visitor == page.evaluate("localStorage.segue_visitor")
    assert sent[0]["properties"]["path"] == "/" and sent[0]["writeKey"] == "segue_pk_1"
    assert sent[2]["userId"] == "ada" and sent[2]["properties"] == {"seats": 5}
    page = visit("/pricing")
    until(lambda: len(stub.of("/v1/p")) == 2, page)
    assert stub.of("/v1/p")[1]["anonymousId"] == visitor


def test_commands_before_the_script_are_run(site: Site, stub: Stub, page: Page) -> None:
    page.add_init_script("window.segue = [['track', 'Early'], ['nonsense'], ['identify', 'eve']]")
    site.pages["/"] = page_of(BODY, f'<script async src="{stub.url}/segue.js" data-key="k"></script>')
    page.goto(site.url)
    until(lambda: stub.of("/v1/t") and stub.of("/v1/i"), page)
    assert stub.of("/v1/t")[0]["event"] == "Early"


def test_a_single_page_app(visit: Visit, stub: Stub) -> None:
    stub.flags = [flag("headline", "First")]
    page = visit()
    expect(page.locator("h1")).to_have_text("First")
    stub.flags = [flag("headline", "Second")]
    page.evaluate(
        """() => {
          history.pushState({}, "", "/compare");
          const main = document.createElement("main");
          const slot = document.createElement("h1");
          slot.className = "hero"; slot.dataset.segueSlot = "headline"; slot.textContent = "Authored";
          main.append(slot);
          document.querySelector("main").replaceWith(main);
        }"""
    )
    expect(page.locator("h1")).to_have_text("Second")
    assert [each["context"]["path"] for each in stub.of("/ofrep/v1/evaluate/flags")] == ["/", "/compare"]
    assert [each["properties"]["path"] for each in stub.of("/v1/p")] == ["/", "/compare"]


def test_the_service_says_that_the_answer_changed(visit: Visit, stub: Stub) -> None:
    stub.flags, stub.stream = [flag("headline", "First")], "/ofrep/v1/events?token=t"
    page = visit()
    expect(page.locator("h1")).to_have_text("First")
    until(lambda: [each for each in stub.asked if each.path.startswith("/ofrep/v1/events")], page)
    stub.flags = [flag("headline", "Second")]
    stub.refetch.set()
    expect(page.locator("h1")).to_have_text("Second")
    assert moved(page) == 0


def test_a_question_on_the_page(visit: Visit, stub: Stub) -> None:
    answers = ["Finance", {"label": "Health care", "value": "healthcare"}]
    asked = {"text": "One question:", "question": "Your industry?", "trait": "industry", "answers": answers}
    stub.flags = [flag("banner", asked)]
    places = "".join('<button type="button" data-segue-item hidden></button>' for _ in range(3))
    page = visit(
        body=f'<main class="hero" data-segue-slot="banner"><p data-segue-text>News</p>{places}</main>'
    )
    expect(page.locator("p")).to_have_text("One question: Your industry?")
    expect(page.get_by_role("button")).to_have_text(["Finance", "Health care"])
    stub.flags = [flag("banner", {"text": "Thank you"})]
    page.get_by_role("button", name="Health care").click()
    until(lambda: stub.of("/v1/i"), page)
    assert stub.of("/v1/i")[0]["traits"] == {"industry": "healthcare"}
    expect(page.locator("p")).to_have_text("Thank you")
    expect(page.get_by_role("button")).to_have_count(0)
