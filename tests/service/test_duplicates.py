"""Merging over HTTP: proposed, merged, read by either name, undone; and the people of an account."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.service.running import Service
from tests.service.test_labels_over_time import label, put, transitions

PACK = "saas_pipeline"


def merge(service: Service, account: str, into: str, key: str = "secret") -> Any:
    body = {"into": into, "reason": "The same company"}
    return service.post(f"/v1/accounts/{account}/merge", body, key=key)


def known(service: Service, account: str) -> dict[str, Any]:
    found = service.call("GET", f"/v1/accounts/{account}")
    assert found.status_code == 200, found.text
    whole: dict[str, Any] = found.json()
    return whole


def test_two_accounts_are_merged_and_it_is_undone(service: Service) -> None:
    put(service, "merge-one.example", employees=800, industry="saas")
    put(service, "merge-two.example", employees=900, is_customer=False)
    service.rows(
        "UPDATE segue.accounts SET domain = 'merge-two.example' WHERE account_id = 'merge-one.example'"
    )
    proposed = service.call("GET", "/v1/duplicates?account=merge-one.example").json()
    assert [each["id"] for each in proposed["groups"][0]["accounts"]] == [
        "merge-one.example",
        "merge-two.example",
    ]
    before = known(service, "merge-two.example")
    found = merge(service, "merge-one.example", "merge-two.example")
    assert found.status_code == 200, found.text
    assert found.json()["merge"]["alias_of"] == "merge-two.example"
    assert found.json()["contradictions"][0]["trait"] == "employees"
    assert {
        each["to_segment"] for each in found.json()["moves"] if each["account"] == "merge-one.example"
    } == {None}
    alias = known(service, "merge-one.example")
    assert (alias["account"]["id"], alias["asked_as"]) == ("merge-two.example", "merge-one.example")
    assert alias["traits"]["industry"][0]["value"] == "saas"
    assert [each["account"] for each in alias["merged"]] == ["merge-one.example"]
    assert service.call("GET", "/v1/duplicates?account=merge-one.example").json()["groups"] == []
    assert merge(service, "merge-one.example", "merge-two.example").status_code == 409
    assert merge(service, "merge-two.example", "merge-one.example").status_code == 409
    put(service, "merge-one.example", industry="fintech")
    assert known(service, "merge-two.example")["traits"]["industry"][0]["value"] == "fintech"
    answer = service.post("/v1/decisions", {"surface": "web", "account": "merge-one.example"}).json()
    assert answer["account"]["id"] == "merge-two.example"
    undone = service.call("DELETE", "/v1/accounts/merge-one.example/merge")
    assert undone.status_code == 200, undone.text
    assert undone.json()["undone"] is True
    after = known(service, "merge-two.example")
    assert (after["traits"], after["labels"], after["merged"]) == (before["traits"], before["labels"], [])
    assert known(service, "merge-one.example")["traits"]["industry"][0]["value"] == "fintech", (
        "said of it alone"
    )
    assert transitions(service, "merge-one.example")[0]["cause"] == "merge"
    assert service.call("DELETE", "/v1/accounts/merge-one.example/merge").status_code == 404
    audit = "SELECT action, detail ->> 'reason' FROM segue.audit WHERE target = 'merge-one.example' ORDER BY audit_id"
    assert service.rows(audit) == [("merge", "The same company"), ("unmerge", None)]


def test_only_a_secret_key_merges(service: Service) -> None:
    assert merge(service, "a.example", "b.example", key="write").status_code == 403
    assert merge(service, "nobody-here.example", "b.example").status_code == 404


def test_a_parent_is_stated_and_shown(service: Service) -> None:
    for account in ("parent.example", "child.example"):
        put(service, account, employees=5)
    path = "/v1/accounts/child.example/parent"
    assert service.put(path, {"parent": "parent.example"}).status_code == 200
    assert known(service, "child.example")["family"]["parent"]["id"] == "parent.example"
    children = known(service, "parent.example")["family"]["subsidiaries"]
    assert [each["id"] for each in children] == ["child.example"]
    assert service.put("/v1/accounts/parent.example/parent", {"parent": "child.example"}).status_code == 409
    assert service.put(path, {"parent": None}).json()["parent"] is None
    assert known(service, "child.example")["family"]["parent"] is None


def identify(service: Service, contact: str, **traits: Any) -> None:
    at = datetime.now(UTC) - timedelta(minutes=1)
    event = {
        "messageId": f"{contact}-{at.timestamp()}", "anonymousId": f"browser-of-{contact}", "userId": contact,
        "traits": traits, "timestamp": at.isoformat(),
    }  # fmt: skip
    assert service.post("/v1/identify", event, key="write").status_code == 200


def decided(service: Service, **asked: Any) -> dict[str, Any]:
    found = service.post("/v1/decisions", {"surface": "web", "account": "people.example", **asked})
    assert found.status_code == 200, found.text
    query = "SELECT facts -> 'contact' FROM segue.decisions WHERE decision_id = %s"
    contact: dict[str, Any] = service.rows(query, found.json()["decision_id"])[0][0] or {}
    return contact


def test_a_title_gives_the_role_in_decisions_and_in_the_committee(service: Service) -> None:
    identify(
        service, "people-1", email="ada@people.example", title="Chief Marketing Officer", name="Ada Planted"
    )
    role = {"persona": "cmo", "seniority": "c_level"}
    for asked in ({"contact_id": "people-1"}, {"visitor": "browser-of-people-1"}):
        found = decided(service, **asked)
        assert {name: found.get(name) for name in role} == role
        assert "Ada" not in str(found) and "Chief" not in str(found)
    assert decided(service, contact_id="people-1", contact={"persona": "cfo"})["persona"] == "cfo", (
        "the caller knows"
    )
    assert decided(service, contact_id="nobody") == {}
    committee = known(service, "people.example")["committee"][PACK]
    assert committee["active"]["cmo"]["contacts"] == 1
    assert committee["missing"] == ["revenue", "cfo", "it", "ciso"]
    denied = {"purposes": {"personalization": "denied"}, "source": "crm"}
    assert service.put("/v1/contacts/people-1/consent", denied, key="write").status_code == 200
    assert decided(service, contact_id="people-1") == {}
    assert known(service, "people.example")["committee"][PACK]["active"] == {}
    assert label(service, "people.example")["segment"]
