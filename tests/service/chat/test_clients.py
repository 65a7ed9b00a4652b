"""The clients that people have, unmodified: `ai`, `@ai-sdk/openai-compatible` and `openai` for Node and Python."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import openai
import pytest

from segue.api.chat_stream import DONE, UiStream, event
from segue.api.completion import Completion
from tests.service.chat.conftest import Ran
from tests.service.chat.parts import REVISED, TURN
from tests.service.running import Service

pytestmark = pytest.mark.trial

ASKED = ["Is it SOC 2?", "What does it cost?"]


def kinds(message: dict[str, Any]) -> list[str]:
    return [part["type"] for part in message["parts"]]


@pytest.mark.parametrize("key", ["publishable", "secret"])
def test_the_ai_sdk_reads_a_chat(service: Service, visitor: str, node: Ran, key: str) -> None:
    found = node("chat_ai.mjs", service.url, service.keys[key], visitor, json.dumps(ASKED))
    replies = found["messages"][1::2]
    assert [each["role"] for each in replies] == ["assistant"] * 2
    ids = {each["metadata"]["conversation_id"] for each in replies}
    assert len(ids) == 1 and [each["metadata"]["turn"] for each in replies] == [1, 2]
    for each in replies:
        assert {"data-conversation", "data-decision", "text"} <= set(kinds(each)), kinds(each)
    assert found["again"]["id"] == replies[-1]["id"], "the same reply, not another turn"
    text = [part["text"] for part in replies[-1]["parts"] if part["type"] == "text"]
    assert [part["text"] for part in found["again"]["parts"] if part["type"] == "text"] == text
    assert found["running"] is None
    assert found["refused"]["status"] == 422 and "messages.1.role" in found["refused"]["detail"]
    kept = service.call("GET", f"/v1/chat/{ids.pop()}?visitor={visitor}", key=key).json()
    assert [each["id"] for each in kept["messages"]][1::2] == [each["id"] for each in replies]


def test_openai_and_the_compatible_provider_for_node(service: Service, visitor: str, node: Ran) -> None:
    found = node("completions_node.mjs", service.url, service.keys["secret"], visitor)
    whole, final = found["whole"], found["final"]
    assert whole["choices"][0]["message"]["content"] and whole["choices"][0]["finish_reason"] == "stop"
    assert found["streamed"] == final["choices"][0]["message"]["content"] != ""
    assert final["usage"]["completion_tokens"] > 0 and whole["usage"]["total_tokens"] > 0
    assert final["id"].rpartition("-")[0] == whole["id"].rpartition("-")[0] and final["id"].endswith("-2")
    assert found["models"] == ["segue", "segue/saas_pipeline"]
    assert found["compatible"] and found["reason"] == "stop" and found["usage"]["outputTokens"] > 0
    errors = [(each["kind"], each["status"], each["code"], each["param"]) for each in found["errors"]]
    assert errors == [
        ("NotFoundError", 404, "model_not_found", "model"), ("NotFoundError", 404, "not_found", None),
        ("UnprocessableEntityError", 422, "invalid_input", "messages.0.role"),
        ("UnprocessableEntityError", 422, "invalid_input", "tool_choice"),
    ]  # fmt: skip
    assert {each["type"] for each in found["errors"]} == {"invalid_request_error"}
    assert "no tool is ever called" in found["errors"][3]["message"]


def test_openai_for_python(service: Service, visitor: str) -> None:
    with openai.OpenAI(base_url=f"{service.url}/v1", api_key=service.keys["secret"], max_retries=0) as client:
        first = client.chat.completions.create(
            model="segue", messages=[{"role": "user", "content": "Is it SOC 2?"}], user=visitor
        )
        assert first.choices[0].message.content and first.usage and first.usage.total_tokens > 0
        own = (first.model_extra or {})["segue"]
        assert own["turn"] == 1 and own["decision"]["decision_id"]
        with client.chat.completions.create(
            model="segue", messages=[{"role": "user", "content": "What does it cost?"}], stream=True,
            stream_options={"include_usage": True}, metadata={"conversation_id": own["conversation_id"]},
        ) as stream:  # fmt: skip
            chunks = list(stream)
        assert "".join(each.choices[0].delta.content or "" for each in chunks if each.choices)
        assert chunks[-1].usage is not None and not chunks[-1].choices
        assert chunks[0].id == f"chatcmpl-{own['conversation_id']}-2"
        with pytest.raises(openai.NotFoundError, match="expected one of segue, segue/saas_pipeline") as found:
            client.chat.completions.create(model="gpt", messages=[{"role": "user", "content": "x"}])
        assert found.value.code == "model_not_found"
        wrong = openai.OpenAI(base_url=f"{service.url}/v1", api_key="rubbish", max_retries=0)
        with wrong, pytest.raises(openai.AuthenticationError):
            wrong.models.list()
        assert [each.id for each in client.models.list()] == ["segue", "segue/saas_pipeline"]


def test_every_part_of_a_turn_reaches_the_clients_readers(tmp_path: Path, node: Ran) -> None:
    for name, turn in (("turn", TURN), ("revised", REVISED)):
        stream = UiStream(is_browser=False)
        sent = [event(chunk) for part in turn for chunk in stream.chunks(part)]
        (tmp_path / name).write_bytes(b"".join([*sent, DONE]))
    completion = Completion("segue", 1, "x")
    pieces = [completion.take(part) for part in TURN]
    told = [completion.chunk({"role": "assistant", "content": piece}) for piece in pieces if piece]
    (tmp_path / "completion").write_bytes(b"".join([*map(event, (*told, completion.last())), DONE]))
    found = node("read_streams.mjs", *(str(tmp_path / name) for name in ("turn", "revised", "completion")))
    parts = {part["type"]: part for part in found["turn"]["parts"]}
    assert set(parts) == {
        "step-start", "data-conversation", "data-decision", "text", "source-url", "data-citation", "data-question",
        "data-handover",
    }  # fmt: skip
    assert parts["text"]["text"] == "It is: Audited to SOC 2 Type II." and parts["text"]["state"] == "done"
    assert parts["data-question"]["data"]["answers"][0] == {"label": "Finance", "value": "fintech"}
    assert parts["data-handover"]["data"]["rep"] == "rep-1@example.com"
    replaced = {part["type"]: part for part in found["revised"]["parts"]}["data-replaced"]
    assert replaced["data"]["text"] == "Certified to ISO 27001, too."
    content = found["final"]["choices"][0]["message"]["content"]
    assert content.startswith("It is: Audited") and content.endswith("- I would rather not say")
    assert found["own"]["question"]["trait"] == "industry" and found["own"]["citations"][0]["id"] == "soc2"
