"""The one question over both protocols: asked with its buttons, answered by one, declined, shown again."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.service.chat.conftest import Ran, ask, chunks, data
from tests.service.running import Service

pytestmark = pytest.mark.trial


def test_a_question_is_asked_with_buttons_and_shown_again(
    service: Service, account: str, visitor: str, node: Ran
) -> None:
    pressed = {"trait": "employees", "value": 500}
    found = node(
        "chat_ai.mjs", service.url, service.keys["secret"], visitor, json.dumps(["Hello", pressed]), account
    )
    first, press, second = found["messages"][1:4]
    asked = {part["type"]: part for part in first["parts"]}["data-question"]["data"]
    assert asked["trait"] == "employees" and asked["may_decline"] is True
    assert {"label": "200 to 999", "value": 500} in asked["answers"]
    assert press["parts"] == [{"type": "data-answer", "data": pressed}]
    conversation_id = second["metadata"]["conversation_id"]
    kept = service.call("GET", f"/v1/chat/{conversation_id}").json()["messages"]
    again = {part["type"]: part for part in kept[1]["parts"]}
    assert again["data-question"]["data"] == asked, "a chat that is opened again has its buttons"
    assert kept[2]["parts"] == press["parts"]
    label = service.rows(
        "SELECT facts::text FROM segue.decisions WHERE decision_id = %s", second["metadata"]["decision_id"]
    )
    assert "500" in label[0][0], "what was answered counts"


@pytest.mark.parametrize("value", [None, 10**30, "many", [], {"a": 1}, True])
def test_an_answer_that_is_none_is_declined_or_refused(
    service: Service, account: str, visitor: str, value: object
) -> None:
    begun = chunks(ask(service, "Hello", account=account, visitor=visitor, id="q"))
    assert data(begun, "question")["trait"] == "employees"
    message = {
        "role": "user",
        "parts": [{"type": "data-answer", "data": {"trait": "employees", "value": value}}],
    }
    found = service.post("/v1/chat", {"message": message, "account": account, "visitor": visitor, "id": "q"})
    if value is None:
        assert data(chunks(found), "conversation")["turn"] == 2
    else:
        assert found.status_code == 422 and found.json()["detail"], found.text


def test_a_completion_asks_in_words_and_is_answered_in_words(
    service: Service, account: str, visitor: str
) -> None:
    def said(*contents: str) -> dict[str, object]:
        messages = [
            {"role": "assistant" if number % 2 else "user", "content": text}
            for number, text in enumerate(contents)
        ]
        body = {"model": "segue", "messages": messages, "user": visitor, "metadata": {"account": account}}
        found: dict[str, object] = service.post("/v1/chat/completions", body).json()
        return found

    first: Any = said("Hello")
    content = first["choices"][0]["message"]["content"]
    assert content.count("how many people") == 1 and "\n- 200 to 999\n" in content
    assert content.endswith("- I would rather not say") and first["segue"]["question"]["trait"] == "employees"
    second: Any = said("Hello", content, "About 500 people")
    assert second["segue"]["turn"] == 2 and "question" not in second["segue"]
