"""What came of decisions: stored once, refused one by one, and what a page may report."""

from __future__ import annotations

import json
from typing import Any

import pytest

from segue.core.ids import new_id
from tests.service.running import ACCOUNT, Service

pytestmark = pytest.mark.trial

BULK = "/ofrep/v1/evaluate/flags"


@pytest.fixture
def shown(service: Service) -> tuple[str, str]:
    """A visitor, and the decision that their page rests on."""
    visitor = f"v-{new_id()}"
    found = service.post(BULK, {"context": {"targetingKey": visitor}}, key="anywhere").json()
    return visitor, found["metadata"]["decision_id"]


def send(service: Service, *outcomes: Any, key: str = "anywhere") -> list[tuple[str, str | None]]:
    found = service.post("/v1/outcomes", {"outcomes": list(outcomes)}, key=key)
    assert found.status_code == 200, found.text
    return [(each["status"], each["reason"]) for each in found.json()["outcomes"]]


def test_a_page_says_what_it_showed(service: Service, shown: tuple[str, str]) -> None:
    visitor, decision = shown
    kinds = ("delivered", "exposed", "click")
    sent = [
        {
            "id": f"{kind}-{visitor}",
            "decision_id": decision,
            "kind": kind,
            "visitor": visitor,
            "flag": "banner",
        }
        for kind in kinds
    ]
    assert send(service, *sent) == [("stored", None)] * 3
    assert send(service, *sent, sent[0]) == [("repeated", None)] * 4
    found = service.rows(
        "SELECT kind, account_id, flag FROM segue_analytics.outcomes WHERE decision_id = %s ORDER BY at, kind",
        decision,
    )
    assert sorted(found) == sorted((kind, f"visitor:{visitor}", "banner") for kind in kinds)


def test_a_page_says_nothing_for_another(service: Service, shown: tuple[str, str]) -> None:
    visitor, decision = shown
    one = {"id": new_id(), "decision_id": decision, "kind": "exposed", "visitor": visitor}
    own = service.decide(account=ACCOUNT).json()["decision_id"]
    nobody = ("refused", "no such decision")
    assert send(service, one | {"visitor": "somebody"}, one | {"decision_id": own}, one | {"decision_id": new_id()}) == [
        nobody, nobody, nobody,
    ]  # fmt: skip
    (status, reason), *rest = send(
        service, one | {"kind": "meeting"}, {"id": "a", "account": ACCOUNT, "kind": "click", "visitor": visitor},
        {"id": "b", "decision_id": decision, "kind": "click"},
    )  # fmt: skip
    assert status == "refused" and reason == "a publishable key may not report this kind"
    assert all(each[0] == "refused" and "visitor" in (each[1] or "") for each in rest)
    # an id that a page took is still free for the server, and for another visitor
    assert send(service, one) == [("stored", None)]
    assert send(service, one | {"kind": "reply"}, key="secret") == [("stored", None)]


def test_a_page_that_is_left_sends_no_header(service: Service, shown: tuple[str, str]) -> None:
    visitor, decision = shown
    one = {"id": new_id(), "decision_id": decision, "kind": "exposed", "visitor": visitor}
    body = json.dumps({"writeKey": service.keys["anywhere"], "outcomes": [one]}).encode()
    found = service.call(
        "POST", "/v1/outcomes", content=body, key=None, headers={"Content-Type": "text/plain"}
    )
    assert found.json()["outcomes"] == [{"id": one["id"], "status": "stored", "reason": None}]


def test_a_server_says_what_followed(service: Service, shown: tuple[str, str]) -> None:
    _, decision = shown
    found = send(
        service,
        {
            "id": new_id(),
            "decision_id": decision,
            "kind": "revenue",
            "value": 12_000.5,
            "at": "2026-11-20T10:00:00Z",
        },
        {"id": new_id(), "account": ACCOUNT, "kind": "meeting", "at": "2090-01-01T00:00:00Z"},
        {"id": new_id(), "account": "nobody-knows.example", "kind": "meeting"},
        {"id": new_id(), "account": ACCOUNT, "kind": "Meeting"},
        {"id": new_id(), "kind": "meeting"},
        {"id": new_id(), "account": ACCOUNT, "kind": "meeting", "value": "much"},
        5,
        key="secret",
    )
    assert [status for status, _ in found] == ["stored", "stored"] + ["refused"] * 5
    assert all(reason for _, reason in found[2:])
    rows = service.rows(
        "SELECT value, at <= now() FROM segue.outcomes WHERE kind IN ('revenue', 'meeting') AND key_id <> ''"
    )
    assert (12_000.5, True) in rows and all(row[1] for row in rows)


@pytest.mark.parametrize(
    ("body", "status"), [([], 422), ({"outcomes": []}, 422), ({"outcomes": {}, "x": 1}, 422)]
)
def test_a_body_of_another_form_is_refused_whole(service: Service, body: Any, status: int) -> None:
    assert service.post("/v1/outcomes", body).status_code == status
    assert service.call("POST", "/v1/outcomes", content=b"{", key="secret").status_code == 400


def test_erasing_a_visitor_takes_them_out_of_outcomes_and_pages(service: Service) -> None:
    visitor = f"left-and-erased-{new_id()}"
    found = service.post(BULK, {"context": {"targetingKey": visitor}}, key="anywhere").json()
    decision = found["metadata"]["decision_id"]
    one = {"id": f"{visitor}-1", "decision_id": decision, "kind": "exposed", "visitor": visitor}
    assert send(service, one) == [("stored", None)]
    link = {"kind": "visitor_contact", "from": visitor, "to": f"c-{visitor}", "confidence": 1.0}
    assert service.put("/v1/links", {"links": [link]}).status_code == 200
    assert service.call("DELETE", f"/v1/contacts/c-{visitor}").status_code == 200
    (row,) = service.rows(
        "SELECT visitor, account_id, outcome_id FROM segue.outcomes WHERE decision_id = %s", decision
    )
    assert visitor not in "".join(row)
    assert service.rows("SELECT 1 FROM segue.pages WHERE decision_id = %s", decision) == []
    assert send(service, one | {"id": new_id()}) == [("refused", "its visitor was erased")]
