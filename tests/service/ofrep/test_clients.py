"""The OpenFeature clients of Python, Node and the browser, unmodified, against a replica."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from openfeature import api
from openfeature.contrib.provider.ofrep import OFREPProvider
from openfeature.evaluation_context import EvaluationContext
from openfeature.exception import ErrorCode
from openfeature.flag_evaluation import Reason
from playwright.sync_api import Page, Response, sync_playwright

from segue.core.ids import new_id
from tests.service.running import ACCOUNT, Service

pytestmark = pytest.mark.trial

CHROMIUM = ["--no-sandbox", "--disable-background-networking"]
START = """async ([host, key, visitor, poll]) => {
  const {OpenFeature, OFREPWebProvider, ProviderEvents} = window.Clients;
  window.changes = [];
  await OpenFeature.setContext({targetingKey: visitor, path: "/pricing"});
  const provider = new OFREPWebProvider({baseUrl: host, pollInterval: poll, cacheMode: "disabled",
    headers: [["Authorization", `Bearer ${key}`]]});
  await OpenFeature.setProviderAndWait(provider);
  window.client = OpenFeature.getClient();
  window.client.addHandler(ProviderEvents.ConfigurationChanged, (event) => window.changes.push(event.flagsChanged));
  return [window.client.getStringDetails("play", "own"), window.client.getObjectValue("proof_points", {own: 1}),
    window.client.getStringDetails("nothing", "own").errorCode];
}"""


@pytest.fixture
def client(service: Service) -> Iterator[Any]:
    """The client of a Python backend with a secret key."""
    headers = {"Authorization": f"Bearer {service.keys['secret']}"}
    api.set_provider(OFREPProvider(service.url, headers_factory=lambda: headers))
    yield api.get_client()
    api.shutdown()


def visitor() -> str:
    return f"v-{new_id()}"


def test_python(service: Service, client: Any) -> None:
    who = visitor()
    context = EvaluationContext(who, {"account": ACCOUNT, "path": "/pricing", "plan": "gold"})
    play = client.get_string_details("play", "own", context)
    assert (play.reason, play.variant, play.error_code) == (Reason.TARGETING_MATCH, play.value, None)
    assert play.flag_metadata["pack"] == "saas_pipeline" and play.value != "own"
    for name in ("page_variant", "message"):
        assert client.get_string_details(name, "own", context).error_code is None
    for name in ("proof_points", "cta", "banner"):
        found = client.get_object_details(name, {"own": 1}, context)
        assert found.error_code is None and found.value != {"own": 1}
        assert found.flag_metadata["decision_id"] == play.flag_metadata["decision_id"]
    assert service.rows("SELECT count(*) FROM segue.decisions WHERE visitor = %s", who) == [(1,)]


def test_python_is_told_what_is_wrong(client: Any) -> None:
    def code(name: str, context: EvaluationContext) -> ErrorCode:
        found = client.get_string_details(name, "own", context)
        assert found.value == "own" and found.reason == Reason.ERROR
        return found.error_code  # type: ignore[no-any-return]

    assert code("nothing", EvaluationContext("v")) == ErrorCode.FLAG_NOT_FOUND
    assert code("play", EvaluationContext(None, {"path": "/"})) == ErrorCode.TARGETING_KEY_MISSING
    assert code("play", EvaluationContext("v", {"path": 5})) == ErrorCode.INVALID_CONTEXT
    assert client.get_float_details("play", 1.0, EvaluationContext("v")).error_code == ErrorCode.TYPE_MISMATCH


def test_node(service: Service, node_modules: Path) -> None:
    place = node_modules / "flags_node.mjs"
    shutil.copyfile(Path(__file__).with_name("flags_node.mjs"), place)
    who = visitor()
    done = subprocess.run(
        ["node", str(place), service.url, service.keys["secret"], who, ACCOUNT],
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3_000:]
    found = json.loads(done.stdout.splitlines()[-1])
    errors = {name: flag.get("errorCode") for name, flag in found.items() if flag.get("errorCode")}
    assert errors == {
        "nothing": "FLAG_NOT_FOUND", "nobody": "TARGETING_KEY_MISSING", "wrong": "INVALID_CONTEXT",
        "mistyped": "TYPE_MISMATCH",
    }  # fmt: skip
    assert found["play"]["reason"] == "TARGETING_MATCH" and found["play"]["variant"] == found["play"]["value"]
    # the fact that is refused makes no decision; another context is another page
    assert service.rows("SELECT count(*) FROM segue.decisions WHERE visitor = %s", who) == [(1,)]


@pytest.fixture
def key(service: Service, site: str) -> str:
    """A publishable key for pages of the site."""
    _, secret = service.new_key("publishable", (site,))
    service.heard_of(secret)
    return secret


@pytest.fixture
def tab(service: Service, site: str, key: str) -> Iterator[Page]:
    """A tab on the site. The key is made before it: Playwright runs a loop of its own in this thread."""
    executable = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if executable is None:
        pytest.skip("no Chromium is on this machine")
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=executable, args=CHROMIUM)
        found = browser.new_page()
        found.goto(f"{site}/home.html")
        yield found
        browser.close()


def test_browser_hears_that_its_account_got_another_label(service: Service, tab: Page, key: str) -> None:
    who, account = visitor(), f"{new_id()[-12:]}.example"
    known(service, who, account, "self_serve")
    answers: list[Response] = []
    tab.on("response", lambda each: answers.append(each) if "/ofrep/v1" in each.url else None)
    play, proof, code = tab.evaluate(START, [service.url, key, who, 0])
    assert code == "FLAG_NOT_FOUND" and "points" in proof and play["reason"] == "TARGETING_MATCH"
    assert set(play["flagMetadata"]) == {"decision_id"}
    tab.wait_for_timeout(300)
    label(service, account, "customer")
    tab.wait_for_function("window.changes.length > 0", timeout=15_000)
    assert "play" in tab.evaluate("window.changes[0]")
    after = tab.evaluate("window.client.getStringDetails('play', 'own')")
    assert after["value"] != play["value"]
    assert after["flagMetadata"]["decision_id"] != play["flagMetadata"]["decision_id"]
    assert [each.status for each in answers if "/events" in each.url] == [200]


def test_browser_is_not_sent_again_what_did_not_change(service: Service, tab: Page, key: str) -> None:
    answers: list[Response] = []
    tab.on("response", lambda each: answers.append(each) if each.url.endswith("/flags") else None)
    tab.evaluate(START.replace('cacheMode: "disabled"', 'cacheMode: "disabled", changeDetection: "polling"'),
                 [service.url, key, visitor(), 300])  # fmt: skip
    tab.wait_for_timeout(1_500)
    statuses = [each.status for each in answers if each.request.method == "POST"]
    assert statuses[0] == 200 and 304 in statuses and set(statuses[1:]) == {304}
    assert tab.evaluate("window.changes") == []


def known(service: Service, who: str, account: str, segment: str) -> None:
    """Store an account with a label, and that a visitor belongs to it."""
    said = [{"trait": "employees", "value": 40, "source": "crm"}]
    assert service.put(f"/v1/accounts/{account}/traits", {"traits": said}).status_code == 200
    link = {"kind": "visitor_account", "from": who, "to": account, "confidence": 0.9}
    assert service.put("/v1/links", {"links": [link]}).status_code == 200
    label(service, account, segment)


def label(service: Service, account: str, segment: str) -> None:
    """Hold an account's label by hand."""
    until = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    pin = {
        "kind": "label",
        "pack": "saas_pipeline",
        "value": segment,
        "reason": "A test",
        "expires_at": until,
    }
    assert service.put(f"/v1/accounts/{account}/pin", pin).status_code == 200
