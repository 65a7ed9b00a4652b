"""@segment/analytics-next as it comes from npm, in Chromium, on a page of another origin."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, sync_playwright

from segue.evals.static_site import site_of
from tests.service.events.conftest import stored
from tests.service.running import Service

pytestmark = pytest.mark.trial

AGENT = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36"
)
"""A browser's own: that of a headless one is known as a crawler's."""
FLAGS = ["--no-sandbox", "--disable-background-networking"]
STORY = """async ([host, key]) => {
  const [analytics] = await window.AnalyticsNext.AnalyticsBrowser.load({writeKey: key, cdnURL: host});
  const one = await analytics.page("Compare");
  await analytics.identify("browser-ada", {email: "ada@browser-sdk.com", employees: 700});
  await analytics.track("Demo Requested", {employees: 800});
  await analytics.group("browser-sdk.com", {annual_revenue: 1});
  await analytics.alias("browser-eve");
  return one.event.anonymousId;
}"""
BATCHED = """async ([host, key]) => {
  const settings = {integrations: {"Segment.io": {deliveryStrategy: {strategy: "batching", config: {size: 4, timeout: 200}}}}};
  const [analytics] = await window.AnalyticsNext.AnalyticsBrowser.load({writeKey: key, cdnURL: host}, settings);
  const sent = [1, 2, 3, 4].map((number) => analytics.track("Scrolled", {number}));
  await Promise.all(sent);
}"""


@pytest.fixture(scope="module")
def site(node_modules: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The origin of a site with a page that loads the SDK."""
    folder: Path = tmp_path_factory.mktemp("site")
    shutil.copytree(node_modules / "node_modules/@segment/analytics-next/dist/umd", folder / "umd")
    (folder / "compare.html").write_text("<title>Compare us</title><script src='/umd/index.js'></script>")
    with site_of(folder) as origin:
        yield origin


@pytest.fixture
def here(service: Service, site: str) -> str:
    """A publishable key for pages of the site."""
    return _key_for(service, site)


@pytest.fixture
def elsewhere(service: Service) -> str:
    """A publishable key for pages of another site."""
    return _key_for(service, "https://www.example.com")


def _key_for(service: Service, origin: str) -> str:
    _, secret = service.new_key("publishable", (origin,))
    service.heard_of(secret)
    return secret


@pytest.fixture
def page(site: str, here: str, elsewhere: str) -> Iterator[Page]:
    """A tab on the page. The keys are made before it: Playwright runs a loop of its own in this thread."""
    executable = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if executable is None:
        pytest.skip("no Chromium is on this machine")
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=executable, args=FLAGS)
        tab = browser.new_context(user_agent=AGENT).new_page()
        tab.goto(f"{site}/compare.html?utm_source=x")
        yield tab
        browser.close()


def test_every_call(service: Service, page: Page, site: str, here: str) -> None:
    visitor = page.evaluate(STORY, [service.url, here])
    page.wait_for_timeout(1_500)
    found = stored(service, here, "kind, visitor, account_id, path, url, title, search, trusted, mark")
    assert Counter(row[0] for row in found) == {"page": 1, "identify": 1, "track": 1, "group": 1, "alias": 1}
    url = f"{site}/compare.html?utm_source=x"
    viewed = (
        "page",
        visitor,
        "browser-sdk.com",
        "/compare.html",
        url,
        "Compare us",
        "?utm_source=x",
        False,
        None,
    )
    assert viewed in found
    assert {row[2] for row in found} == {"browser-sdk.com"}
    said = service.rows("SELECT traits FROM segue.accounts WHERE account_id = 'browser-sdk.com'")[0][0]
    assert said["employees"]["declared"][:2] == [800, 0.5]


def test_batches(service: Service, page: Page, here: str) -> None:
    page.evaluate(BATCHED, [service.url, here])
    page.wait_for_timeout(1_500)
    assert stored(service, here) == [("track", "Scrolled")] * 4


def test_a_key_of_other_pages(service: Service, page: Page, elsewhere: str) -> None:
    page.evaluate(BATCHED, [service.url, elsewhere])
    page.wait_for_timeout(500)
    assert stored(service, elsewhere) == []
