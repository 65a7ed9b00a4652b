"""The demo site in Chromium, as several people, with screenshots; and what it refuses."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import httpx2
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.service.demo_site.conftest import SCREENSHOTS

pytestmark = pytest.mark.trial
expect.set_options(timeout=30_000)
PAGES = ("", "/pricing", "/compare")


def opened(context: BrowserContext, demo: str, persona: str) -> Page:
    """Visit the site as somebody, in a tab whose mishaps are kept."""
    page = context.new_page()
    page.goto(f"{demo}/demo")
    page.wait_for_selector("[data-persona]")
    if persona != "anonymous":
        with page.expect_navigation():
            page.click(f"[data-persona={persona}]")
    page.wait_for_selector(f"[data-persona={persona}][aria-pressed=true]")
    page.wait_for_selector("[data-segment]")
    return page


def label(page: Page, segment: str) -> None:
    expect(page.locator(f"[data-segment={segment}]")).to_be_visible(timeout=30_000)


def test_ada_comes_into_the_market_and_her_owner_hears_of_it(context: BrowserContext, demo: str) -> None:
    said: list[str] = []
    asked: set[str] = set()
    context.on("console", lambda each: said.append(each.text) if each.type in ("error", "warning") else None)
    context.on("request", lambda each: asked.add(urlsplit(each.url).netloc))
    page = opened(context, demo, "ada")
    label(page, "warm_up")
    expect(page.locator("h1")).to_contain_text("beside teams like yours")
    expect(page.locator(".lead")).to_have_text("Pipeline benchmarks for software teams of your size")
    expect(page.locator("[data-top]")).to_have_text("Your benchmark")
    page.screenshot(path=SCREENSHOTS / "ada-home.png")
    page.click("[data-nav=pricing]")
    label(page, "warm_up")
    expect(page.locator(".behind")).to_contain_text("55 of 100")
    page.click("[data-nav=compare]")
    label(page, "sales_ready")
    expect(page.locator("[data-play]")).to_have_attribute("data-play", "roi_first_page")
    expect(page.locator(".lead")).to_contain_text("What it returned")
    expect(page.locator("[data-top]")).to_have_text("Book a session")
    expect(page.locator(".slack")).to_contain_text("Northwind Robotics came into sales ready")
    expect(page.locator(".slack")).to_contain_text("Owner: avery.cole@example.com")
    expect(page.locator(".behind")).to_contain_text(re.compile(r"Intent: 100 → 59\.9"))
    page.screenshot(path=SCREENSHOTS / "ada-compare.png")
    page.click("[data-nav=pricing]")
    expect(page.locator("[data-plan=industry_proof]")).to_have_attribute("data-fits", "")
    page.screenshot(path=SCREENSHOTS / "ada-pricing.png")
    assert said == [] and asked == {urlsplit(demo).netloc}
    assert page.evaluate("window.violations") == []
    assert page.evaluate("window.shifts") == []


def test_a_new_visitor_gets_the_page_of_everybody(context: BrowserContext, demo: str) -> None:
    page = opened(context, demo, "anonymous")
    label(page, "needs_data")
    expect(page.locator("[data-play]")).to_have_attribute("data-play", "standard_page")
    expect(page.locator("h1")).to_contain_text("Know which accounts")
    expect(page.locator(".slack")).to_contain_text("nothing yet")
    page.screenshot(path=SCREENSHOTS / "anonymous-home.png")


def test_jonas_is_shown_what_his_region_asks_for(context: BrowserContext, demo: str) -> None:
    page = opened(context, demo, "jonas")
    expect(page.locator(".proof")).to_contain_text("Frankfurt and Dublin only")
    page.locator("segue-chat button.launcher").click()
    page.get_by_text("Is our data kept in the EU?").click()
    reply = page.locator("segue-chat .message.assistant").last
    expect(reply).to_contain_text("Frankfurt and Dublin only", timeout=30_000)
    page.screenshot(path=SCREENSHOTS / "jonas-chat.png")


def test_tom_is_led_to_a_trial_and_priya_home(context: BrowserContext, demo: str) -> None:
    page = opened(context, demo, "tom")
    for nav in ("pricing", "compare"):
        page.click(f"[data-nav={nav}]")
        page.wait_for_selector("[data-segment]")
    label(page, "self_serve")
    page.click("[data-nav=pricing]")
    expect(page.locator("[data-plan=self_serve]")).to_have_attribute("data-fits", "")
    page.screenshot(path=SCREENSHOTS / "tom-pricing.png")
    with page.expect_navigation():
        page.click("[data-persona=priya]")
    label(page, "customer")
    expect(page.locator("h1")).to_contain_text("Good to see you")
    expect(page.locator("[data-top]")).to_have_text("Your hub")
    page.screenshot(path=SCREENSHOTS / "priya-home.png")


def test_without_javascript_the_pages_are_as_they_were_written(context: BrowserContext, demo: str) -> None:
    assert context.browser is not None
    plain = context.browser.new_context(java_script_enabled=False)
    page = plain.new_page()
    for path in PAGES:
        page.goto(f"{demo}/demo{path}")
        expect(page.locator("h1")).to_be_visible()
        expect(page.locator(".noscript")).to_be_visible()
        assert page.locator(".behind").count() == 0
    plain.close()


def test_what_the_pages_hold_and_what_they_refuse(demo: str) -> None:
    for path in PAGES:
        found = httpx2.get(f"{demo}/demo{path}")
        policy = found.headers["content-security-policy"]
        assert found.status_code == 200 and "default-src 'none'" in policy and "unsafe" not in policy
        assert "segue_pk_" in found.text and "segue_sk_" not in found.text and "{" not in found.text
        assert not re.search(r"(src|href)=\"https?://", found.text)
    assert "segue_sk_" not in httpx2.get(f"{demo}/demo/demo.js").text
    visit = httpx2.post(f"{demo}/demo/api/visit", json={"persona": "ada"}).json()
    panel = f"{demo}/demo/api/panel"
    assert httpx2.get(panel, params={"visitor": visit["visitor"], "path": "/x?'\"<>"}).status_code == 200
    assert httpx2.get(panel, params={"visitor": "somebody-else"}).status_code == 404
    assert httpx2.get(panel).status_code == 422
    for body in ({"persona": "nobody"}, {"persona": 5}, {}, {"persona": "ada", "x": 1}):
        assert httpx2.post(f"{demo}/demo/api/visit", json=body).status_code in (404, 422)
    assert httpx2.get(f"{demo}/demo/../../etc/passwd").status_code in (303, 404)
    assert httpx2.get(f"{demo}/demo/nothing").status_code == 303
