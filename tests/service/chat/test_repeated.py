"""A call that comes again with its key is given the turn of the first, and takes none."""

from __future__ import annotations

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from segue.agents.decision_request import Mode
from tests.service.chat.conftest import ask, chunks, data
from tests.service.running import Service

pytestmark = pytest.mark.trial


def once(name: str) -> dict[str, str]:
    return {"Idempotency-Key": name}


def turns_of(service: Service, conversation_id: str) -> int:
    query = "SELECT turns FROM segue.conversations WHERE conversation_id = %s"
    return int(service.rows(query, conversation_id)[0][0])


@pytest.mark.parametrize("key", ["secret", "publishable"])
def test_it_is_the_same_turn_chunk_by_chunk(service: Service, visitor: str, key: str) -> None:
    asked: dict[str, Any] = {"visitor": visitor, "key": key, "headers": once(visitor)}
    first, again = ask(service, "Is it SOC 2?", **asked), ask(service, "Is it SOC 2?", **asked)
    assert "idempotent-replayed" not in first.headers and again.headers["idempotent-replayed"] == "true"
    assert chunks(again) == chunks(first)
    conversation = data(chunks(first), "conversation")
    assert turns_of(service, conversation["id"]) == 1
    assert len(service.rows("SELECT 1 FROM segue.decisions WHERE visitor = %s", visitor)) == 1
    other = ask(service, "Is it SOC 2?", visitor=visitor, key=key, headers=once(f"{visitor}-2"))
    assert data(chunks(other), "conversation")["id"] != conversation["id"]


def test_calls_at_once_take_one_turn(service: Service, visitor: str) -> None:
    with ThreadPoolExecutor(8) as threads:
        found = list(
            threads.map(lambda _: ask(service, "Hello", visitor=visitor, headers=once(visitor)), range(8))
        )
    ids = {data(chunks(each), "conversation")["id"] for each in found}
    assert len(ids) == 1 and turns_of(service, ids.pop()) == 1
    assert [each.headers.get("idempotent-replayed") for each in found].count(None) == 1


def test_a_key_is_of_one_body_and_of_who_calls(service: Service, visitor: str) -> None:
    first = data(chunks(ask(service, "Hello", visitor=visitor, headers=once(visitor))), "conversation")
    other = ask(service, "Good morning", visitor=visitor, headers=once(visitor))
    assert other.status_code == 422 and "used with another body" in other.json()["detail"]
    assert ask(service, "Hello", visitor=visitor, headers=once("a b")).status_code == 422
    theirs = ask(service, "Hello", visitor=visitor, key="publishable", headers=once(visitor))
    assert data(chunks(theirs), "conversation")["id"] != first["id"]


def test_what_was_refused_may_be_called_again(service: Service, visitor: str) -> None:
    for _ in range(2):
        wrong = ask(
            service, "x", visitor=visitor, answer={"trait": "industry", "value": 7}, headers=once(visitor)
        )
        assert wrong.status_code == 422 and "answer.trait" in wrong.json()["detail"]
    assert chunks(ask(service, "x", visitor=visitor, headers=once(f"{visitor}-2")))


def test_a_turn_that_was_lost_with_its_process_is_taken(service: Service, visitor: str) -> None:
    begun = data(chunks(ask(service, "Hello", visitor=visitor)), "conversation")
    asked = {"messages": [{"id": "m", "role": "user", "parts": [{"type": "text", "text": "More"}]}],
             "visitor": visitor, "conversation_id": begun["id"]}  # fmt: skip
    body = json.dumps(asked).encode()
    key_id = service.keys["secret"].split("_")[2]
    named = hashlib.sha256(json.dumps([key_id, visitor]).encode()).digest()
    service.rows(
        "INSERT INTO segue.chat_calls VALUES (%s, %s, %s, 2)",
        named,
        hashlib.sha256(body).digest(),
        begun["id"],
    )
    for _ in range(2):
        found = service.call(
            "POST", "/v1/chat", content=body, headers={**once(visitor), "content-type": "application/json"}
        )
        assert data(chunks(found), "conversation") == {"id": begun["id"], "turn": 2}
    assert turns_of(service, begun["id"]) == 2


@pytest.mark.parametrize("named", [True, False], ids=["a-visitor", "nobody"])
def test_completions_too(service: Service, visitor: str, named: bool) -> None:
    body: dict[str, Any] = {"model": "segue", "messages": [{"role": "user", "content": "Is it SOC 2?"}]}
    body |= {"user": visitor} if named else {}
    first, again = (
        service.post("/v1/chat/completions", body, headers=once(f"c-{visitor}")) for _ in range(2)
    )
    assert again.headers["idempotent-replayed"] == "true"
    one, other = ({**each.json(), "created": 0} for each in (first, again))
    assert one == other and turns_of(service, one["segue"]["conversation_id"]) == 1
    stream = service.post("/v1/chat/completions", {**body, "stream": True}, headers=once(f"s-{visitor}"))
    assert stream.status_code == 200 and stream.text.endswith("data: [DONE]\n\n")


def test_a_revised_reply_is_given_as_it_was_revised(service: Service, visitor: str, model: Any) -> None:
    asked: dict[str, Any] = {"visitor": visitor, "mode": Mode.MODEL, "headers": once(visitor)}
    model.may_answer.set()
    first = chunks(ask(service, "How quickly would we be up and running?", **asked))
    again = chunks(ask(service, "How quickly would we be up and running?", **asked))
    replaced = [each["data"]["text"] for each in first if each["type"] == "data-replaced"]
    text = "".join(each["delta"] for each in again if each["type"] == "text-delta")
    assert text == (replaced or ["".join(e["delta"] for e in first if e["type"] == "text-delta")])[-1]
    assert turns_of(service, data(first, "conversation")["id"]) == 1
