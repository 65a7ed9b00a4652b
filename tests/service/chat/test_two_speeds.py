"""With a model a reply comes at once and may be revised; who comes back meanwhile hears it from its beginning."""

from __future__ import annotations

import json
import threading
from typing import Any

import httpx2
import pytest

from tests.service.chat.conftest import user
from tests.service.chat.held_model import LEAD, HeldModel
from tests.service.running import Service

pytestmark = pytest.mark.trial

QUESTION = "How quickly would we be up and running?"


@pytest.fixture(autouse=True)
def held(model: HeldModel) -> None:
    model.may_answer.clear()
    model.asked.clear()


class Followed:
    """A stream that is read in a thread: its chunks so far."""

    def __init__(self, service: Service, method: str, path: str, key: str, body: Any = None) -> None:
        self.chunks: list[dict[str, Any]] = []
        self.status = 0
        self.said = threading.Event()
        """The rules' reply is there."""
        self._asked = (method, service.url + path, {"Authorization": f"Bearer {service.keys[key]}"}, body)
        self._thread = threading.Thread(target=self._read)
        self._thread.start()

    def end(self) -> list[dict[str, Any]]:
        """Return every chunk, once the stream has ended."""
        self._thread.join(30)
        assert not self._thread.is_alive() and self.status == 200
        return self.chunks

    def _read(self) -> None:
        method, url, headers, body = self._asked
        with (
            httpx2.Client(timeout=30) as client,
            client.stream(method, url, headers=headers, json=body) as found,
        ):
            self.status = found.status_code
            for line in found.iter_lines():
                if line.startswith("data: {"):
                    self.chunks.append(json.loads(line[6:]))
                    if self.chunks[-1]["type"] == "text-delta":
                        self.said.set()


def test_a_turn_under_way_is_followed_from_its_beginning(
    service: Service, model: HeldModel, visitor: str
) -> None:
    asked = {"id": "c", "message": user(QUESTION), "visitor": visitor, "mode": "model"}
    first = Followed(service, "POST", "/v1/chat", "publishable", asked)
    assert first.said.wait(20) and model.asked.wait(20), "the rules' reply does not wait for the model"
    again = Followed(service, "GET", f"/v1/chat/c/stream?visitor={visitor}", "publishable")
    assert again.said.wait(20)
    elsewhere = service.call("GET", "/v1/chat/c/stream?visitor=eve", key="publishable")
    assert elsewhere.status_code == 204
    once_more = Followed(
        service, "POST", "/v1/chat", "publishable", {**asked, "trigger": "regenerate-message"}
    )
    model.may_answer.set()
    whole = first.end()
    assert again.end() == whole
    (replaced,) = [each["data"] for each in whole if each["type"] == "data-replaced"]
    assert replaced["text"].startswith(LEAD) and replaced["revision"] == 2
    assert "account" not in replaced["decision"] and "labels" not in replaced["decision"]
    text = "".join(each["delta"] for each in once_more.end() if each["type"] == "text-delta")
    assert text == replaced["text"], "the same turn, as it was recorded"
    over = service.call("GET", f"/v1/chat/c/stream?visitor={visitor}", key="publishable")
    assert over.status_code == 204
    kept = service.call("GET", f"/v1/chat/c?visitor={visitor}", key="publishable").json()["messages"]
    assert len(kept) == 2 and kept[1]["parts"][0]["text"] == replaced["text"]


@pytest.mark.parametrize("stream", [False, True])
def test_a_completion_waits_until_it_is_final(
    service: Service, model: HeldModel, visitor: str, stream: bool
) -> None:
    model.may_answer.set()
    asked = {
        "model": "segue", "messages": [{"role": "user", "content": QUESTION}], "user": visitor, "stream": stream,
        "metadata": {"mode": "model"},
    }  # fmt: skip
    found = service.post("/v1/chat/completions", asked)
    if stream:
        chunks = [json.loads(each[6:]) for each in found.text.split("\n\n") if each.startswith("data: {")]
        content = "".join(each["choices"][0]["delta"].get("content", "") for each in chunks)
        own = chunks[-1]["segue"]
    else:
        content, own = found.json()["choices"][0]["message"]["content"], found.json()["segue"]
    assert content.startswith(LEAD) and content.count(LEAD) == 1
    assert own["decision"]["revision"] == 2 and own["citations"][0]["claim"].rstrip(".") in content
