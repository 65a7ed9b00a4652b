"""Bodies that are too large, too deep, no text, no JSON or no answer to what was asked: a clear problem each."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.service.operations import CALLS
from tests.service.running import ACCOUNT, Service

JSON = {"Content-Type": "application/json"}
DECISION = '{"surface": "chat", "visitor": "body-test"%s}'
TRAITS = f"/v1/accounts/{ACCOUNT}/traits"


def refused(
    service: Service, status: int, words: str, content: bytes, path: str = "/v1/decisions", **headers: str
) -> None:
    """Send a body, and hold the answer to be a problem with some words in it and nothing to be stored."""
    before = stored(service)
    method = "PUT" if path == TRAITS else "POST"
    found = service.call(method, path, content=content, headers={**JSON, **headers})
    problem = found.json()
    assert found.headers["content-type"] == "application/problem+json"
    assert (found.status_code, problem["status"]) == (status, status), problem
    assert words in problem["detail"], problem
    assert problem["request_id"] == found.headers["x-request-id"]
    assert stored(service) == before


def stored(service: Service) -> list[tuple[int, ...]]:
    """Return how many rows every table has that a call may add to."""
    tables = (
        "decisions",
        "accounts",
        "trait_values",
        "idempotency",
        "deliveries",
        "audit",
        "policy_revisions",
        "pins",
        "artifacts",
    )
    return service.rows("SELECT " + ", ".join(f"(SELECT count(*) FROM segue.{each})" for each in tables))


def pieces(count: int) -> Iterator[bytes]:
    yield b'{"surface": "chat", "visitor": "'
    for _ in range(count):
        yield b"x" * 65_536
    yield b'"}'


def test_a_body_over_the_limit_declared(service: Service) -> None:
    body = (DECISION % f', "context": {{"path": "{"x" * 10_000_000}"}}').encode()
    refused(service, 413, "over 1,000,000 bytes", body)


@pytest.mark.parametrize("path", ["/v1/decisions", "/v1/policies", TRAITS])
def test_a_body_over_the_limit_in_chunks(service: Service, path: str) -> None:
    before = stored(service)
    found = service.call("PUT" if path == TRAITS else "POST", path, content=pieces(32), headers=JSON)
    assert (found.status_code, found.json()["code"]) == (413, "body_too_large")
    assert stored(service) == before
    assert service.decide(visitor="after").status_code == 200


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "Field required"),
        (b"{", "expected JSON"),
        (b"[" * 10_000, "expected JSON"),
        (b"[" * 10_000 + b"]" * 10_000, "expected JSON"),
        (b'{"a":' * 10_000 + b"1" + b"}" * 10_000, "expected JSON"),
        (b'{"surface": "chat", "visitor": "\xff\xfe"}', "expected JSON as UTF-8"),
        ('{"surface": "chat", "visitor": "x"}'.encode("utf-16"), "expected JSON as UTF-8"),
        (b'\xef\xbb\xbf{"surface": "chat", "visitor": "x"}', "expected JSON"),
        (b'{"surface": "chat", "visitor": "\\ud800"}', "expected JSON"),
        (b'{"surface": "chat", "visitor": "x", "budget_ms": NaN}', "expected JSON"),
        (b'{"surface": "chat", "visitor": "x", "budget_ms": -Infinity}', "expected JSON"),
        (b'{"surface": "chat", "surface": "web", "visitor": "x"}', "found 'surface' twice"),
        (b'{"surface": "chat", "visitor": "x", "context": {"path": "/a", "path": "/b"}}', "found 'path' twice"),
        (b"{'surface': 'chat'}", "expected JSON"),
    ],
)  # fmt: skip
def test_a_body_that_is_no_sound_json(service: Service, content: bytes, words: str) -> None:
    refused(service, 422 if not content else 400, words, content)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (', "budget_ms": false', "body.budget_ms: Input should be a valid integer, found False"),
        (', "budget_ms": "5"', "body.budget_ms: Input should be a valid integer, found '5'"),
        (', "dry_run": 0', "body.dry_run: Input should be a valid boolean, found 0"),
        (', "dry_run": "true"', "body.dry_run: Input should be a valid boolean, found 'true'"),
        (', "surfaces": 1', "body.surfaces: Extra inputs are not permitted, found 1"),
        (', "as_of": 0', "body.as_of: expected an ISO 8601 timestamp such as"),
        (', "as_of": "2090-01-01T00:00:00Z"', "as_of: expected an instant that has passed, found 2090-01-01"),
        (', "as_of": "0001-01-01T00:00:00+14:00"', "expected a year from 1970 to 2199"),
        (', "account": "  "', "body.account: expected a text that is not blank"),
        (', "pack": "nobody"', "no live pack 'nobody'; expected one of saas_pipeline"),
        (', "context": {"pth": "/x"}', "unknown fact 'pth'; did you mean 'path'?"),
        (', "context": {"path": 5}', "path: expected text"),
    ],
)  # fmt: skip
def test_a_value_of_another_kind(service: Service, more: str, words: str) -> None:
    refused(service, 404 if "nobody" in more else 422, words, (DECISION % more).encode())


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "x", ""]
)
def test_a_body_of_another_type(service: Service, kind: str) -> None:
    words = f"Content-Type: expected application/json, found {kind!r}" if kind else "found none"
    refused(service, 415, words, (DECISION % "").encode(), **{"Content-Type": kind})


def test_an_unknown_path_and_another_method(service: Service) -> None:
    found = service.call("GET", "/v1/nothing")
    assert (found.status_code, found.json()["code"]) == (404, "not_found")
    for path, methods in {"/v1/decisions": "POST", "/v1/switches": "GET", "/healthz": "GET"}.items():
        for method in {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"} - {methods}:
            found = service.call(method, path)
            assert (found.status_code, found.json()["code"]) == (405, "no_such_method"), (method, path)
            assert found.headers["content-type"] == "application/problem+json"
            assert methods in found.headers["allow"] and found.headers["x-request-id"]
        found = service.call("HEAD", path)
        assert found.status_code == 405 and not found.content


def test_half_wrong_values_are_stored_by_no_one(service: Service) -> None:
    good = {"trait": "employees", "value": 9, "source": "crm"}
    for wrong, words in (
        ({"trait": "nothing", "value": 1, "source": "crm"}, "traits.1.trait: no live pack declares 'nothing'"),
        ({"trait": "employes", "value": 1, "source": "crm"}, "did you mean 'employees'?"),
        ({"trait": "path", "value": "/x", "source": "crm"}, "traits.1.trait: 'path' is not a trait of accounts"),
        ({"trait": "employees", "value": "9", "source": "crm"}, "traits.1.value: expected a whole number"),
        ({"trait": "employees", "value": False, "source": "crm"}, "traits.1.value: expected a whole number"),
        ({"trait": "employees", "value": 9, "source": "rumour"}, "traits.1.source: saas_pipeline has no source 'rumour'; expected one of"),
        ({"trait": "employees", "value": 9, "source": "Crm"}, "body.traits.1.source: String should match pattern"),
        (good | {"confidence": 1.5}, "body.traits.1.confidence: Input should be less than or equal to 1, found 1.5"),
        (good | {"confidence": False}, "body.traits.1.confidence: Input should be a valid number, found False"),
        (good | {"true_at": "yesterday"}, "body.traits.1.true_at: expected an ISO 8601 timestamp"),
        (good | {"also": 1}, "body.traits.1.also: Extra inputs are not permitted, found 1"),
    ):  # fmt: skip
        refused(service, 422, words, json.dumps({"traits": [good, wrong]}).encode(), TRAITS)


PIN = CALLS["PUT", "/v1/accounts/{account}/pin"].body


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "words"),
    [
        ("PUT", f"/v1/accounts/{ACCOUNT}/pin", PIN | {"value": "needs_dat"}, 404, "has no segment 'needs_dat'; expected one of"),
        ("PUT", f"/v1/accounts/{ACCOUNT}/pin", PIN | {"expires_at": "2020-01-01T00:00:00Z"}, 422, "expires_at: expected a time ahead, found 2020-01-01"),
        ("PUT", f"/v1/accounts/{ACCOUNT}/pin", PIN | {"kind": "labels"}, 422, "body.kind: Input should be 'label' or 'owner', found 'labels'"),
        ("PUT", f"/v1/accounts/{ACCOUNT}/pin", PIN | {"reason": ""}, 422, "body.reason: String should have at least 1 character, found ''"),
        ("PUT", f"/v1/accounts/{ACCOUNT}/pin", PIN | {"kind": "owner"}, 422, "pack: an owner holds in every pack; expected none"),
        ("PUT", "/v1/accounts/nobody.example/pin", PIN, 404, "no account 'nobody.example'"),
        ("DELETE", f"/v1/accounts/{ACCOUNT}/pin?kind=segment", None, 422, "query.kind: Input should be 'label' or 'owner', found 'segment'"),
        ("PUT", "/v1/switches/chatt", {"off": True, "reason": "x"}, 404, "no surface or play 'chatt'; did you mean 'chat'?"),
        ("PUT", "/v1/switches/chat", {"off": 0, "reason": "x"}, 422, "body.off: Input should be a valid boolean, found 0"),
        ("POST", "/v1/policies", {"files": {"pack.yaml": "pack: x\nsurprise: 1\n"}}, 422, "pack.yaml:"),
        ("POST", "/v1/policies", {"files": {"pack.yaml": "a: \x00"}}, 422, "files: 'pack.yaml' holds a NUL character"),
        ("POST", "/v1/policies:activate", {"packs": ["x"]}, 422, "body.packs.0: String should match pattern"),
        ("POST", "/v1/policies:activate", {"packs": ["sha256:" + "0" * 64]}, 404, "no policy revision 'sha256:000"),
        ("POST", "/v1/policies:rollback", {"expected_deployment": 99}, 409, "is active, expected 99"),
        ("POST", "/v1/policies:rollback", {"expected_deployment": 1.5}, 422, "body.expected_deployment: Input should be a valid integer"),
        ("GET", "/v1/decisions/5", None, 422, "path.decision_id: Input should be a valid UUID"),
    ],
)  # fmt: skip
def test_a_wrong_value_of_an_administrator(
    service: Service, method: str, path: str, body: object, status: int, words: str
) -> None:
    before = stored(service)
    found = service.call(method, path, body)
    assert (found.status_code, found.json()["status"]) == (status, status), found.text
    assert words in found.json()["detail"] and "\n" not in found.json()["detail"].strip(), found.text
    assert stored(service) == before


@pytest.mark.parametrize(
    ("query", "content", "words"),
    [
        ("filename=a.csv", b"", "a.csv: "),
        ("filename=a.csv", b"a,b\n\x00", "a.csv: "),
        ("filename=a.pdf", b"%PDF-1.7", "a.pdf: is a PDF"),
        ("filename=a.parquet", b"PAR1 and no more", "a.parquet: "),
        ("filename=a", b"Website\na.example\n", "a: cannot tell the format by the name"),
        ("filename=a.csv.gz", b"no gzip", "a.csv.gz: "),
        ("filename=a.csv&source=Rumour", b"Website\na.example\n", "query.source: String should match pattern"),
        ("filename=a.csv&source=rumour", b"Website\na.example\n", "source: "),
        ("filename=", b"Website\na.example\n", "query.filename: String should have at least 1 character"),
        ("", b"Website\na.example\n", "query.filename: Field required"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_imported(service: Service, query: str, content: bytes, words: str) -> None:
    before = stored(service)
    found = service.call("POST", f"/v1/accounts:import?{query}", content=content)
    assert found.status_code == 422 and words in found.json()["detail"], found.text
    assert "/tmp" not in found.text and stored(service) == before
