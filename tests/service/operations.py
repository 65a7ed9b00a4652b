"""Every operation of the OpenAPI document with a call that succeeds or comes close to it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.policies.mini import FILES
from tests.service.running import ACCOUNT, Service

Operation = tuple[str, str]
"""Method and path template."""


@dataclass(frozen=True)
class Call:
    """A call of an operation: what stands in its path and query, and its body as JSON or as it is."""

    path: dict[str, str]
    query: dict[str, str]
    body: Any = None
    content: bytes | None = None


_MINI = {name: text for name, text in FILES.items() if not name.startswith("proof/")}
_EVENT = {"messageId": "m-1", "anonymousId": "visitor-1", "timestamp": "2026-11-24T12:00:00Z"}
CALLS: dict[Operation, Call] = {
    ("POST", "/v1/decisions"): Call({}, {}, {
        "surface": "chat", "visitor": "visitor-1", "context": {"path": "/pricing"}, "mode": "rules",
        "explain": "short", "budget_ms": 500, "dry_run": False,
    }),
    ("POST", "/v1/decisions:batch"): Call({}, {}, {
        "decisions": [{"surface": "chat", "account": ACCOUNT, "contact_id": "c", "contact": {"first_name": "Ada"}}]
    }),
    ("GET", "/v1/decisions/{decision_id}"): Call({"decision_id": "01a20e4a-d0d0-7e69-9dfa-542d9c8ab1b6"}, {}),
    ("GET", "/v1/accounts/{account}"): Call({"account": ACCOUNT}, {}),
    ("GET", "/v1/accounts/{account}/transitions"): Call(
        {"account": ACCOUNT}, {"pack": "saas_pipeline", "before": "1000", "limit": "5"}
    ),
    ("GET", "/v1/accounts/{account}/links"): Call({"account": ACCOUNT}, {"after": "contact:c", "limit": "5"}),
    ("PUT", "/v1/links"): Call({}, {}, {
        "links": [{"kind": "contact_account", "from": "c-9", "to": "linked.example", "confidence": 0.5}]
    }),
    ("DELETE", "/v1/links"): Call({}, {"kind": "contact_account", "from": "c-9", "to": "linked.example"}),
    ("PUT", "/v1/accounts/{account}/traits"): Call({"account": "other.example"}, {}, {
        "traits": [{"trait": "industry", "value": "saas", "source": "crm", "confidence": 0.5,
                    "true_at": "2026-11-01T00:00:00Z"}]
    }),
    ("PUT", "/v1/accounts/{account}/pin"): Call({"account": ACCOUNT}, {}, {
        "kind": "label", "pack": "saas_pipeline", "value": "needs_data", "reason": "A test",
        "expires_at": "2090-01-01T00:00:00Z",
    }),
    ("DELETE", "/v1/accounts/{account}/pin"): Call({"account": ACCOUNT}, {"kind": "label", "pack": "saas_pipeline"}),
    ("GET", "/v1/duplicates"): Call({}, {"account": ACCOUNT, "after": "1:acme.example", "limit": "5"}),
    ("POST", "/v1/accounts/{account}/merge"): Call(
        {"account": ACCOUNT}, {}, {"into": "nobody.example", "reason": "A test"}
    ),
    ("DELETE", "/v1/accounts/{account}/merge"): Call({"account": ACCOUNT}, {}),
    ("PUT", "/v1/accounts/{account}/parent"): Call({"account": ACCOUNT}, {}, {"parent": None}),
    ("POST", "/v1/accounts:import"): Call(
        {}, {"filename": "a.csv", "pack": "saas_pipeline", "source": "crm"}, None, b"Website,Employees\na.example,5\n"
    ),
    ("POST", "/v1/identify"): Call({}, {}, {**_EVENT, "userId": "ada", "traits": {"email": "ada@acme.example", "size": 5}}),
    ("POST", "/v1/track"): Call({}, {}, {**_EVENT, "event": "Demo Requested", "properties": {"email": "a@b.example"}}),
    ("POST", "/v1/page"): Call({}, {}, {**_EVENT, "properties": {"path": "/pricing"}, "context": {"userAgent": "x"}}),
    ("POST", "/v1/screen"): Call({}, {}, {**_EVENT, "name": "Home", "sentAt": "2026-11-24T12:00:01Z"}),
    ("POST", "/v1/group"): Call({}, {}, {**_EVENT, "groupId": "acme.example", "traits": {"employees": 500}}),
    ("POST", "/v1/alias"): Call({}, {}, {**_EVENT, "userId": "ada", "previousId": "visitor-1"}),
    ("POST", "/v1/batch"): Call({}, {}, {"batch": [{**_EVENT, "type": "page"}], "sentAt": "2026-11-24T12:00:01Z"}),
    ("GET", "/v1/projects/{key}/settings"): Call({"key": "segue_pk_0123456789abcdef_0123"}, {}),
    ("PUT", "/v1/contacts/{contact_id}/consent"): Call({"contact_id": "c-1"}, {}, {
        "purposes": {"marketing": "granted"}, "source": "crm", "at": "2026-11-01T00:00:00Z",
    }),
    ("PUT", "/v1/visitors/{visitor}/consent"): Call({"visitor": "visitor-2"}, {}, {
        "purposes": {"marketing": "granted"}, "source": "crm", "at": "2026-11-01T00:00:00Z",
    }),
    ("DELETE", "/v1/contacts/{contact_id}"): Call({"contact_id": "c-2"}, {}),
    ("GET", "/v1/policies"): Call({}, {}),
    ("POST", "/v1/policies"): Call({}, {}, {"files": _MINI}),
    ("POST", "/v1/policies:activate"): Call({}, {}, {"packs": ["{live}"], "shadows": ["{live}"], "dry_run": True}),
    ("POST", "/v1/policies:rollback"): Call({}, {}, {"expected_deployment": 99}),
    ("GET", "/v1/consequences"): Call({}, {"status": "parked", "account": ACCOUNT, "limit": "5"}),
    ("POST", "/v1/consequences/{consequence_id}:retry"): Call(
        {"consequence_id": "01a20e4a-d0d0-7e69-9dfa-542d9c8ab1b6"}, {}
    ),
    ("GET", "/v1/target-accounts"): Call({}, {"pack": "saas_pipeline", "trait": "tier"}),
    ("POST", "/v1/target-accounts:propose"): Call({}, {}, {"pack": "saas_pipeline", "trait": "tier"}),
    ("POST", "/v1/target-accounts:apply"): Call({}, {}, {"proposal": f"sha256:{'0' * 64}", "by": "Ana", "set_off": False}),
    ("POST", "/v1/chat"): Call({}, {}, {
        "id": "chat-1", "trigger": "submit-message", "messageId": "m-1", "visitor": "visitor-1",
        "messages": [
            {"id": "m-1", "role": "user", "parts": [{"type": "text", "text": "Is it SOC 2?"}]},
        ],
        "context": {"path": "/pricing"}, "mode": "rules", "budget_ms": 500, "answer": None,
    }),
    ("GET", "/v1/chat/{chat_id}"): Call({"chat_id": "chat-1"}, {"visitor": "visitor-1"}),
    ("GET", "/v1/chat/{chat_id}/stream"): Call({"chat_id": "chat-1"}, {"visitor": "visitor-1"}),
    ("POST", "/v1/chat/completions"): Call({}, {}, {
        "model": "segue", "messages": [{"role": "user", "content": [{"type": "text", "text": "Is it SOC 2?"}]}],
        "user": "visitor-1", "stream": True, "stream_options": {"include_usage": True}, "n": 1,
        "metadata": {"account": ACCOUNT, "mode": "rules", "budget_ms": "500"}, "tool_choice": "auto",
        "response_format": {"type": "text"},
    }),
    ("GET", "/v1/models"): Call({}, {}),
    ("POST", "/slack/events"): Call({}, {}, {"type": "url_verification", "challenge": "c", "token": "t"}),
    ("GET", "/v1/switches"): Call({}, {}),
    ("PUT", "/v1/switches/{name}"): Call({"name": "slack"}, {}, {"off": False, "reason": "A test"}),
    ("POST", "/ofrep/v1/evaluate/flags"): Call({}, {}, {"context": {"targetingKey": "visitor-1", "path": "/pricing"}}),
    ("POST", "/ofrep/v1/evaluate/flags/{key}"): Call(
        {"key": "banner"}, {}, {"context": {"targetingKey": "visitor-1", "path": "/pricing", "account": ACCOUNT}}
    ),
    ("GET", "/ofrep/v1/events"): Call({}, {"token": "eyJ0"}),
    ("POST", "/v1/outcomes"): Call({}, {}, {
        "outcomes": [{"id": "o-1", "account": ACCOUNT, "kind": "meeting", "value": 5.0, "at": "2026-11-24T12:00:00Z"}]
    }),
    ("GET", "/healthz"): Call({}, {}),
    ("GET", "/readyz"): Call({}, {}),
    ("GET", "/metrics"): Call({}, {}),
}  # fmt: skip


def documented(service: Service) -> dict[Operation, dict[str, Any]]:
    """Return the operations of the OpenAPI document."""
    document = service.call("GET", "/openapi.json", key=None).json()
    return {
        (method.upper(), path): operation
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    }


def live_revision(service: Service) -> str:
    """Return the revision that serves."""
    found: str = service.call("GET", "/readyz", key=None).json()["packs"]["saas_pipeline"]
    return found


def filled(call: Call, revision: str) -> Any:
    """Return the body of a call with the live revision where it names one."""
    if call.body is not None and "packs" in call.body:
        return {**call.body, "packs": [revision], "shadows": [revision]}
    return call.body


def places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Give the place of every value inside a body that holds no others."""
    if isinstance(value, dict):
        for name, each in value.items():
            yield from places(each, (*at, name))
    elif isinstance(value, list):
        for number, each in enumerate(value):
            yield from places(each, (*at, number))
    else:
        yield at


def put_at(value: Any, at: tuple[Any, ...], new: Any) -> Any:
    """Return a body with another value at a place."""
    if not at:
        return new
    if isinstance(value, dict):
        return {**value, at[0]: put_at(value[at[0]], at[1:], new)}
    return [put_at(each, at[1:], new) if number == at[0] else each for number, each in enumerate(value)]


def renamed_at(value: Any, at: tuple[Any, ...], new: str) -> Any:
    """Return a body with the key of a place under another name."""
    if len(at) > 1:
        return put_at(value, at[:1], renamed_at(value[at[0]], at[1:], new))
    if not isinstance(value, dict):
        return value
    return {new if name == at[0] else name: each for name, each in value.items()}
