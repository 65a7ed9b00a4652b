"""Labels over HTTP: each write labels its accounts, says why, and the service keeps them right by itself."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from segue.policies.files import find_pack, read_files
from segue.policies.load import load_pack
from tests.service.running import Service

PACK = "saas_pipeline"


def put(service: Service, account: str, at: datetime | None = None, **values: Any) -> None:
    since = None if at is None else at.isoformat()
    said = [
        {"trait": name, "value": value, "source": "crm", "true_at": since} for name, value in values.items()
    ]
    found = service.put(f"/v1/accounts/{account}/traits", {"traits": said}, key="write")
    assert found.status_code == 200, found.text


def label(service: Service, account: str) -> dict[str, Any]:
    found: dict[str, Any] = service.call("GET", f"/v1/accounts/{account}").json()["labels"][PACK]
    return found


def transitions(service: Service, account: str, query: str = "") -> list[dict[str, Any]]:
    found = service.call("GET", f"/v1/accounts/{account}/transitions{query}")
    assert found.status_code == 200, found.text
    listed: list[dict[str, Any]] = found.json()["transitions"]
    return listed


def wait_for(found: Callable[[], bool], within: float = 30.0) -> None:
    until = time.monotonic() + within
    while not found():
        assert time.monotonic() < until
        time.sleep(0.1)


def test_traits_that_are_put_label_the_account_at_once(service: Service) -> None:
    put(service, "traits-put.example", is_customer=True)
    [first] = transitions(service, "traits-put.example")
    assert (first["from"], first["to"], first["cause"]) == (None, "customer", "traits")
    sets_off = load_pack("saas_pipeline").by_name["customer"].model.on_enter
    assert [each["status"] for each in first["consequences"]] == ["waiting"] * len(sets_off) != []
    put(service, "traits-put.example", is_customer=False)
    newest, oldest = transitions(service, "traits-put.example")
    assert oldest["transition_id"] == first["transition_id"]
    assert (newest["from"], newest["domain"]) == ("customer", "traits-put.example")
    assert [(each["trait"], each["value"]) for each in newest["because"]] == [("is_customer", False)]
    [row] = service.rows("SELECT segment, since FROM segue.labels WHERE account_id = 'traits-put.example'")
    shown = label(service, "traits-put.example")
    assert (shown["segment"], datetime.fromisoformat(shown["since"])) == row
    assert [each["to"] for each in transitions(service, "traits-put.example", "?limit=1")] == [newest["to"]]
    before = f"?before={newest['transition_id']}"
    assert [each["to"] for each in transitions(service, "traits-put.example", before)] == ["customer"]
    assert transitions(service, "traits-put.example", "?pack=another") == []


def test_a_pin_moves_the_label_and_so_does_letting_go(service: Service) -> None:
    put(service, "pinned.example", employees=5)
    was = label(service, "pinned.example")["segment"]
    until = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    pin = {"kind": "label", "value": "sales_ready", "reason": "They called", "expires_at": until}
    assert service.put("/v1/accounts/pinned.example/pin", pin).status_code == 200
    assert service.call("DELETE", "/v1/accounts/pinned.example/pin?kind=label").status_code == 200
    freed, held, _ = transitions(service, "pinned.example")
    assert (held["to"], held["cause"], held["because"][0]["clause"]) == (
        "sales_ready",
        "pin",
        "pinned by hand: They called",
    )
    assert (freed["from"], freed["to"], freed["cause"]) == ("sales_ready", was, "pin")


def test_a_file_labels_its_accounts_and_sets_nothing_off(service: Service) -> None:
    rows = "".join(f"imported-{number}.example,{number * 100}\n" for number in range(1, 451))
    content = f"Website,Employees\n{rows}".encode()
    found = service.call("POST", "/v1/accounts:import?filename=a.csv", content=content, key="write")
    assert found.status_code == 200, found.text
    query = "SELECT count(*) FROM segue.{} JOIN segue.accounts USING (account_id) WHERE starts_with(domain, 'imported-')"
    assert service.rows(query.format("labels")) == [(450,)]
    assert service.rows(query.format("transitions") + " AND cause = 'import'") == [(450,)]
    assert service.rows(query.format("consequences")) == [(0,)]


def test_an_account_is_labelled_when_its_facts_go_stale(service: Service) -> None:
    put(service, "stale.example", datetime.now(UTC) - timedelta(days=365) + timedelta(seconds=2), employees=5)
    assert "employees" not in label(service, "stale.example")["missing"]
    stored = "SELECT missing FROM segue.labels WHERE account_id = 'stale.example'"
    wait_for(lambda: "employees" in service.rows(stored)[0][0])
    assert "segue_labels_due_claimed" in service.call("GET", "/metrics", key=None).text


def test_a_new_policy_labels_every_account_again_with_progress(service: Service) -> None:
    put(service, "policy.example", is_customer=True)
    files = {path: text.decode() for path, text in read_files(find_pack(PACK)).items()}
    path = "segments/customer.yaml"
    files[path] = files[path].replace("when: is_customer\n", "when: is_customer AND employees >= 0\n")
    stored = service.post("/v1/policies", {"files": files}).json()["revision"]
    active = service.call("GET", "/v1/policies").json()["active"]["packs"][0]["revision"]
    assert stored != active
    found = service.post("/v1/policies:activate", {"packs": [stored]})
    assert found.status_code == 200, found.text
    try:
        accounts = service.rows("SELECT count(*) FROM segue.accounts WHERE alias_of IS NULL")[0][0]

        def progress() -> dict[str, Any]:
            shown: dict[str, Any] = service.call("GET", "/v1/policies").json()["relabelling"]
            return shown

        wait_for(lambda: bool(progress()["done"] == accounts))
        assert progress()["moved"] >= 1
        assert (progress()["set_off"], progress()["failed"]) == (False, 0)
        newest = transitions(service, "policy.example")[0]
        assert (newest["from"], newest["cause"], newest["revision"]) == ("customer", "policy", stored)
        assert newest["consequences"] == []
        wait_for(lambda: progress()["finished_at"] is not None)
    finally:
        service.post("/v1/policies:activate", {"packs": [active]})
        wait_for(
            lambda: service.call("GET", "/v1/policies").json()["active"]["packs"][0]["revision"] == active
        )
