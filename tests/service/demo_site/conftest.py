"""The demo as `segue serve --demo` starts it, and a browser that takes note of what goes wrong."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from playwright.sync_api import Browser, BrowserContext

from segue.evals.served import free_port
from tests.api.conftest import SEGUE
from tests.service.web.conftest import AGENT, browser

__all__ = ["browser"]
SCREENSHOTS = Path(__file__).parents[3] / "var" / "screenshots" / "demo"

NOTES = """
window.shifts = []; window.violations = [];
new PerformanceObserver((list) => {
  for (const each of list.getEntries()) {
    const inSite = each.sources.some(({ node }) => (node?.closest ? node : node?.parentElement)?.closest(".site"));
    if (!each.hadRecentInput && inSite) window.shifts.push(each.value);
  }
}).observe({type: "layout-shift", buffered: true});
document.addEventListener("securitypolicyviolation", (event) => window.violations.push(event.violatedDirective));
"""
"""Layout shifts of the site, not of the panel beside it, and breaches of the policy."""


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the demo answers."""
    port, folder = free_port(), tmp_path_factory.mktemp("demo")
    url = f"http://127.0.0.1:{port}"
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    command = [SEGUE, "serve", "--demo", "--port", str(port)]
    with (folder / "log").open("wb") as output:
        process = subprocess.Popen(command, env=environment, stdout=output, stderr=output, cwd=folder)
        try:
            until = time.monotonic() + 120
            while time.monotonic() < until and process.poll() is None:
                try:
                    if httpx2.get(f"{url}/demo").status_code == 200:
                        break
                except httpx2.TransportError:
                    time.sleep(0.1)
            else:
                raise AssertionError((folder / "log").read_text("utf-8", "replace"))
            yield url
        finally:
            process.terminate()
            process.wait(60)


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A browser of somebody who was never here."""
    found = browser.new_context(user_agent=AGENT, viewport={"width": 1440, "height": 900})
    found.add_init_script(NOTES)
    found.set_default_timeout(30_000)
    yield found
    found.close()
