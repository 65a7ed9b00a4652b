"""The messages as a person sees them: kept as JSON, as HTML and as pictures where `SEGUE_TEST_ARTIFACTS` names a folder."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from segue.api.slack.html import page_of
from tests.service.slack.test_alerts import buttons, fresh
from tests.service.slack.world import AVERY, HOSTILE, MEI, Sellers, know

pytestmark = pytest.mark.trial

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
QUESTIONS = {
    "call-today": "who should I call today?",
    "why-mine": "why is globex.example mine, and who was passed over?",
    "what-to-say": "what do I say to their CISO at Globex?",
    "what-would-flip": "what would make Umbrella sales-ready?",
    "what-changed": "what changed this week?",
    "which-account": "why is acme mine?",
    "hostile-name": "why is evil.example mine?",
    "help": "help",
}


def pictures(folder: Path, pages: dict[str, Path]) -> None:
    """Take a picture of each page."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-background-networking"]
        )
        page = browser.new_page(viewport={"width": 760, "height": 500}, device_scale_factor=1.5)
        for name, path in pages.items():
            page.goto(path.as_uri())
            assert page.locator(".slack-mention").count() == 0, name
            page.screenshot(path=str(folder / f"{name}.png"), full_page=True)
        browser.close()


@pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="no Chromium here")
def test_every_message_is_shown(sellers: Sellers, tmp_path: Path) -> None:
    folder = Path(os.environ.get("SEGUE_TEST_ARTIFACTS") or tmp_path) / "slack"
    folder.mkdir(parents=True, exist_ok=True)
    found: dict[str, dict[str, Any]] = {name: sellers.ask(text) for name, text in QUESTIONS.items()}
    found["nobody-to-call"] = sellers.ask("who should I call today?", MEI)
    _, found["alert"] = fresh(sellers, "shown")
    sellers.press({"action_id": "segue_alert_accept", "value": buttons(found["alert"])["segue_alert_accept"]["value"]},
                  AVERY, channel="D3", ts="31.1")  # fmt: skip
    found["alert-accepted"] = sellers.wait(lambda: [e for e in sellers.slack.updated if e["ts"] == "31.1"])[0]
    know(sellers.service, "shown2", HOSTILE, "avery.cole@example.com", {}, "sales_ready")
    pages = {}
    for name, message in found.items():
        (folder / f"{name}.json").write_text(
            json.dumps(message["blocks"], indent=1, ensure_ascii=False), "utf-8"
        )
        pages[name] = folder / f"{name}.html"
        pages[name].write_text(page_of([message], name), "utf-8")
    pictures(folder, pages)
