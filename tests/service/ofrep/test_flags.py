"""The flags of a page over HTTP: one decision, its errors, and what a browser's key is not told."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from segue.core.ids import new_id
from tests.service.running import ACCOUNT, Service

pytestmark = pytest.mark.trial

BULK = "/ofrep/v1/evaluate/flags"
FLAGS = {"play", "page_variant", "message", "proof_points", "cta", "banner"}


def asked(**context: Any) -> dict[str, Any]:
    return {"context": {"targetingKey": f"v-{new_id()}"} | context}


def decisions_of(service: Service, visitor: str) -> list[tuple[Any, ...]]:
    return service.rows("SELECT decision_id::text, surface FROM segue.decisions WHERE visitor = %s", visitor)


def test_all_flags_of_a_page_are_one_decision(service: Service) -> None:
    body = asked(path="/pricing")
    found = service.post(BULK, body, key="anywhere")
    assert found.status_code == 200 and found.headers["etag"].startswith('"')
    answer = found.json()
    flags = {flag["key"]: flag for flag in answer["flags"]}
    assert set(flags) == FLAGS
    ids = {flag["metadata"]["decision_id"] for flag in flags.values()} | {answer["metadata"]["decision_id"]}
    assert decisions_of(service, body["context"]["targetingKey"]) == [(ids.pop(), "web")] and not ids
    for flag in flags.values():
        assert (flag["variant"] == "none") is (flag["reason"] == "DEFAULT")
    assert answer["eventStreams"][0]["type"] == "sse"


def test_one_flag_after_the_other_rests_on_the_same_decision(service: Service) -> None:
    body = asked(path="/pricing")
    all_of_them = service.post(BULK, body, key="anywhere").json()["flags"]
    for flag in all_of_them:
        assert service.post(f"{BULK}/{flag['key']}", body, key="anywhere").json() == flag
    assert len(decisions_of(service, body["context"]["targetingKey"])) == 1


def test_flags_asked_for_at_once_rest_on_one_decision(service: Service) -> None:
    body = asked(account=ACCOUNT)
    with ThreadPoolExecutor(12) as threads:
        found = list(threads.map(lambda key: service.post(f"{BULK}/{key}", body).json(), sorted(FLAGS) * 2))
    assert len({flag["metadata"]["decision_id"] for flag in found}) == 1
    assert len(decisions_of(service, body["context"]["targetingKey"])) == 1


def test_what_changed_nothing_is_not_sent_again(service: Service) -> None:
    body = asked()
    tag = service.post(BULK, body, key="anywhere").headers["etag"]
    again = service.call("POST", BULK, body, key="anywhere", headers={"If-None-Match": tag})
    assert again.status_code == 304 and not again.content and again.headers["etag"] == tag
    other = service.call("POST", BULK, body, key="anywhere", headers={"If-None-Match": '"other"'})
    assert other.status_code == 200


@pytest.mark.parametrize(
    "content, code",
    [
        (b"{", "PARSE_ERROR"), (b"[]", "PARSE_ERROR"), (b'{"context": {}}', "TARGETING_KEY_MISSING"),
        (b"", "TARGETING_KEY_MISSING"), (b'{"context": {"targetingKey": ""}}', "TARGETING_KEY_MISSING"),
        (b'{"context": {"targetingKey": 5}}', "INVALID_CONTEXT"), (b'{"context": 5}', "INVALID_CONTEXT"),
        (b'{"context": {"targetingKey": "v", "path": 5}}', "INVALID_CONTEXT"),
        (b'{"context": {"targetingKey": "v", "path": %b1%b}}' % (b"[" * 900, b"]" * 900), "INVALID_CONTEXT"),
        (b'{"context": {"targetingKey": "v", "pack": "nothing"}}', "INVALID_CONTEXT"),
        (b'{"context": {"targetingKey": "v", "account": "acme.example"}}', "INVALID_CONTEXT"),
        (b'{"context": {"targetingKey": "v", "contact_id": "ada"}}', "INVALID_CONTEXT"),
        (b'{"context": {"targetingKey": "v\\u0000"}}', "INVALID_CONTEXT"),
    ],
)  # fmt: skip
def test_what_cannot_be_evaluated_says_why(service: Service, content: bytes, code: str) -> None:
    for path in (BULK, f"{BULK}/play"):
        found = service.call("POST", path, content=content, key="anywhere")
        problem = found.json()
        assert (found.status_code, problem["errorCode"]) == (400, code), problem
        assert problem["errorDetails"] == problem["detail"] and problem["status"] == 400
        assert problem.get("key") == (None if path == BULK else "play")


@pytest.mark.parametrize("key", ["nothing", "a/b/c", "Ö", "proof points"])
def test_a_flag_that_no_pack_has_is_not_found(service: Service, key: str) -> None:
    found = service.post(f"{BULK}/{key}", asked(), key="anywhere")
    assert found.status_code == 404
    assert found.json()["errorCode"] == "FLAG_NOT_FOUND" and found.json()["key"] == key


def test_attributes_for_others_are_left_out(service: Service) -> None:
    body = asked(plan="gold", nested={"a": [1]}, employees=5, persona="ciso")
    assert service.post(BULK, body, key="anywhere").status_code == 200
    (row,) = service.rows(
        "SELECT facts::text FROM segue.decisions WHERE visitor = %s", body["context"]["targetingKey"]
    )
    facts = json.loads(row[0])
    assert "gold" not in row[0] and "employees" not in facts["known"]["saas_pipeline"]["values"]
    assert "contact" not in facts


def test_a_browser_learns_what_the_page_shows_and_nothing_else(service: Service) -> None:
    body = asked(account=ACCOUNT)
    told = service.post(BULK, body).json()
    assert told["metadata"]["segment"] and told["metadata"]["pack"] == "saas_pipeline"
    hidden = service.post(BULK, asked(path="/pricing"), key="anywhere")
    for flag in hidden.json()["flags"]:
        assert set(flag["metadata"]) == {"decision_id"}
    for secret in ("saas_pipeline", "needs_data", "residual", "provisional", '"arm"', '"owner"', "marketing"):
        assert secret not in hidden.text


def test_who_may_not_be_told_apart_gets_what_nobody_in_particular_gets(service: Service) -> None:
    body = asked(path="/pricing")
    found = service.call("POST", BULK, body, key="anywhere", headers={"Sec-GPC": "1"})
    assert found.status_code == 200 and found.json()["eventStreams"] == []
    assert decisions_of(service, body["context"]["targetingKey"]) == []
    alone = service.call("POST", BULK, {}, key="anywhere", headers={"Sec-GPC": "1"})
    assert alone.status_code == 200 and alone.headers["etag"] == found.headers["etag"]


def test_who_said_no_gets_the_same(service: Service) -> None:
    body = asked(path="/pricing")
    who = body["context"]["targetingKey"]
    said = {"purposes": {"personalization": "denied"}, "source": "declared"}
    assert service.put(f"/v1/visitors/{who}/consent", said).status_code == 200
    found = service.post(BULK, body, key="anywhere")
    assert found.status_code == 200 and found.json()["eventStreams"] == []
    assert decisions_of(service, who) == []
    assert service.rows("SELECT 1 FROM segue.pages WHERE said::text LIKE %s", f"%{who}%") == []


@pytest.mark.parametrize("key", [None, "write", "revoked", "rubbish"])
def test_who_has_no_key_for_it_is_refused(service: Service, key: str | None) -> None:
    found = service.post(BULK, asked(), key=key)
    assert found.status_code == (403 if key == "write" else 401)
