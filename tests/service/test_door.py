"""Pages of another origin, request ids, rate limits, settings, the audit trail, and silence in the log."""

from __future__ import annotations

import json
import os
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.api.conftest import SEGUE, Segue, segue
from tests.service.launch import PROVOKED_BY
from tests.service.operations import CALLS, filled, live_revision, places, put_at
from tests.service.running import ACCOUNT, PAGE, Service, replica
from tests.service.test_strings import url_of

__all__ = ["segue"]
ASKED = {"surface": "chat", "visitor": "door-1"}


def test_a_page_may_ask_before_it_asks(service: Service) -> None:
    wanted = {
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type,idempotency-key",
    }
    found = service.call("OPTIONS", "/v1/decisions", key=None, headers={"Origin": PAGE, **wanted})
    assert found.status_code == 200 and found.headers["access-control-allow-origin"] == "*"
    allowed = found.headers["access-control-allow-headers"].lower()
    assert all(name in allowed for name in ("authorization", "content-type", "idempotency-key"))
    assert "access-control-allow-credentials" not in found.headers
    refused = service.call(
        "OPTIONS", "/v1/policies", key=None, headers={"Origin": PAGE, "Access-Control-Request-Method": "PUT"}
    )
    assert refused.status_code == 400


@pytest.mark.parametrize(
    ("key", "body", "status"),
    [("publishable", ASKED, 200), ("publishable", {}, 422), ("rubbish", ASKED, 401), ("write", ASKED, 403),
     ("secret", {**ASKED, "context": {"path": "x" * 1_000_000}}, 413),
     ("secret", {**ASKED, "visitor": PROVOKED_BY}, 500)],
)  # fmt: skip
def test_a_page_can_read_every_answer(service: Service, key: str, body: Any, status: int) -> None:
    found = service.post("/v1/decisions", body, key=key, headers={"Origin": PAGE})
    assert found.status_code == status
    assert found.headers["access-control-allow-origin"] == "*"
    exposed = found.headers["access-control-expose-headers"].lower()
    assert all(name in exposed for name in ("x-request-id", "retry-after", "idempotent-replayed"))
    assert found.headers["x-request-id"]


def test_request_ids(service: Service) -> None:
    given = service.call("GET", "/v1/accounts/nobody.example", headers={"X-Request-ID": "my-id.1"})
    assert given.headers.get_list("x-request-id") == ["my-id.1"] == [given.json()["request_id"]]
    for wrong in ("a b", "x" * 65, "<script>", "é"):
        found = service.client.get(f"{service.url}/healthz", headers=[(b"X-Request-ID", wrong.encode())])
        assert len(found.headers["x-request-id"]) == 36
    ids = {service.call("GET", "/healthz").headers["x-request-id"] for _ in range(5)}
    assert len(ids) == 5


def test_rate_limits_by_key_and_address(service: Service, tmp_path: Path) -> None:
    limits = {
        "SEGUE_RATE_SECRET": "4/hour",
        "SEGUE_RATE_PUBLISHABLE": "5/hour",
        "SEGUE_RATE_ADDRESS": "3/hour",
    }
    with replica(service.database, tmp_path / "limited", **limits) as limited:
        limited.keys = service.keys
        _, limited.keys["other"] = service.new_key("publishable")
        limited.call("GET", "/healthz")
        for key, most, what in (
            ("secret", 4, "4 per 1 hour for this key"),
            ("anywhere", 3, "3 per 1 hour for this address"),
        ):
            found = [limited.decide(key=key, visitor="v") for _ in range(most + 1)]
            assert [each.status_code for each in found] == [200] * most + [429]
            problem = found[-1].json()
            assert problem["code"] == "too_many_requests" and what in problem["detail"]
            assert 1 <= int(found[-1].headers["retry-after"]) <= 3_600
        assert limited.decide(key="write", visitor="v").status_code == 403
        assert limited.decide(key="rubbish", visitor="v").status_code == 401
        assert limited.call("GET", "/healthz").status_code == 200


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("SEGUE_RATE_SECRET", "often", "expected a limit such as 100/second"),
        ("SEGUE_RATE_PUBLISHABLE", "0/minute", "expected a limit such as 100/second"),
        ("SEGUE_RATE_ADDRESS", "", "expected a limit such as 100/second"),
        ("SEGUE_BODY_BYTES", "1 MB", "Input should be a valid integer"),
        ("SEGUE_DATABASE_CONNECTIONS", "1", "Input should be greater than or equal to 3"),
        ("OPENAI_API_KEY", "sk sëcret", "expected a key of visible ASCII characters"),
    ],
)  # fmt: skip
def test_a_bad_setting_is_one_line_at_the_start(
    segue: Segue, monkeypatch: pytest.MonkeyPatch, name: str, value: str, words: str
) -> None:
    monkeypatch.setenv(name, value)
    found = segue("serve", "--pack", "saas_pipeline", "--port", "1", width=200)
    assert found.code == 1 and found.error.startswith(f"error: {name}: ") and words in found.error
    assert "sk s" not in found.err


def test_a_bad_setting_ends_the_process(tmp_path: Path) -> None:
    found = subprocess.run(
        [SEGUE, "serve"], cwd=tmp_path, capture_output=True, text=True, timeout=60,
        env={**os.environ, "SEGUE_DATA_DIR": str(tmp_path), "SEGUE_RATE_SECRET": "often"},
    )  # fmt: skip
    assert found.returncode == 1 and not found.stdout
    assert len(found.stderr.splitlines()) == 1 and found.stderr.startswith("error: SEGUE_RATE_SECRET: ")


def test_every_administrative_call_leaves_a_row(service: Service) -> None:
    until = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    revision = live_revision(service)
    calls: list[tuple[str, str, str, Any, str]] = [
        (
            "pin",
            "PUT",
            f"/v1/accounts/{ACCOUNT}/pin",
            {"kind": "label", "value": "needs_data", "reason": "r", "expires_at": until},
            ACCOUNT,
        ),
        ("unpin", "DELETE", f"/v1/accounts/{ACCOUNT}/pin?kind=label&pack=saas_pipeline", None, ACCOUNT),
        ("switch", "PUT", "/v1/switches/ads", {"off": True, "reason": "r"}, "ads"),
        ("switch", "PUT", "/v1/switches/ads", {"off": False, "reason": "r"}, "ads"),
        ("store_policy", "POST", "/v1/policies", CALLS["POST", "/v1/policies"].body, ""),
        ("activate", "POST", "/v1/policies:activate", {"packs": [revision], "shadows": [revision]}, ""),
        ("rollback", "POST", "/v1/policies:rollback", {}, ""),
    ]
    for action, method, path, body, target in calls:
        headers = {"X-Request-ID": f"audit-{action}"}
        assert service.call(method, path, body, headers=headers).status_code < 300, path
        rows = service.rows(
            "SELECT actor, action, target, at > now() - interval '1 minute' FROM segue.audit"
            " WHERE request_id = %s ORDER BY audit_id DESC", headers["X-Request-ID"],
        )  # fmt: skip
        key_id = service.keys["secret"].split("_")[2]
        assert rows[0][:2] == (f"key:{key_id}", action) and rows[0][3] is True
        assert target in rows[0][2] and rows[0][2]
    service.call(
        "POST",
        "/v1/accounts:import?filename=a.csv",
        content=b"Website\nb.example\n",
        headers={"X-Request-ID": "audit-import"},
    )
    assert service.rows("SELECT action FROM segue.audit WHERE request_id = 'audit-import'") == [("import",)]
    secrets = [secret.rpartition("_")[2] for secret in service.keys.values()]
    assert not any(secret in str(service.rows("SELECT * FROM segue.audit")) for secret in secrets)


def test_no_text_of_a_caller_is_in_the_log(service: Service) -> None:
    """Marker words go into every place of every call, refused or not, and a defect is provoked with them."""
    marker = "Zanzibar"
    revision = live_revision(service)
    for (method, path), call in CALLS.items():
        body = filled(call, revision)
        bodies = (
            [body] if body is None else [put_at(body, at, f"{marker}-{at[-1]}") for at in places(body)][:40]
        )
        for name in call.path:
            service.call(
                method,
                url_of(path, {**call.path, name: f"{marker}.example"}, call.query),
                body,
                content=call.content,
            )
        for name in call.query:
            service.call(
                method,
                url_of(path, call.path, {**call.query, name: f"{marker}.csv"}),
                body,
                content=call.content,
            )
        for each in bodies:
            service.call(method, url_of(path, call.path, call.query), each, content=call.content)
    service.call(
        "POST",
        "/v1/accounts:import?filename=Zanzibar.csv",
        content=b"Website,Name\nZanzibar.example,Zanzibar\nx,\x00Zanzibar",
    )
    headers = {
        "Authorization": f"Bearer segue_sk_{marker}_{marker}",
        "X-Request-ID": "quiet",
        "Idempotency-Key": marker,
        "Cookie": marker,
    }
    service.post(
        "/v1/decisions",
        {"surface": "chat", "account": marker, "contact": {"first_name": marker}},
        key=None,
        headers=headers,
    )
    service.post(
        "/v1/decisions",
        {"surface": "chat", "account": marker, "contact": {"first_name": marker}},
        headers=headers | {"Authorization": f"Bearer {service.keys['secret']}"},
    )
    defect = service.decide(
        visitor=f"{PROVOKED_BY}-{marker}", contact={"first_name": marker}, context={"path": f"/{marker}"}
    )
    assert defect.status_code == 500 and marker not in defect.text
    assert defect.headers["x-request-id"] == defect.json()["request_id"]
    log = service.log.read_text("utf-8", "replace")
    assert "defect: RuntimeError at " in log and defect.json()["request_id"] in log
    assert marker.lower() not in log.lower() and "Traceback" not in log
    for kind, secret in service.keys.items():
        assert secret not in log and secret.rpartition("_")[2] not in log, kind
    assert json.dumps(ASKED["visitor"]) not in log
