"""The widget as somebody with a keyboard uses it, and what a screen reader hears."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

from tests.service.web.host import Site, page_of
from tests.service.web.stub import Stub

BODY = (
    "<main><h1>A vendor of lists</h1><p>What the vendor has to say.</p><p><a href='/more'>More</a></p></main>"
)


def put(site: Site, stub: Stub, **attributes: str) -> str:
    """Make the page of the site that loads the widget, and return its address."""
    given = "".join(f' data-{name}="{value}"' for name, value in attributes.items())
    tag = f'<script async src="{stub.url}/widget.js" data-key="segue_pk_1"{given}></script>'
    site.pages["/"] = page_of(BODY, tag)
    return site.url + "/"


def open_by_keyboard(page: Page) -> None:
    """Go to the button by the Tab key, and press it."""
    for _ in range(10):
        page.keyboard.press("Tab")
        if focused(page) == "Open the chat":
            break
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="Chat with us")).to_be_visible()
    assert focused(page) == "field"


def focused(page: Page) -> str:
    """Return the label, id or text of what has focus, inside the widget too."""
    found: str = page.evaluate(
        """() => {
          let at = document.activeElement;
          while (at && at.shadowRoot) at = at.shadowRoot.activeElement;
          return at ? at.getAttribute("aria-label") || at.id || at.textContent : "";
        }"""
    )
    return found


def say(page: Page, text: str) -> None:
    """Write and send, by keyboard."""
    page.keyboard.type(text)
    page.keyboard.press("Enter")


def shown(page: Page, text: str) -> Locator:
    """Return what of the conversation holds a text."""
    return page.get_by_role("log").get_by_text(text).first


def heard(page: Page) -> str:
    """Return what a screen reader was told last."""
    return page.get_by_role("status").text_content() or ""


def quiet(page: Page) -> None:
    """Hold the page to its policy, and to its places."""
    assert page.evaluate("window.violations") == []
    assert page.evaluate("window.shifts.reduce((sum, each) => sum + each, 0)") == 0
