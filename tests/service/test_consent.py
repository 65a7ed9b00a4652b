"""What is read and logged of a person follows what they agreed to."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.service.running import ACCOUNT, Service

GPC = {"Sec-GPC": "1"}


def logged(service: Service, decision_id: str) -> str:
    """Everything that the log holds of a decision, but for its ids and times."""
    row = service.rows(
        "SELECT to_json(d)::text FROM segue.decisions AS d WHERE decision_id = %s", decision_id
    )[0]
    found = json.loads(row[0])
    for name in ("decision_id", "decided_at", "latency_ms", "key_id"):
        found.pop(name)
    for name in ("decision_id", "decided_at", "latency_ms"):
        found["answer"].pop(name)
    found["facts"].pop("now")
    return json.dumps(found, sort_keys=True)


def asked_by(visitor: str, contact: str) -> dict[str, Any]:
    return {
        "surface": "email", "account": ACCOUNT, "visitor": visitor, "contact_id": contact,
        "contact": {"first_name": f"Ada {contact}"}, "context": {"path": f"/u/{contact}"},
    }  # fmt: skip


def decided(service: Service, body: dict[str, Any], headers: dict[str, str] | None = None) -> dict[str, Any]:
    found = service.call("POST", "/v1/decisions", body, headers=headers)
    assert found.status_code == 200, found.text
    answer: dict[str, Any] = found.json()
    return answer


def consent(service: Service, of: str, at: datetime | None = None, source: str = "crm", **said: str) -> None:
    body: dict[str, Any] = {"purposes": said, "source": source}
    if at is not None:
        body["at"] = at.isoformat()
    assert service.put(f"/v1/{of}/consent", body).json() == {"stored": len(said)}


def test_flipping_consent_takes_everything_personal_out_of_the_log(service: Service) -> None:
    visitor, contact = f"v-{uuid.uuid4().hex}", f"c-{uuid.uuid4().hex}"
    asked = asked_by(visitor, contact)
    plain = logged(service, decided(service, asked)["decision_id"])
    assert visitor in plain and contact in plain and f"Ada {contact}" in plain and "7431" in plain
    consent(service, f"contacts/{contact}", personalization="denied")
    denied = logged(service, decided(service, asked)["decision_id"])
    for text in (visitor, contact, "Ada", ACCOUNT, "7431", "fintech"):
        assert text not in denied
    nobody = logged(service, decided(service, {"surface": "email", "account": "x"}, GPC)["decision_id"])
    assert denied == nobody, "two people who deny leave the same row"
    consent(service, f"contacts/{contact}", personalization="granted")
    again = json.loads(logged(service, decided(service, asked)["decision_id"]))
    assert again == json.loads(plain), "and it is as before once they agree"


def test_what_one_of_them_got_counts_for_no_other(service: Service) -> None:
    """Whoever denies is the same stranger to the log; a limit over that one would be used up by all."""
    found = service.rows("SELECT count(*) FROM segue.deliveries WHERE account_id = 'visitor:unknown'")
    surfaces = ("web", "chat", "email", "ads", "slack", "crm")
    plays = {
        surface: [
            decided(service, {"surface": surface, "visitor": f"v-{n}"}, GPC)["play"]["name"]
            for n in range(12)
        ]
        for surface in surfaces
    }
    assert all(len(set(each)) == 1 for each in plays.values()), plays
    assert (
        service.rows("SELECT count(*) FROM segue.deliveries WHERE account_id = 'visitor:unknown'")
        == found
        == [(0,)]
    )


@pytest.mark.parametrize("key", ["secret", "anywhere"])
def test_a_browser_s_signal_is_kept(service: Service, key: str) -> None:
    visitor = f"v-{uuid.uuid4().hex}"
    body = {"surface": "chat", "visitor": visitor, "context": {"path": f"/u/{visitor}"}}
    found = service.call("POST", "/v1/decisions", body, key=key, headers=GPC)
    assert found.status_code == 200
    assert visitor not in logged(service, found.json()["decision_id"])
    batch = service.call("POST", "/v1/decisions:batch", {"decisions": [body]}, headers=GPC).json()
    assert visitor not in json.dumps(batch)
    found = service.call("POST", "/v1/decisions", body, key=key, headers={"Sec-GPC": "0"})
    assert visitor in logged(service, found.json()["decision_id"])


def test_a_browser_is_bound_by_what_its_contact_denied(service: Service) -> None:
    visitor, contact = f"v-{uuid.uuid4().hex}", f"c-{uuid.uuid4().hex}"
    service.rows(
        "INSERT INTO segue.visitors VALUES (%s, %s, NULL, 'identify', 1, now(), now())", visitor, contact
    )
    consent(service, f"visitors/{visitor}", personalization="granted")
    asked = {"surface": "chat", "visitor": visitor}
    assert visitor in logged(service, decided(service, asked)["decision_id"])
    consent(service, f"contacts/{contact}", personalization="denied")
    assert visitor not in logged(service, decided(service, asked)["decision_id"])


def test_the_newest_of_several_sources_counts_whatever_came_first(service: Service) -> None:
    now = datetime.now(UTC)
    said = [("crm", now - timedelta(days=2), "granted"), ("form", now - timedelta(days=1), "denied"),
            ("crm", now - timedelta(days=3), "denied"), ("form", now - timedelta(days=4), "granted")]  # fmt: skip
    for order in (said, said[::-1], [said[1], said[0], said[3], said[2]]):
        contact = f"c-{uuid.uuid4().hex}"
        for source, at, state in order:
            consent(service, f"contacts/{contact}", at, source, personalization=state)
        found = logged(service, decided(service, asked_by("v", contact))["decision_id"])
        assert contact not in found
        consent(service, f"contacts/{contact}", now, "crm", personalization="granted")
        found = logged(service, decided(service, asked_by("v", contact))["decision_id"])
        assert contact in found


def test_what_policies_ask_of_marketing_is_what_is_stored(service: Service) -> None:
    contact = f"c-{uuid.uuid4().hex}"
    asked = {"surface": "email", "account": ACCOUNT, "contact_id": contact}

    def facts(**more: Any) -> Any:
        found = decided(service, {**asked, **more})["decision_id"]
        return service.rows("SELECT facts -> 'contact' FROM segue.decisions WHERE decision_id = %s", found)[
            0
        ][0]

    assert facts() is None
    consent(service, f"contacts/{contact}", marketing="denied")
    assert facts() == {"marketing_consent": False, "opted_out": True}
    consent(service, f"contacts/{contact}", marketing="granted")
    assert facts() == {"marketing_consent": True, "opted_out": False}
    assert facts(contact={"opted_out": True}) == {"marketing_consent": True, "opted_out": True}


@pytest.mark.parametrize(
    "body",
    [
        {}, {"purposes": {}, "source": "crm"}, {"purposes": {"Marketing": "granted"}, "source": "crm"},
        {"purposes": {"marketing": "perhaps"}, "source": "crm"}, {"purposes": {"marketing": "granted"}},
        {"purposes": {"marketing": True}, "source": "crm"},
    ],
    ids=str,
)  # fmt: skip
def test_what_is_no_consent_is_refused(service: Service, body: dict[str, Any]) -> None:
    assert service.put("/v1/contacts/c-9/consent", body).status_code == 422
