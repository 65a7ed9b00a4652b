"""Every state of the widget by the rules of axe, on every screen, with a picture of each."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.service.npm import installed
from tests.service.web.chats import put, say, shown
from tests.service.web.conftest import AGENT, SCREENSHOTS, SHIFTS
from tests.service.web.host import Site
from tests.service.web.replies import story
from tests.service.web.stub import Stub

pytestmark = pytest.mark.trial

AXE = "4.14.1"
LOOKS: dict[str, dict[str, Any]] = {
    "light": {"viewport": {"width": 1100, "height": 760}, "color_scheme": "light"},
    "dark": {"viewport": {"width": 1100, "height": 760}, "color_scheme": "dark"},
    "mobile": {"viewport": {"width": 375, "height": 720}, "color_scheme": "light", "device_scale_factor": 2},
    "small": {"viewport": {"width": 320, "height": 568}, "color_scheme": "dark", "device_scale_factor": 2},
    "forced": {
        "viewport": {"width": 1100, "height": 760},
        "forced_colors": "active",
        "reduced_motion": "reduce",
    },
}


@pytest.fixture(scope="session")
def axe() -> str:
    """axe-core as it comes from npm."""
    source = installed(f"axe-{AXE}", {"axe-core": AXE}) / "node_modules" / "axe-core" / "axe.min.js"
    return source.read_text("utf-8")


@pytest.mark.parametrize("look", LOOKS)
def test_every_state_can_be_used_by_everybody(
    browser: Browser, site: Site, stub: Stub, axe: str, look: str
) -> None:
    stub.reply = story
    context = browser.new_context(user_agent=AGENT, **LOOKS[look])
    context.add_init_script(SHIFTS)
    page = context.new_page()
    page.goto(put(site, stub, suggest="Is it SOC 2?|What does it cost?"))
    page.evaluate(axe)
    check(page, look, "closed")
    page.get_by_role("button", name="Open the chat").click()
    check(page, look, "open")
    say(page, "Is it SOC 2?")
    expect(page.get_by_role("group")).to_be_visible()
    check(page, look, "question")
    page.get_by_role("button", name="Financial services").click()
    expect(shown(page, "Finance teams usually begin")).to_be_visible()
    say(page, "Can I talk to a person?")
    expect(shown(page, "A person takes over")).to_be_visible()
    say(page, "And if nobody is there?")
    expect(shown(page, "Nobody is free")).to_be_visible()
    check(page, look, "handover")
    stub.status = 503
    say(page, "مرحبا، هل لديكم دعم باللغة العربية؟")
    expect(page.get_by_role("alert")).to_be_visible()
    check(page, look, "error")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    context.close()


def check(page: Page, look: str, state: str) -> None:
    """Hold a state to the rules of axe, and keep a picture of it."""
    page.wait_for_timeout(250)  # what fades in is not of its colours before
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"widget-{look}-{state}.png")
    found = page.evaluate(
        "axe.run(document, {resultTypes: ['violations']}).then((found) => found.violations)"
    )
    assert [(each["id"], [node["target"] for node in each["nodes"]]) for each in found] == []
