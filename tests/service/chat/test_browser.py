"""`useChat` of @ai-sdk/react in Chromium, on a page of another origin, over reloads and a restart of the service."""

from __future__ import annotations

import shutil
import subprocess
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from tests.service.chat.conftest import HERE, LIMITS
from tests.service.running import Service, replica

pytestmark = pytest.mark.trial

FLAGS = ["--no-sandbox", "--disable-background-networking"]


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def site(node_modules: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The origin of a site whose page was bundled with the SDK."""
    folder: Path = tmp_path_factory.mktemp("site")
    shutil.copyfile(HERE / "chat_page.jsx", node_modules / "chat_page.jsx")
    done = subprocess.run(
        [
            "node", "node_modules/esbuild/bin/esbuild", "chat_page.jsx", "--bundle", "--format=esm", "--minify",
            '--define:process.env.NODE_ENV="production"', f"--outfile={folder}/chat.js", "--log-level=error",
        ],
        cwd=node_modules, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3_000:]
    (folder / "index.html").write_text(
        "<!doctype html><meta charset=utf-8><title>Chat</title><div id=root></div><script type=module src=/chat.js></script>"
    )
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def here(service: Service, site: str) -> str:
    """A publishable key for the pages of the site."""
    _, secret = service.new_key("publishable", (site,))
    service.heard_of(secret)
    return secret


@pytest.fixture
def page(here: str) -> Iterator[Page]:
    """A tab. The key is made before it: Playwright runs a loop of its own in this thread."""
    executable = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if executable is None:
        pytest.skip("no Chromium is on this machine")
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=executable, args=FLAGS)
        yield browser.new_page()
        browser.close()


def opened(page: Page, site: str, service: Service, key: str, **more: str) -> None:
    page.goto(f"{site}/?{urlencode({'service': service.url, 'key': key, **more})}")
    expect(page.locator("main[data-status=ready]")).to_be_visible()


def say(page: Page, text: str, turn: int) -> str:
    """Say something and return the reply."""
    page.get_by_label("Your message").fill(text)
    page.keyboard.press("Enter")
    reply = page.locator(f"article[data-role=assistant][data-turn='{turn}']")
    expect(reply.locator("p").first).not_to_be_empty()
    expect(page.locator("main[data-status=ready]")).to_be_visible()
    return reply.inner_text()


def test_a_chat_goes_on_after_a_reload_and_a_restart(
    service: Service, page: Page, site: str, here: str, tmp_path: Path
) -> None:
    failed: list[str] = []
    page.on("pageerror", lambda error: failed.append(str(error)))
    opened(page, site, service, here)
    replies = [say(page, "Is it SOC 2? אבג 田中 👩‍👩‍👧", 1), say(page, "What does it cost?", 2)]
    assert page.locator("article").count() == 4
    opened(page, site, service, here)
    shown = page.locator("article[data-role=assistant]")
    assert shown.all_inner_texts() == replies
    assert page.locator("article[data-role=user]").first.inner_text() == "Is it SOC 2? אבג 田中 👩‍👩‍👧"
    with replica(service.database, tmp_path / "again", **LIMITS) as restarted:
        restarted.keys = service.keys
        restarted.heard_of(here)
        opened(page, site, restarted, here)
        assert shown.all_inner_texts() == replies
        say(page, "And with whom do I talk?", 3)
        page.locator("#again").click()
        expect(page.locator("main[data-status=ready]")).to_be_visible()
        expect(page.locator("article")).to_have_count(6)
        opened(page, site, restarted, here)
        expect(page.locator("article")).to_have_count(6)
    assert not failed and page.locator("strong").count() == 0


def test_a_question_is_answered_by_its_button(
    service: Service, page: Page, site: str, here: str, account: str, visitor: str
) -> None:
    service.rows(
        "INSERT INTO segue.visitors VALUES (%s, NULL, %s, 'identify', 1, now(), now())", visitor, account
    )
    opened(page, site, service, here, visitor=visitor)
    assert "Roughly how many people" in say(page, "Hello", 1)
    page.get_by_role("button", name="200 to 999").click()
    expect(page.locator("article[data-role=assistant][data-turn='2'] p").first).not_to_be_empty()
    expect(page.locator("main[data-status=ready]")).to_be_visible()
    opened(page, site, service, here, visitor=visitor)
    expect(page.get_by_role("button", name="200 to 999")).to_be_visible()
    assert page.locator("q").inner_text() == "500"
