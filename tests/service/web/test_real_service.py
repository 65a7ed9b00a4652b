"""The page script and the widget against the service itself, on pages of another origin under a strict policy."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.service.running import ACCOUNT, Service, know_acme, replica
from tests.service.web.conftest import AGENT, SHIFTS
from tests.service.web.host import Site, page_of

pytestmark = pytest.mark.trial

BODY = """
<main>
  <h1 class="hero" data-segue-slot="message">What the vendor says to everybody</h1>
  <div class="grid" data-segue-slot="page_variant">
    <p data-segue-variant="default">For every team.</p>
    <p data-segue-variant="industry_proof" hidden>For teams like yours.</p>
  </div>
  <ul class="grid" data-segue-slot="proof_points">
    <li data-segue-item><a data-segue-href data-segue-text href="/why">Trusted by many</a></li>
  </ul>
</main>
"""


@pytest.fixture(scope="module")
def service(
    new_lasting_store: Callable[[], str], site: Site, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    """A replica that knows one account, with a key for the pages of the site."""
    folder: Path = tmp_path_factory.mktemp("web")
    limits = {"SEGUE_RATE_ADDRESS": "1000000/minute", "SEGUE_RATE_PUBLISHABLE": "1000000/minute"}
    with replica(new_lasting_store(), folder, **limits) as found:
        for kind, origins in (("secret", ()), ("publishable", (site.url,))):
            _, found.keys[kind] = found.new_key(kind, origins)
        found.heard_of(found.keys["publishable"])
        know_acme(found)
        site.service = found.url
        yield found


@pytest.fixture
def page(service: Service, browser: Browser) -> Iterator[Page]:
    """A tab of somebody who was never here."""
    context = browser.new_context(user_agent=AGENT, viewport={"width": 1280, "height": 800})
    context.add_init_script(SHIFTS)
    context.set_default_timeout(10_000)
    yield context.new_page()
    context.close()


Go = Callable[..., str]


@pytest.fixture
def go(service: Service, site: Site, page: Page) -> Go:
    """Open a page with the scripts, and return who the visitor is."""

    def opened(*names: str, visitor: str | None = None, **attributes: str) -> str:
        given = "".join(f' data-{name}="{value}"' for name, value in attributes.items())
        key = service.keys["publishable"]
        tags = [
            f'<script async src="{service.url}/{name}.js" data-key="{key}" data-budget="10000"{given}></script>'
            for name in names
        ]
        site.pages["/"] = page_of(BODY, *tags)
        if visitor:
            page.add_init_script(f"localStorage.segue_visitor = '{visitor}'")
        page.goto(site.url + "/")
        page.wait_for_load_state()
        return str(page.evaluate("window.__segue.visitor"))

    return opened


def wait_for(page: Page, service: Service, query: str, visitor: str) -> list[tuple[object, ...]]:
    """Wait until the store holds something of a visitor."""
    for _ in range(200):
        if found := service.rows(query, visitor):
            return found
        page.wait_for_timeout(50)
    raise AssertionError(f"never stored: {query}")


def quiet(page: Page) -> None:
    """Hold the page to its policy, and to its places."""
    page.wait_for_timeout(100)
    assert page.evaluate("window.violations") == []
    assert page.evaluate("window.shifts.reduce((sum, each) => sum + each, 0)") == 0


def test_a_known_accounts_visitor_sees_what_was_decided(service: Service, page: Page, go: Go) -> None:
    link = {"kind": "visitor_account", "from": "visitor-of-acme", "to": ACCOUNT, "confidence": 1.0}
    assert service.put("/v1/links", {"links": [link]}).status_code == 200
    visitor = go("segue", visitor="visitor-of-acme")
    assert visitor == "visitor-of-acme"
    proof = page.locator("li a")
    expect(proof).to_have_text("Used by payments and lending teams in nine countries")
    expect(proof).to_have_attribute("href", "https://example.com/customers/fintech")
    wait_for(page, service, "SELECT 1 FROM segue.outcomes WHERE visitor = %s AND kind = 'exposed'", visitor)
    quiet(page)
    # the visit itself may move the label, of which the stream tells: then the page is decided on once more
    decided = service.rows("SELECT play, surface FROM segue.decisions WHERE visitor = %s", visitor)
    assert 1 <= len(decided) <= 2 and {surface for _, surface in decided} == {"web"}
    kinds = service.rows("SELECT kind, flag FROM segue.outcomes WHERE visitor = %s ORDER BY 1, 2", visitor)
    assert {kind for kind, _ in kinds} == {"delivered", "exposed"}
    assert ("exposed", "proof_points") in kinds
    wait_for(page, service, "SELECT 1 FROM segue.events WHERE visitor = %s AND kind = 'page'", visitor)


def test_a_switch_that_is_turned_reaches_the_page(service: Service, page: Page, go: Go) -> None:
    go("segue")
    proof = page.locator("li a")
    expect(proof).not_to_have_text("Trusted by many")
    page.wait_for_timeout(500)  # until the stream is followed
    try:
        assert service.put("/v1/switches/web", {"off": True, "reason": "A test"}).status_code == 200
        expect(proof).to_have_text("Trusted by many")
        quiet(page)
    finally:
        assert service.put("/v1/switches/web", {"off": False, "reason": "A test"}).status_code == 200


def test_who_did_not_agree_leaves_no_trace(service: Service, page: Page, go: Go) -> None:
    visitor = go("segue", consent="required")
    expect(page.locator("li a")).not_to_have_text("Trusted by many")
    page.evaluate("segue.track('Before')")
    page.wait_for_timeout(500)
    assert page.evaluate("Object.keys(localStorage)") == []
    for table in ("events", "decisions", "outcomes", "visitors"):
        assert service.rows(f"SELECT 1 FROM segue.{table} WHERE visitor = %s", visitor) == []
    page.evaluate("segue.consent('granted')")
    wait_for(page, service, "SELECT 1 FROM segue.events WHERE visitor = %s AND name = 'Before'", visitor)
    wait_for(page, service, "SELECT 1 FROM segue.decisions WHERE visitor = %s", visitor)


def test_a_conversation_and_its_reload(service: Service, page: Page, go: Go) -> None:
    go("segue", "widget")
    page.get_by_role("button", name="Open the chat").click()
    page.keyboard.type("Are you SOC 2 audited?")
    page.keyboard.press("Enter")
    log = page.get_by_role("log")
    expect(log.locator(".message.assistant")).to_have_count(2)
    expect(log).to_have_attribute("aria-busy", "false")
    said = log.locator(".message.assistant").last.text_content()
    assert said
    conversation = page.evaluate("localStorage.segue_chat").split(" ")[1]
    page.reload()
    expect(page.get_by_role("dialog")).to_be_visible()
    expect(log).to_contain_text("Are you SOC 2 audited?")
    expect(log.locator(".message.assistant").last).to_contain_text(said[:20])
    page.keyboard.type("And where is data kept?")
    page.keyboard.press("Enter")
    expect(log.locator(".message.assistant")).to_have_count(3)
    assert page.evaluate("localStorage.segue_chat").split(" ")[1] == conversation
    expect(page.get_by_role("alert")).to_have_count(0)
    quiet(page)
