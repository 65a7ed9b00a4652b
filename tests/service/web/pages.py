"""A page with slots, what is answered for them, and what holds of the page whatever happens."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, expect

from tests.service.web.stub import flag

BODY = """
<main>
  <h1 class="hero" data-segue-slot="headline">A platform for everybody</h1>
  <p><a class="cta" data-segue-slot="cta" href="/start">Start</a></p>
  <div class="grid" data-segue-slot="page_variant">
    <p data-segue-variant="standard">For every team.</p>
    <p data-segue-variant="fintech" hidden>For teams in finance.</p>
  </div>
  <ul class="grid" data-segue-slot="proof_points">
    <li data-segue-item><span data-segue-text>Trusted</span> <a data-segue-href href="/proof">why</a></li>
    <li data-segue-item><span data-segue-text>Fast</span></li>
  </ul>
  <p id="after">What comes after.</p>
</main>
"""
ANSWERED = [
    flag("headline", "Lists that are right today"),
    flag("cta", {"text": "Book 25 minutes", "href": "https://meet.example/book"}),
    flag("page_variant", "fintech"),
    flag(
        "proof_points", [{"claim": "SOC 2 Type II <b>audited</b>", "evidence": "https://proof.example/soc2"}]
    ),
]
Visit = Callable[..., Page]


def until(condition: Callable[[], Any], page: Page, within: float = 5_000) -> Any:
    """Wait until something holds."""
    for _ in range(int(within / 25)):
        if found := condition():
            return found
        page.wait_for_timeout(25)
    raise AssertionError("it never came to hold")


def moved(page: Page) -> float:
    """Return by how much the layout shifted, when all is quiet."""
    page.wait_for_timeout(100)
    assert page.evaluate("window.violations") == []
    found: float = page.evaluate("window.shifts.reduce((sum, each) => sum + each, 0)")
    return found


def authored(page: Page) -> None:
    """Hold the page to what was authored, and visible."""
    expect(page.locator("h1")).to_have_text("A platform for everybody")
    expect(page.locator("h1")).to_be_visible()
    expect(page.locator("[data-segue-variant=standard]")).to_be_visible()
    expect(page.locator(".cta")).to_have_attribute("href", "/start")
