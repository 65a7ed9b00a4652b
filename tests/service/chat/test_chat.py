"""A conversation by the AI SDK's protocol: turns, whose they are, and going on with them."""

from __future__ import annotations

import json
import socket
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.service.chat.conftest import ask, chunks, data, user
from tests.service.running import Service, replica

pytestmark = pytest.mark.trial


def test_a_turn_is_streamed_and_remembered(service: Service, visitor: str) -> None:
    found = chunks(ask(service, "Is it SOC 2?", visitor=visitor))
    assert [found[0]["type"], found[1]["type"]] == ["start", "start-step"]
    assert [found[-2]["type"], found[-1]["type"]] == ["finish-step", "finish"]
    conversation = data(found, "conversation")
    assert found[0]["messageMetadata"]["conversation_id"] == conversation["id"] and conversation["turn"] == 1
    decision = data(found, "decision")
    stored = service.call("GET", f"/v1/decisions/{decision['decision_id']}")
    assert stored.status_code == 200 and stored.json()["play"]["name"] == decision["play"]["name"]
    kept = service.call("GET", f"/v1/chat/{conversation['id']}?visitor={visitor}").json()
    assert kept["conversation_id"] == conversation["id"]
    said, reply = kept["messages"]
    assert said["role"] == "user" and said["parts"] == [{"type": "text", "text": "Is it SOC 2?"}]
    assert reply["role"] == "assistant" and reply["id"] == found[0]["messageId"]
    assert reply["metadata"] == found[-1]["messageMetadata"]


def test_a_conversation_goes_on_by_its_id_or_by_the_client_s_name_of_the_chat(
    service: Service, visitor: str
) -> None:
    name = "any text ☃ \u0000 /?#"
    first = data(chunks(ask(service, "Hello", visitor=visitor, id=name, key="publishable")), "conversation")
    by_name = data(
        chunks(ask(service, "Prices?", visitor=visitor, id=name, key="publishable")), "conversation"
    )
    by_id = data(
        chunks(ask(service, "More", visitor=visitor, conversation_id=first["id"], key="publishable")),
        "conversation",
    )
    assert [by_name, by_id] == [{"id": first["id"], "turn": 2}, {"id": first["id"], "turn": 3}]
    for other in ({"visitor": "somebody-else"}, {"visitor": visitor, "key": "other"}):
        apart = data(chunks(ask(service, "Hello", id=name, **{"key": "publishable"} | other)), "conversation")
        assert apart["id"] != first["id"] and apart["turn"] == 1


def test_who_goes_away_has_their_turn_finished(service: Service, visitor: str) -> None:
    """Sent by a bare socket that is closed as soon as the request is out."""
    name = f"left-{visitor}"
    parts = urlsplit(service.url)
    body = json.dumps({"id": name, "message": user("Is it SOC 2?"), "visitor": visitor}).encode()
    head = (
        f"POST /v1/chat HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer {service.keys['publishable']}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection((str(parts.hostname), int(parts.port or 0)), timeout=10) as connection:
        connection.sendall(head.encode() + body)
    until = time.monotonic() + 10
    messages: list[dict[str, Any]] = []
    while time.monotonic() < until and len(messages) < 2:
        found = service.call("GET", f"/v1/chat/{name}?visitor={visitor}", key="publishable")
        messages = found.json().get("messages", [])
        time.sleep(0.05)
    said, reply = messages
    assert said["parts"][0]["text"] == "Is it SOC 2?" and reply["parts"]


def test_a_reply_is_given_again_and_no_turn_is_taken(service: Service, visitor: str) -> None:
    first = chunks(ask(service, "Is it SOC 2?", visitor=visitor, id="c"))
    again = chunks(ask(service, "Is it SOC 2?", visitor=visitor, id="c", trigger="regenerate-message"))
    assert again[0] == first[0] and again[-1] == first[-1]
    other = chunks(ask(service, "Something else", visitor=visitor, id="c", trigger="regenerate-message"))
    assert data(other, "conversation")["turn"] == 2, "what was not said yet is a turn"
    fresh = chunks(ask(service, "Hello", visitor=visitor, id="d", trigger="regenerate-message"))
    assert data(fresh, "conversation")["turn"] == 1


def test_completions_go_on_where_the_client_s_messages_hold_a_reply(service: Service, visitor: str) -> None:
    hello, reply = {"role": "user", "content": "Hello"}, {"role": "assistant", "content": "Hi"}

    def asked(*messages: dict[str, str], **more: object) -> tuple[str, int]:
        body = {"model": "segue", "messages": messages, "user": visitor, **more}
        own = service.post("/v1/chat/completions", body).json()["segue"]
        return own["conversation_id"], own["turn"]

    first = asked(hello)
    assert asked(hello, reply, hello) == (first[0], 2)
    second = asked(hello)
    assert second[0] != first[0] and asked(hello, reply, hello) == (second[0], 2), "the newest goes on"
    assert asked(hello, metadata={"conversation_id": first[0]}) == (first[0], 3)
    nobody = service.post("/v1/chat/completions", {"model": "segue", "messages": [hello]}).json()["segue"]
    assert nobody["turn"] == 1


def test_a_page_may_ask_before_it_asks(service: Service, visitor: str) -> None:
    page = {"Origin": "https://www.example.com"}
    for method in ("POST", "GET"):
        asked = {
            "Access-Control-Request-Method": method,
            "Access-Control-Request-Headers": "authorization,content-type",
        }
        found = service.call("OPTIONS", "/v1/chat", key=None, headers={**page, **asked})
        assert found.status_code == 200 and found.headers["access-control-allow-origin"] == "*"
    found = ask(service, "Hello", visitor=visitor, key="publishable", headers=page)
    assert "x-vercel-ai-ui-message-stream" in found.headers["access-control-expose-headers"]


def test_another_replica_goes_on_with_it_within_its_limits(
    service: Service, visitor: str, tmp_path: Path
) -> None:
    first = data(chunks(ask(service, "Hello", visitor=visitor, id="c")), "conversation")
    limits = {"SEGUE_RATE_SECRET": "5/hour", "SEGUE_RATE_ADDRESS": "2/hour", "SEGUE_BODY_BYTES": "2000"}
    with replica(service.database, tmp_path / "second", **limits) as second:
        second.keys = service.keys
        second.heard_of(service.keys["write"])
        again = data(chunks(ask(second, "Go on", visitor=visitor, id="c")), "conversation")
        assert again == {"id": first["id"], "turn": 2}
        assert len(second.call("GET", f"/v1/chat/c?visitor={visitor}").json()["messages"]) == 4
        found = [ask(second, "Hello", visitor=visitor, key="publishable").status_code for _ in range(3)]
        assert found == [200, 200, 429]
        large = {"model": "segue", "messages": [{"role": "user", "content": "x" * 3_000}]}
        refused = second.post("/v1/chat/completions", large)
        assert refused.status_code == 413 and refused.json()["error"]["code"] == "body_too_large"
        often = [second.call("GET", "/v1/models") for _ in range(4)][-1]
        assert often.status_code == 429 and often.headers["retry-after"]
        assert often.json()["error"]["type"] == "rate_limit_error"
