"""Who somebody is over HTTP: signed tokens, networks of companies, links by hand, and what a surface asks for."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import jwt
import pytest

from segue.agents.decide import decide
from segue.agents.decision import Explain
from segue.agents.logged_facts import logged_facts
from segue.agents.replay import LEFT_OUT
from segue.policies.load import load_pack
from tests.accounts.company_files import ACCESS, ACME, BETA, write_companies
from tests.service.running import Service, replica

SECRET, OLD = "identity-" * 6, "replaced-" * 6
GPC = {"Sec-GPC": "1"}


@pytest.fixture(scope="module")
def service(
    new_lasting_store: Callable[[], str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    """A replica that knows companies by address and checks tokens."""
    folder: Path = tmp_path_factory.mktemp("identity")
    settings = {
        "SEGUE_IDENTITY_SECRET": f"{SECRET} {OLD}",
        "SEGUE_COMPANY_DATABASE": str(write_companies(folder / "companies.mmdb")),
        "SEGUE_RATE_ADDRESS": "1000000/minute",
    }
    with replica(new_lasting_store(), folder, **settings) as found:
        for kind in ("secret", "write", "publishable"):
            _, found.keys[kind] = found.new_key(kind)
        for secret in found.keys.values():
            found.heard_of(secret)
        yield found


def token(sub: str, secret: str = SECRET, **more: Any) -> str:
    """A good token."""
    expires = datetime.now(UTC) + timedelta(hours=1)
    return jwt.encode({"sub": sub, "aud": "segue", "exp": expires, **more}, secret)


def new(kind: str) -> str:
    """A name that nothing else has."""
    return f"{kind}-{uuid.uuid4().hex[:12]}"


def company() -> str:
    """A company's domain of its own."""
    return f"co{uuid.uuid4().hex[:10]}.com"


def send(service: Service, *events: dict[str, Any], key: str = "publishable", **headers: str) -> None:
    """Send events; they are taken whatever they hold."""
    now = datetime.now(UTC).isoformat()
    batch = [{"messageId": new("m"), "timestamp": now, "type": "page", **each} for each in events]
    sent = {name.replace("_", "-"): each for name, each in headers.items()}
    answer = service.post("/v1/batch", {"batch": batch}, key=key, headers=sent)
    assert (answer.status_code, answer.json()) == (200, {"success": True})


def of(service: Service, visitor: str) -> list[str | None]:
    """Return the accounts that the events of a visitor count for."""
    return [
        row[0]
        for row in service.rows("SELECT account_id FROM segue.events WHERE visitor = %s ORDER BY at", visitor)
    ]


def logged(service: Service, answer: httpx2.Response) -> dict[str, Any]:
    """Return a decision as it was logged."""
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = service.call("GET", f"/v1/decisions/{answer.json()['decision_id']}").json()
    return found


def test_the_address_of_the_connection_is_looked_up_behind_a_trusted_proxy(service: Service) -> None:
    visitors = [new("v") for _ in range(4)]
    send(service, {"anonymousId": visitors[0]}, X_Forwarded_For=ACME)
    send(service, {"anonymousId": visitors[1], "context": {"ip": ACME}}, X_Forwarded_For=ACCESS)
    send(service, {"anonymousId": visitors[2]})
    send(service, {"anonymousId": visitors[3], "context": {"ip": BETA}}, key="write", X_Forwarded_For=ACME)
    assert [of(service, each)[0] for each in visitors] == ["acme.com", None, None, "beta.com"]
    dump = json.dumps(service.rows("SELECT to_jsonb(e)::text FROM segue.events AS e"), default=str)
    assert ACME not in dump and ACME not in service.log.read_text()


def test_a_visitor_found_by_address_is_decided_on_where_the_pack_lets_it(service: Service) -> None:
    visitor = new("v")
    send(service, {"anonymousId": visitor}, X_Forwarded_For=BETA)
    web = logged(service, service.decide(visitor=visitor, surface="web"))
    assert web["account"]["id"] == "beta.com"
    assert web["identity"] == {"method": "address", "confidence": 0.45, "used": True}
    crm = logged(service, service.decide(visitor=visitor, surface="crm"))
    assert crm["account"]["id"] == f"visitor:{visitor}" and crm["account"]["domain"] is None
    assert crm["identity"] == {"method": "address", "confidence": 0.45, "used": False}
    unknown = logged(service, service.decide(visitor=new("v"), surface="crm"))
    assert (crm["labels"], crm["play"]) == (unknown["labels"], unknown["play"]) and "identity" not in unknown
    named = logged(service, service.decide(visitor=visitor, account="beta.com", surface="crm"))
    assert named["account"]["id"] == "beta.com" and "identity" not in named
    public = service.decide(visitor=visitor, surface="web", key="publishable")
    assert set(public.json()) == {"decision_id", "surface", "play"}
    assert "beta.com" not in public.text


def test_a_chain_is_as_sure_as_its_links_together(service: Service) -> None:
    visitor, contact, domain = new("v"), new("c"), company()
    claim = {
        "type": "identify",
        "anonymousId": visitor,
        "userId": contact,
        "traits": {"email": f"a@{domain}"},
    }
    send(service, claim)
    found = logged(service, service.decide(visitor=visitor, surface="web"))
    assert found["identity"] == {"method": "browser_work_email", "confidence": 0.3, "used": True}
    assert logged(service, service.decide(visitor=visitor, surface="slack"))["identity"]["used"] is False
    send(service, claim, key="write")
    found = logged(service, service.decide(visitor=visitor, surface="slack"))
    assert found["identity"] == {"method": "work_email", "confidence": 0.95, "used": True}


def test_replay_knows_how_the_account_was_found(service: Service) -> None:
    visitor = new("v")
    send(service, {"anonymousId": visitor}, X_Forwarded_For=BETA)
    for surface in ("web", "crm"):
        answer = service.decide(visitor=visitor, surface=surface)
        stored = service.rows("SELECT facts->'identity', answer->'identity' FROM segue.decisions WHERE decision_id = %s", answer.json()["decision_id"])  # fmt: skip
        assert stored[0][0] == stored[0][1] == answer.json()["identity"]
        ((facts, logged_answer),) = service.rows("SELECT facts, answer FROM segue.decisions WHERE decision_id = %s", answer.json()["decision_id"])  # fmt: skip
        again = decide(logged_facts(facts).snapshot([load_pack("saas_pipeline")])).to_json(Explain.SHORT)
        assert [again[name] for name in logged_answer if name not in LEFT_OUT] == [
            each for name, each in logged_answer.items() if name not in LEFT_OUT
        ]


def test_a_signed_token_over_http(service: Service) -> None:
    visitor, contact, domain = new("v"), new("c"), company()
    signed = token(contact, account=domain)
    send(service, {"anonymousId": visitor, "type": "identify", "context": {"identity_token": signed}})
    send(
        service,
        {"anonymousId": visitor, "type": "group", "groupId": domain},
        Segue_Identity=token(contact, OLD),
    )
    assert of(service, visitor) == [domain, domain]
    (link,) = service.call("GET", f"/v1/accounts/{domain}/links").json()["links"]
    assert (link["kind"], link["id"], link["method"], link["confidence"]) == (
        "contact",
        contact,
        "token",
        1.0,
    )


@pytest.mark.parametrize("how", ["body", "header"])
def test_a_decision_names_its_account_by_a_token_alone(service: Service, how: str) -> None:
    contact, domain = new("c"), company()
    service.put(
        f"/v1/accounts/{domain}/traits", {"traits": [{"trait": "employees", "value": 70, "source": "crm"}]}
    )
    signed = token(contact, account=domain)
    body = {"identity_token": signed} if how == "body" else {"visitor": new("v")}
    headers = {"Segue-Identity": signed} if how == "header" else {}
    answer = service.call(
        "POST", "/v1/decisions", {"surface": "crm", **body}, key="publishable", headers=headers
    )
    assert answer.status_code == 200 and set(answer.json()) == {"decision_id", "surface", "play"}
    found = logged(service, answer)
    assert (
        found["account"]["id"] == domain
        and found["identity"]["method"] == "token"
        and found["identity"]["used"]
    )
    row = service.rows("SELECT facts::text FROM segue.decisions WHERE decision_id = %s", found["decision_id"])
    assert contact in row[0][0] and signed not in row[0][0]
    refused = service.decide(key="publishable", account=domain, identity_token=signed)
    assert refused.status_code == 403 and refused.json()["detail"].startswith("account: a publishable key")


REFUSED: dict[str, tuple[Callable[[], str], int, str]] = {
    "expired": (lambda: token("ada", exp=1), 401, "identity token: it has expired"),
    "for another service": (lambda: token("ada", aud="shop"), 401, "identity token: aud: expected 'segue'"),
    "of another key": (
        lambda: token("ada", "o" * 40),
        401,
        "identity token: it is not signed with the secret",
    ),
    "unsigned": (lambda: jwt.encode({"sub": "a"}, "", "none"), 401, "identity token: alg: expected HS256"),
    "too long": (
        lambda: token("ada", exp=datetime.now(UTC) + timedelta(days=2)),
        401,
        "identity token: exp:",
    ),
    "none": (lambda: "x", 401, "identity token: expected a signed JWT"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_bad_token_is_refused_by_decisions_and_not_by_events(service: Service, name: str) -> None:
    make, status, why = REFUSED[name]
    bad, visitor = make(), new("v")
    for key, headers, body in (
        ("publishable", {}, {"identity_token": bad}),
        ("publishable", {"Segue-Identity": bad}, {"visitor": visitor}),
        ("secret", {}, {"identity_token": bad, "account": "acme.com"}),
    ):
        found = service.call("POST", "/v1/decisions", {"surface": "web", **body}, key=key, headers=headers)
        assert found.status_code == status and found.json()["detail"].startswith(why), found.text
        assert found.headers["content-type"] == "application/problem+json"
    batch = service.post(
        "/v1/decisions:batch", {"decisions": [{"surface": "web", "identity_token": bad}]}
    ).json()
    assert batch["decisions"][0]["status"] == status
    send(service, {"anonymousId": visitor, "context": {"identity_token": bad}}, {"anonymousId": visitor})
    assert of(service, visitor) == [None, None]
    parked = service.rows("SELECT reason, event FROM segue.parked_events WHERE event LIKE %s", f"%{visitor}%")
    assert len(parked) == 1 and parked[0][0].startswith(why)
    assert "identity_token" not in parked[0][1] and (len(bad) < 5 or bad not in service.log.read_text())


def test_a_token_of_another_than_the_contact_who_is_named(service: Service) -> None:
    found = service.decide(account="acme.com", contact_id="bob", identity_token=token("ada"))
    assert found.status_code == 403 and "sub: expected the contact_id" in found.json()["detail"]


def test_a_token_does_not_undo_a_denial(service: Service) -> None:
    contact, domain = new("c"), company()
    said = {"purposes": {"personalization": "denied"}, "source": "crm"}
    assert service.put(f"/v1/contacts/{contact}/consent", said).status_code == 200
    for headers, who in (({}, contact), (GPC, new("c"))):
        body = {"surface": "web", "identity_token": token(who, account=domain)}
        found = logged(
            service, service.call("POST", "/v1/decisions", body, key="publishable", headers=headers)
        )
        assert found["account"]["id"] == "visitor:unknown" and "identity" not in found


@pytest.mark.parametrize("how", ["the header", "the event", "before"])
def test_nothing_of_who_denies_is_stored_with_what_they_did(service: Service, how: str) -> None:
    visitor, contact, domain = new("v"), new("c"), company()
    mail = f"someone-{uuid.uuid4().hex}@{domain}"
    denied = (
        {"context": {"consent": {"categoryPreferences": {"Functional": False}}}} if how == "the event" else {}
    )
    if how == "before":
        said = {"purposes": {"personalization": "denied"}, "source": "page"}
        assert service.put(f"/v1/visitors/{visitor}/consent", said).status_code == 200
    who = {"anonymousId": visitor, "userId": contact, **denied}
    ids = [new("m") for _ in range(5)]
    send(
        service,
        {**who, "messageId": ids[0], "type": "identify", "traits": {"email": mail}},
        {**who, "messageId": ids[1], "properties": {"path": f"/u/{contact}", "title": mail}},
        {**who, "messageId": ids[2], "type": "track", "event": "Demo Requested", "properties": {"email": mail}},
        {**who, "messageId": ids[3], "type": "group", "groupId": domain},
        {**who, "messageId": ids[4], "type": "frobnicate", "traits": {"email": mail}},
        **({"Sec_GPC": "1"} if how == "the header" else {}), X_Forwarded_For=ACME,
    )  # fmt: skip
    kept = service.rows("SELECT message_id, mark, account_id, name FROM segue.events WHERE message_id = ANY(%s) ORDER BY array_position(%s, message_id)", ids, ids)  # fmt: skip
    assert [row[1:3] for row in kept] == [("no_consent", None)] * 4 and kept[2][3] == "Demo Requested"
    for table in ("events", "links", "visitors", "contacts", "accounts", "trait_values", "transitions"):
        for (row,) in service.rows(f"SELECT to_jsonb(t)::text FROM segue.{table} AS t"):
            assert not [each for each in (visitor, contact, mail, domain) if each in row], (table, row)
    parked = service.rows("SELECT event FROM segue.parked_events WHERE event LIKE %s", f"%{mail}%")
    assert len(parked) == (how == "before"), "an event that is none says nothing of whose it is"


def test_a_server_s_own_records_are_kept(service: Service) -> None:
    contact = new("c")
    send(service, {"userId": contact, "type": "track", "event": "Signed In"}, key="write", Sec_GPC="1")
    assert service.rows("SELECT mark FROM segue.events WHERE user_id = %s", contact) == [(None,)]


def links(service: Service, *stated: tuple[str, str, str, float]) -> httpx2.Response:
    """Link by hand."""
    return service.put(
        "/v1/links",
        {"links": [{"kind": kind, "from": a, "to": b, "confidence": far} for kind, a, b, far in stated]},
    )


def part(service: Service, kind: str, a: str, b: str) -> httpx2.Response:
    """Part two by hand."""
    return service.client.delete(
        f"{service.url}/v1/links", params={"kind": kind, "from": a, "to": b},
        headers={"Authorization": f"Bearer {service.keys['secret']}"},
    )  # fmt: skip


def test_links_by_hand_and_parting_hold_whatever_else_claims(service: Service) -> None:
    visitor, contact, right, wrong = new("v"), new("c"), company(), company()
    claim = {"type": "identify", "anonymousId": visitor, "userId": contact, "traits": {"email": f"a@{wrong}"}}
    send(service, claim, key="write")
    assert of(service, visitor) == [wrong]
    for _ in range(2):
        assert links(service, ("contact_account", contact, right, 1.0)).json() == {"stored": 1}
    assert of(service, visitor) == [right]
    assert part(service, "contact_account", contact, right).json() == {"removed": True}
    assert part(service, "contact_account", contact, right).json() == {"removed": False}
    assert of(service, visitor) == [wrong]
    assert part(service, "contact_account", contact, wrong).json() == {"removed": True}
    send(service, {**claim, "traits": {"email": f"b@{wrong}"}}, {"type": "group", "userId": contact, "groupId": wrong}, key="write")  # fmt: skip
    assert set(of(service, visitor)) == {None}, "what is parted stays so, by whatever method"
    assert links(service, ("contact_account", contact, wrong, 0.5)).status_code == 200
    assert set(of(service, visitor)) == {wrong}


def test_an_account_by_id_is_the_same_as_by_its_domain(service: Service) -> None:
    domain, crm_id, contact = company(), new("crm"), new("c")
    service.rows("INSERT INTO segue.accounts (account_id, domain) VALUES (%s, %s)", crm_id, domain)
    send(service, {"type": "identify", "userId": contact, "traits": {"email": f"a@{domain}"}}, key="write")
    (held,) = service.call("GET", f"/v1/accounts/{domain}/links").json()["links"]
    assert (held["id"], held["method"]) == (contact, "work_email")
    assert part(service, "contact_account", contact, crm_id).json() == {"removed": True}
    assert service.call("GET", f"/v1/accounts/{crm_id}/links").json()["links"] == []
    assert links(service, ("contact_account", contact, domain, 0.9)).status_code == 200
    (held,) = service.call("GET", f"/v1/accounts/{crm_id}/links").json()["links"]
    assert (held["method"], held["confidence"]) == ("explicit", 0.9)


def test_who_is_linked_page_by_page(service: Service) -> None:
    domain, visitors, contacts = (
        company(),
        sorted(new("v") for _ in range(3)),
        sorted(new("c") for _ in range(2)),
    )
    stated = [("visitor_account", each, domain, 0.8) for each in visitors]
    stated += [("contact_account", each, domain, 1.0) for each in contacts]
    assert links(service, *stated).json() == {"stored": 5}
    found, after = [], None
    while True:
        where = f"/v1/accounts/{domain}/links?limit=2" + (f"&after={after}" if after else "")
        page = service.call("GET", where).json()
        found += [(each["kind"], each["id"], each["method"], each["confidence"]) for each in page["links"]]
        after = page["next"]
        if after is None:
            break
    assert found == [("contact", each, "explicit", 1.0) for each in contacts] + [
        ("visitor", each, "explicit", 0.8) for each in visitors
    ]
    assert service.call("GET", f"/v1/accounts/{domain}/links?after=x").status_code == 422
    assert service.call("GET", f"/v1/accounts/{company()}/links").status_code == 404


def test_parents_and_subsidiaries(service: Service) -> None:
    group, middle, small = company(), company(), company()
    assert links(service, ("account_parent", small, group, 1.0)).status_code == 404
    for each in (group, middle, small):
        service.rows("INSERT INTO segue.accounts (account_id, domain) VALUES (%s, %s)", each, each)
    assert links(service, ("account_parent", small, middle, 0.9), ("account_parent", middle, group, 1.0)).json() == {"stored": 2}  # fmt: skip
    found = service.call("GET", f"/v1/accounts/{middle}/links").json()
    assert (found["parent"]["account"], found["parent"]["method"]) == (group, "explicit")
    assert [(each["account"], each["confidence"]) for each in found["subsidiaries"]] == [(small, 0.9)]
    for above, below in ((small, group), (group, group)):
        circle = links(service, ("account_parent", below, above, 1.0))
        assert circle.status_code == 422 and "or below it" in circle.json()["detail"]
    assert part(service, "account_parent", middle, group).json() == {"removed": True}
    assert part(service, "account_parent", middle, group).json() == {"removed": False}
    assert service.call("GET", f"/v1/accounts/{middle}/links").json()["parent"] is None


@pytest.mark.parametrize(
    ("stated", "why"),
    [
        (("contact_account", "c", "gmail.com", 1.0), "to: expected an account"),
        (("contact_contact", "c", "d", 1.0), "kind"),
        (("contact_account", "", "d", 1.0), "from"),
        (("contact_account", "c", "d\x00", 1.0), "control characters"),
        (("contact_account", "c", "d", 1.5), "confidence"),
    ],
)
def test_links_that_are_refused(service: Service, stated: tuple[str, str, str, float], why: str) -> None:
    found = links(service, ("visitor_contact", "never-1", "never-2", 1.0), stated)
    assert found.status_code == 422 and why in found.json()["detail"]
    assert service.rows("SELECT 1 FROM segue.links WHERE from_id = 'never-1'") == []


def test_nobody_else_may_link(service: Service) -> None:
    for key in ("write", "publishable"):
        assert service.put("/v1/links", {"links": []}, key=key).status_code == 403


def test_who_was_erased_is_not_linked(service: Service) -> None:
    contact = new("contact-to-erase")
    send(service, {"type": "identify", "userId": contact, "traits": {"name": "Ada"}}, key="write")
    assert service.call("DELETE", f"/v1/contacts/{contact}").status_code == 200
    assert links(service, ("contact_account", contact, company(), 1.0)).json() == {"stored": 0}


def test_the_metrics_tell_of_a_database_that_went_bad(service: Service) -> None:
    assert "segue_company_database_stale 0.0" in service.call("GET", "/metrics", key=None).text
