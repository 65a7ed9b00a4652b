"""Whose a conversation is, what a browser may name, and what it is told."""

from __future__ import annotations

import time
import uuid
from typing import Any

import jwt
import pytest

from segue.api.models.decisions import PublicDecisionOut
from tests.service.chat.conftest import SECRET, ask, chunks, data
from tests.service.running import ACCOUNT, OWNER, Service

pytestmark = pytest.mark.trial

UNKNOWN = "01a20e4a-d0d0-7e69-9dfa-542d9c8ab1b6"


def without_id(response: Any) -> tuple[int, dict[str, Any]]:
    """Return a problem without the id of its request."""
    assert response.headers["content-type"] == "application/problem+json"
    return response.status_code, {
        name: value for name, value in response.json().items() if name != "request_id"
    }


def token(user: str, **claims: Any) -> str:
    return jwt.encode({"sub": user, "aud": "segue", "exp": time.time() + 600, **claims}, SECRET, "HS256")


def test_somebody_else_s_conversation_is_none(service: Service, visitor: str) -> None:
    theirs = data(chunks(ask(service, "Hello", visitor=visitor, key="publishable")), "conversation")["id"]
    servers = data(chunks(ask(service, "Hello", visitor=visitor)), "conversation")["id"]
    missing = without_id(ask(service, "Hello", visitor="eve", key="publishable", conversation_id=UNKNOWN))
    assert missing[0] == 404
    for conversation_id, who in (
        (theirs, "eve"),
        (servers, visitor),
        ("no-uuid", visitor),
        ("x" * 300, visitor),
    ):
        found = ask(service, "Hello", visitor=who, key="publishable", conversation_id=conversation_id)
        assert without_id(found) == missing, (conversation_id, who)
        seen = service.call("GET", f"/v1/chat/{conversation_id}?visitor={who}", key="publishable")
        assert without_id(seen) == missing, (conversation_id, who)
        again = ask(
            service, "Hello", visitor=who, key="publishable", conversation_id=conversation_id,
            trigger="regenerate-message",
        )  # fmt: skip
        assert without_id(again) == missing
        running = service.call("GET", f"/v1/chat/{conversation_id}/stream?visitor={who}", key="publishable")
        assert running.status_code == 204 and not running.content
    other = service.post(
        "/v1/chat/completions",
        {"model": "segue", "messages": [{"role": "user", "content": "x"}], "user": "eve",
         "metadata": {"conversation_id": theirs}},
    )  # fmt: skip
    assert other.status_code == 404
    turns = service.call("GET", f"/v1/chat/{theirs}?visitor={visitor}", key="publishable").json()["messages"]
    assert len(turns) == 2, "nothing was added"


def test_a_browser_s_name_of_a_chat_is_its_own(service: Service, visitor: str) -> None:
    mine = data(chunks(ask(service, "Hello", visitor=visitor, id="1", key="publishable")), "conversation")[
        "id"
    ]
    found = service.call("GET", f"/v1/chat/1?visitor={visitor}", key="publishable").json()
    assert found["conversation_id"] == mine
    for who, key in (("eve", "publishable"), (visitor, "other"), (visitor, "secret")):
        assert service.call("GET", f"/v1/chat/1?visitor={who}", key=key).status_code == 404
    theirs = data(chunks(ask(service, "Hello", visitor="eve", id="1", key="publishable")), "conversation")
    assert theirs["id"] != mine and theirs["turn"] == 1


@pytest.mark.parametrize(
    "named",
    [{"account": ACCOUNT}, {"contact_id": "c-1"}, {"contact": {"persona": "ciso"}}, {"context": {"industry": "saas"}}],
    ids=str,
)  # fmt: skip
def test_a_browser_names_nobody_but_itself(service: Service, visitor: str, named: dict[str, Any]) -> None:
    found = ask(service, "Hello", visitor=visitor, key="publishable", **named)
    assert found.status_code == 403 and "a publishable key may" in found.json()["detail"]
    if "context" not in named:
        assert ask(service, "Hello", visitor=visitor, **named).status_code == 200


def test_a_browser_is_told_nothing_about_its_account(service: Service, visitor: str) -> None:
    """The token says whose the visitor is: the account is known, and decided on."""
    asked = {"visitor": visitor, "identity_token": token(f"u-{visitor}", account=ACCOUNT)}
    texts = ("Is it SOC 2?", "I want to talk to a person now", "Book a meeting", "What does it cost?")
    told, conversation_id, decision = "", None, {}
    for text in texts:
        found = ask(service, text, key="publishable", conversation_id=conversation_id, **asked)
        parts = chunks(found)
        conversation_id = data(parts, "conversation")["id"]
        decision = data(parts, "decision")
        PublicDecisionOut.model_validate(decision)
        assert set(decision) == {"decision_id", "surface", "play", "revision"}
        told += found.text
    seen = service.call(
        "GET", f"/v1/chat/{conversation_id}?visitor={visitor}", key="publishable",
        headers={"Segue-Identity": asked["identity_token"]},
    )  # fmt: skip
    assert seen.status_code == 200, seen.text
    told += seen.text
    for secret in (ACCOUNT, OWNER, "7431", "sha256:", "sales_ready", "provisional"):
        assert secret not in told, secret
    query = "SELECT account_id FROM segue.decisions WHERE decision_id = %s"
    row = service.rows(query, decision["decision_id"])
    assert row == [(ACCOUNT,)]


def test_a_server_is_told_everything(service: Service) -> None:
    found = chunks(ask(service, "Hello", account=ACCOUNT, visitor=f"v-{uuid.uuid4().hex}"))
    decision = data(found, "decision")
    assert decision["account"]["domain"] == ACCOUNT and decision["labels"] and decision["policy"]


def test_a_server_goes_on_with_a_conversation_by_its_id_alone(service: Service, visitor: str) -> None:
    begun = data(chunks(ask(service, "Hello", visitor=visitor, account=ACCOUNT)), "conversation")
    again = data(chunks(ask(service, "Go on", conversation_id=begun["id"])), "conversation")
    assert again == {"id": begun["id"], "turn": 2}


def test_a_token_alone_says_who_it_is(service: Service) -> None:
    user = f"u-{uuid.uuid4().hex}"
    for number in (1, 2):
        found = ask(service, "Hello", id="t", key="publishable", headers={"Segue-Identity": token(user)})
        assert data(chunks(found), "conversation")["turn"] == number
    other = ask(service, "Hello", id="t", key="publishable", headers={"Segue-Identity": token("another")})
    mine, theirs = (data(chunks(each), "conversation")["id"] for each in (found, other))
    assert mine != theirs
    for headers in ({"Segue-Identity": token("another")}, {}):
        refused = service.call("GET", f"/v1/chat/{mine}", key="publishable", headers=headers)
        assert refused.status_code == (404 if headers else 422)
    wrong = ask(service, "Hello", key="publishable", headers={"Segue-Identity": token(user) + "x"})
    assert wrong.status_code == 401


@pytest.mark.parametrize("key", ["publishable", "secret"])
def test_a_browser_s_signal_is_kept(service: Service, visitor: str, key: str) -> None:
    found = chunks(ask(service, "Hello", visitor=visitor, key=key, headers={"Sec-GPC": "1"}))
    decision_id = data(found, "decision")["decision_id"]
    row = service.rows(
        "SELECT to_json(d)::text FROM segue.decisions AS d WHERE decision_id = %s", decision_id
    )
    assert visitor not in row[0][0]


@pytest.mark.parametrize(("key", "status"), [("publishable", 403), ("write", 403), ("rubbish", 401)])
def test_completions_are_for_servers(service: Service, key: str, status: int) -> None:
    keys = {"rubbish": "segue_sk_0123456789abcdef_0123"} | service.keys
    headers = {"Authorization": f"Bearer {keys[key]}"}
    asked = {"model": "segue", "messages": [{"role": "user", "content": "x"}]}
    for found in (
        service.post("/v1/chat/completions", asked, key=None, headers=headers),
        service.call("GET", "/v1/models", key=None, headers=headers),
    ):
        assert found.status_code == status
        problem = found.json()
        assert (
            problem["error"]["message"] == problem["detail"] and problem["error"]["code"] == problem["code"]
        )
