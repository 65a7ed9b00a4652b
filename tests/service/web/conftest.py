"""Chromium, a customer's site under a strict policy, and a stub of the service."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.service.web.chats import open_by_keyboard, put
from tests.service.web.host import Site, host_site, page_of
from tests.service.web.pages import BODY, Visit
from tests.service.web.replies import story
from tests.service.web.stub import Stub, stub_service

AGENT = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36"
)
"""A browser's own: that of a headless one is known as a crawler's."""
FLAGS = ["--no-sandbox", "--disable-background-networking"]
SHIFTS = """
window.shifts = []; window.violations = [];
new PerformanceObserver((list) => { for (const each of list.getEntries()) if (!each.hadRecentInput) window.shifts.push(each.value); })
  .observe({type: "layout-shift", buffered: true});
document.addEventListener("securitypolicyviolation", (event) => window.violations.push(event.violatedDirective + " " + event.blockedURI));
"""
SCREENSHOTS = Path(__file__).parents[3] / "var" / "screenshots"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium, which this machine has. Its loop runs in this thread: what runs another is made before, or after."""
    executable = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if executable is None:
        pytest.skip("no Chromium is on this machine")
    with sync_playwright() as play:
        found = play.chromium.launch(executable_path=executable, args=FLAGS)
        yield found
        found.close()


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    """A customer's site."""
    with host_site() as found:
        yield found


@pytest.fixture
def stub(site: Site) -> Iterator[Stub]:
    """A stub of the service, to which the site's policy lets pages talk."""
    with stub_service() as found:
        site.service = found.url
        yield found


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A browser of somebody who was never here."""
    found = browser.new_context(user_agent=AGENT, viewport={"width": 1280, "height": 800})
    found.add_init_script(SHIFTS)
    found.set_default_timeout(5_000)
    yield found
    found.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A tab that takes note of what is said on its console, of layout shifts and of breaches of the policy."""
    yield context.new_page()


@pytest.fixture
def visit(site: Site, stub: Stub, page: Page) -> Visit:
    """Open a page of the site that loads the page script."""

    def go(path: str = "/", body: str = BODY, *, budget: str = "10000", **attributes: str) -> Page:
        attributes |= {"budget": budget} if budget else {}
        given = "".join(f' data-{name}="{value}"' for name, value in attributes.items())
        tag = f'<script async src="{stub.url}/segue.js" data-key="segue_pk_1"{given}></script>'
        site.pages[path] = page_of(body, tag)
        page.goto(site.url + path)
        return page

    return go


@pytest.fixture
def chat(site: Site, stub: Stub, page: Page) -> Visit:
    """Open a page that loads the widget, and the conversation by keyboard."""
    stub.reply = story

    def go(**attributes: str) -> Page:
        page.goto(put(site, stub, **attributes))
        expect(page.get_by_role("button", name="Open the chat")).to_be_visible()
        open_by_keyboard(page)
        return page

    return go
