"""Which key may do what, what a browser's key learns, and how soon a revoked key is refused everywhere."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from tests.service.operations import CALLS, Operation, documented, filled, live_revision
from tests.service.running import ACCOUNT, OWNER, PAGE, Service, know_acme, replica
from tests.service.test_strings import url_of

KEYS = ("none", "rubbish", "secret", "write", "publishable", "expired", "revoked", "elsewhere")
"""`elsewhere` is the publishable key on a page that it is not for."""
# fmt: off
MATRIX: dict[Operation, tuple[int, ...]] = {
    #                                            none rubbish secret write publ. expired revoked elsewhere
    ("POST", "/v1/decisions"): (401, 401, 200, 403, 200, 401, 401, 403),
    ("POST", "/v1/decisions:batch"): (401, 401, 200, 403, 403, 401, 401, 403),
    ("GET", "/v1/decisions/{decision_id}"): (401, 401, 404, 403, 403, 401, 401, 403),
    ("GET", "/v1/accounts/{account}"): (401, 401, 200, 403, 403, 401, 401, 403),
    ("PUT", "/v1/accounts/{account}/traits"): (401, 401, 200, 200, 403, 401, 401, 403),
    ("GET", "/v1/accounts/{account}/transitions"): (401, 401, 200, 403, 403, 401, 401, 403),
    ("PUT", "/v1/accounts/{account}/pin"): (401, 401, 200, 403, 403, 401, 401, 403),
    ("DELETE", "/v1/accounts/{account}/pin"): (401, 401, 200, 403, 403, 401, 401, 403),
    ("GET", "/v1/duplicates"): (401, 401, 200, 403, 403, 401, 401, 403),
    ("POST", "/v1/accounts/{account}/merge"): (401, 401, 404, 403, 403, 401, 401, 403),
    ("DELETE", "/v1/accounts/{account}/merge"): (401, 401, 404, 403, 403, 401, 401, 403),
    ("PUT", "/v1/accounts/{account}/parent"): (401, 401, 200, 403, 403, 401, 401, 403),
    ("POST", "/v1/accounts:import"): (401, 401, 200, 200, 403, 401, 401, 403),
    ("POST", "/v1/identify"): (401, 401, 200, 200, 200, 401, 401, 403),
    ("POST", "/v1/track"): (401, 401, 200, 200, 200, 401, 401, 403),
    ("POST", "/v1/page"): (401, 401, 200, 200, 200, 401, 401, 403),
    ("POST", "/v1/screen"): (401, 401, 200, 200, 200, 401, 401, 403),
    ("POST", "/v1/group"): (401, 401, 200, 200, 200, 401, 401, 403),
    ("POST", "/v1/alias"): (401, 401, 200, 200, 200, 401, 401, 403),
    ("POST", "/v1/batch"): (401, 401, 200, 200, 200, 401, 401, 403),
    ("GET", "/v1/projects/{key}/settings"): (404, 404, 404, 404, 404, 404, 404, 404),
    ("PUT", "/v1/contacts/{contact_id}/consent"): (401, 401, 200, 200, 403, 401, 401, 403),
    ("PUT", "/v1/visitors/{visitor}/consent"): (401, 401, 200, 200, 403, 401, 401, 403),
    ("DELETE", "/v1/contacts/{contact_id}"): (401, 401, 200, 403, 403, 401, 401, 403),
    ("GET", "/v1/accounts/{account}/links"): (401, 401, 200, 403, 403, 401, 401, 403),
    ("PUT", "/v1/links"): (401, 401, 200, 403, 403, 401, 401, 403),
    ("DELETE", "/v1/links"): (401, 401, 200, 403, 403, 401, 401, 403),
    ("GET", "/v1/policies"): (401, 401, 200, 403, 403, 401, 401, 403),
    ("POST", "/v1/policies"): (401, 401, 201, 403, 403, 401, 401, 403),
    ("POST", "/v1/policies:activate"): (401, 401, 200, 403, 403, 401, 401, 403),
    ("POST", "/v1/policies:rollback"): (401, 401, 409, 403, 403, 401, 401, 403),
    ("GET", "/v1/consequences"): (401, 401, 200, 403, 403, 401, 401, 403),
    ("POST", "/v1/consequences/{consequence_id}:retry"): (401, 401, 404, 403, 403, 401, 401, 403),
    ("GET", "/v1/target-accounts"): (401, 401, 404, 403, 403, 401, 401, 403),
    ("POST", "/v1/target-accounts:propose"): (401, 401, 404, 403, 403, 401, 401, 403),
    ("POST", "/v1/target-accounts:apply"): (401, 401, 404, 403, 403, 401, 401, 403),
    ("GET", "/v1/switches"): (401, 401, 200, 403, 403, 401, 401, 403),
    ("PUT", "/v1/switches/{name}"): (401, 401, 200, 403, 403, 401, 401, 403),
    ("POST", "/v1/chat"): (401, 401, 200, 403, 200, 401, 401, 403),
    ("GET", "/v1/chat/{chat_id}"): (401, 401, 200, 403, 200, 401, 401, 403),
    ("GET", "/v1/chat/{chat_id}/stream"): (401, 401, 204, 403, 204, 401, 401, 403),
    ("POST", "/v1/chat/completions"): (401, 401, 200, 403, 403, 401, 401, 403),
    ("GET", "/v1/models"): (401, 401, 200, 403, 403, 401, 401, 403),
    ("POST", "/ofrep/v1/evaluate/flags"): (401, 401, 200, 403, 200, 401, 401, 403),
    ("POST", "/ofrep/v1/evaluate/flags/{key}"): (401, 401, 200, 403, 400, 401, 401, 403),
    ("GET", "/ofrep/v1/events"): (401, 401, 401, 401, 401, 401, 401, 401),
    ("POST", "/v1/outcomes"): (401, 401, 200, 403, 200, 401, 401, 403),
    ("POST", "/slack/events"): (404, 404, 404, 404, 404, 404, 404, 404),
    ("GET", "/healthz"): (200, 200, 200, 200, 200, 200, 200, 200),
    ("GET", "/readyz"): (200, 200, 200, 200, 200, 200, 200, 200),
    ("GET", "/metrics"): (200, 200, 200, 200, 200, 200, 200, 200),
}
# fmt: on


def authorization(secret: str, scheme: str) -> str:
    """Return a key as a header says it."""
    return (
        f"Basic {base64.b64encode(f'{secret}:'.encode()).decode()}"
        if scheme == "Basic"
        else f"Bearer {secret}"
    )


def test_every_operation_is_in_the_matrix(service: Service) -> None:
    assert set(documented(service)) == set(MATRIX)


@pytest.mark.parametrize("scheme", ["Bearer", "Basic"])
def test_the_matrix(service: Service, scheme: str) -> None:
    revision = live_revision(service)
    found: dict[Operation, tuple[int, ...]] = {}
    for operation, call in CALLS.items():
        statuses = []
        for key in KEYS:
            headers = {"Origin": "https://evil.example" if key == "elsewhere" else PAGE}
            if key != "none":
                secret = service.keys["publishable" if key == "elsewhere" else key]
                headers["Authorization"] = authorization(secret, scheme)
            body = filled(call, revision)
            answer = service.call(
                operation[0], url_of(operation[1], call.path, call.query), body,
                content=call.content, key=None, headers=headers,
            )  # fmt: skip
            statuses.append(answer.status_code)
            if answer.status_code == 401:
                assert answer.headers["www-authenticate"] == "Bearer"
        found[operation] = tuple(statuses)
    assert {each: found[each] for each in MATRIX if found[each] != MATRIX[each]} == {}


@pytest.mark.parametrize(
    "header", ["Bearer", "Basic", "Basic !!!", "Basic Og==", "Digest x", "Bearer \xe9", "bearer a b"]
)
def test_a_header_that_holds_no_key(service: Service, header: str) -> None:
    found = service.client.get(
        f"{service.url}/v1/switches", headers=[(b"Authorization", header.encode("latin-1"))]
    )
    assert found.status_code == 401 and found.json()["code"] == "not_authenticated"


def public(service: Service, **asked: Any) -> Any:
    found = service.decide(key="anywhere", **asked)
    assert found.status_code == 200, found.text
    return found.json()


def test_a_page_learns_the_play_alone(service: Service) -> None:
    plain = public(service, visitor="page-1")
    assert set(plain) == {"decision_id", "surface", "play"}
    assert set(plain["play"]) == {
        "name", "title", "kind", "channel", "offer", "message", "parameters", "proof_points",
    }  # fmt: skip
    for more in (
        {"explain": "full"}, {"explain": "none"}, {"mode": "model", "budget_ms": 300}, {"dry_run": True},
        {"pack": "saas_pipeline"}, {"context": {"path": "/pricing"}},
    ):  # fmt: skip
        found = public(service, visitor="page-1", **more)
        assert set(found) == set(plain)
        assert found["play"] == plain["play"]


@pytest.mark.parametrize(
    "asked",
    [
        {"account": ACCOUNT}, {"contact_id": "c-1"}, {"contact": {"persona": "ciso"}}, {"as_of": "2026-11-01T00:00:00Z"},
        {"policy_revision": "sha256:" + "0" * 64}, {"context": {"employees": 5_000}}, {"context": {"persona": "ciso"}},
    ],
    ids=str,
)  # fmt: skip
def test_a_page_names_no_account_nor_facts_of_it(service: Service, asked: dict[str, Any]) -> None:
    found = service.decide(key="anywhere", visitor="page-2", **asked)
    assert found.status_code == 403, found.text
    name = next(iter(asked))
    assert found.json()["detail"].startswith(name) and "publishable key" in found.json()["detail"]


def test_a_visitor_called_as_an_account_is_a_stranger(service: Service) -> None:
    stranger = public(service, visitor="stranger-1")
    know_acme(service)  # other tests pin other owners
    known = service.call("GET", f"/v1/accounts/{ACCOUNT}").text
    assert OWNER in known and "7431" in known
    for visitor in (ACCOUNT, f"visitor:{ACCOUNT}", ACCOUNT.upper(), f"https://{ACCOUNT}/", f"ada@{ACCOUNT}"):
        for surface in ("chat", "web", "slack", "crm", "ads", "email"):
            found = public(service, visitor=visitor, surface=surface)
            for word in (OWNER, "7431", "fintech", "Acme"):
                assert word not in json.dumps({**found, "decision_id": ""}), (visitor, found)
        assert public(service, visitor=visitor)["play"] == stranger["play"]
        whole = service.call("GET", f"/v1/decisions/{found['decision_id']}").json()
        assert whole["account"] == {"id": f"visitor:{visitor}", "domain": None, "name": None}


@pytest.mark.parametrize("notified", [True, False], ids=["notified", "the notice is lost"])
def test_a_revoked_key_is_refused_by_every_replica(service: Service, tmp_path: Path, notified: bool) -> None:
    with replica(service.database, tmp_path / "second") as second:
        key_id, secret = service.new_key("secret")
        for each in (service, second):
            each.heard_of(secret)
        service.rows("UPDATE segue.keys SET revoked_at = now() WHERE key_id = %s", key_id)
        if notified:
            service.rows("NOTIFY segue_changed")
        for each in (service, second):
            assert each.heard_of(secret, status=200) < (2 if notified else 10)
