"""`/segue.js` and who did not agree: nothing is kept of them, and nothing told."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.service.web.pages import ANSWERED, Visit, until
from tests.service.web.stub import Stub

pytestmark = pytest.mark.trial


def test_global_privacy_control(visit: Visit, stub: Stub, page: Page) -> None:
    page.add_init_script(
        "Object.defineProperty(Navigator.prototype, 'globalPrivacyControl', {get: () => true})"
    )
    stub.flags = ANSWERED
    page = visit()
    page.evaluate("segue.identify('ada'); segue.track('Seen'); segue.consent('granted')")
    expect(page.locator("h1")).to_have_text("Lists that are right today")
    page.wait_for_timeout(200)
    assert page.evaluate("Object.keys(localStorage).concat(document.cookie)") == [""]
    assert not [each for each in stub.asked if each.path in ("/v1/p", "/v1/i", "/v1/t")]
    assert stub.headers("/ofrep/v1/evaluate/flags")["segue-consent"] == "denied"
    assert stub.of("/v1/outcomes") == []


def test_nothing_is_kept_or_told_before_consent_where_it_is_required(visit: Visit, stub: Stub) -> None:
    stub.flags = ANSWERED
    page = visit(consent="required")
    expect(page.locator("h1")).to_have_text("Lists that are right today")
    page.evaluate("segue.track('Before')")
    page.wait_for_timeout(100)
    assert page.evaluate("Object.keys(localStorage)") == []
    assert not [each for each in stub.asked if each.path in ("/v1/p", "/v1/i", "/v1/t")]
    assert stub.headers("/ofrep/v1/evaluate/flags")["segue-consent"] == "denied"
    page.evaluate("segue.consent('granted')")
    until(lambda: len(stub.of("/v1/t")) == 2 and stub.of("/v1/p"), page)
    assert {each["event"] for each in stub.of("/v1/t")} == {"Before", "Consent Updated"}
    assert page.evaluate("localStorage.segue_consent") == "granted"
    assert "segue-consent" not in stub.headers("/ofrep/v1/evaluate/flags")
    page.evaluate("segue.consent('denied')")
    until(lambda: len(stub.of("/v1/t")) == 3, page)
    assert stub.of("/v1/t")[2]["properties"] == {"personalization": "denied"}
    page.evaluate("segue.track('After')")
    page.wait_for_timeout(100)
    assert page.evaluate("Object.keys(localStorage)") == ["segue_consent"]
    assert len(stub.of("/v1/t")) == 3
