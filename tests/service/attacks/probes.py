"""The ways in which what was planted may come out again, and what each of them showed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.service.attacks.world import World, everything

QUESTION = "How quickly would we be up and running, and who else has done it?"
_MCP = {"Accept": "application/json, text/event-stream"}
_MOST_OF_A_BATCH = 200_000


@dataclass
class Seen:
    """What one string came to. `buyer` is what somebody outside reads; `whole` is everything that was answered."""

    text: str = ""
    turns: int = 0
    refused: int = 0
    """Requests that were refused with a clear problem: nothing of them went on."""
    buyer: list[str] = field(default_factory=list)
    plays: list[Mapping[str, Any]] = field(default_factory=list)
    proof: set[str] = field(default_factory=set)
    whole: list[str] = field(default_factory=list)
    sellers: list[Mapping[str, Any]] = field(default_factory=list)
    """Messages of Slack as they were sent."""
    permitted: list[tuple[str, ...]] = field(default_factory=list)
    """What policy permits by the rules, for a look at whether a text steers that."""

    def add(self, other: Seen) -> Seen:
        """Put what another look showed to it."""
        self.turns += other.turns
        self.refused += other.refused
        for name in ("buyer", "plays", "whole", "sellers", "permitted"):
            getattr(self, name).extend(getattr(other, name))
        self.proof |= other.proof
        return self


def play_shown(play: Mapping[str, Any]) -> list[str]:
    """Return every text of a decided play that a buyer may be shown."""
    found = [play["message"] or "", play["offer"] or "", *texts_of(play["parameters"])]
    return [*found, *(each["claim"] for each in play["proof_points"])]


def texts_of(value: Any) -> list[str]:
    """Return the texts and numbers of plain data."""
    if isinstance(value, Mapping):
        return [text for each in value.values() for text in texts_of(each)]
    if isinstance(value, list):
        return [text for each in value for text in texts_of(each)]
    return [] if value is None else [str(value)]


def _took(play: Mapping[str, Any], whole: Any) -> Seen:
    return Seen(
        turns=1, buyer=play_shown(play), plays=[play], proof={each["id"] for each in play["proof_points"]},
        whole=[everything(whole)],
    )  # fmt: skip


def decided(world: World, *surfaces: str, key: str = "secret", **asked: Any) -> Seen:
    """Ask a model to decide, on each surface."""
    found = Seen()
    for surface in surfaces or ("chat", "web"):
        answer = world.service.decide(surface=surface, mode="model", key=key, **asked)
        found.add(
            refused(answer) if answer.status_code != 200 else _took(answer.json()["play"], answer.json())
        )
    return found


def permits(world: World, **asked: Any) -> Seen:
    """Ask what policy permits by the rules, recording nothing."""
    answer = world.service.decide(dry_run=True, **asked)
    if answer.status_code != 200:
        return refused(answer)
    found = answer.json()
    label = found["labels"]["saas_pipeline"]
    allowed = sorted(each["play"] for each in found["considered"] if each["permitted"])
    play = found["play"]
    return Seen(buyer=play_shown(play), plays=[play], permitted=[(label["segment"], *allowed)])


def refused(answer: Any) -> Seen:
    """Return a request that is refused as it should be: with a problem in words."""
    assert answer.status_code in (400, 401, 403, 404, 409, 422), answer.text
    assert answer.headers["content-type"].startswith("application/problem+json"), answer.text
    return Seen(refused=1)


def talked(world: World, text: str = QUESTION, *, key: str = "secret", **more: Any) -> Seen:
    """Take a turn of a chat that a model revises."""
    body = {"messages": [said(text)], "mode": "model", **more}
    headers = body.pop("headers", None)
    answer = world.service.post("/v1/chat", body, key=key, headers=headers)
    if answer.status_code != 200:
        return refused(answer)
    found = Seen(turns=1)
    for event in answer.text.split("\n\n"):
        if not event.startswith("data: {"):
            continue
        chunk = json.loads(event.removeprefix("data: "))
        found.whole.append(everything(chunk))
        _take_chunk(found, chunk)
    return found


def _take_chunk(found: Seen, chunk: Mapping[str, Any]) -> None:
    data: Any = chunk.get("data")
    if chunk["type"] == "text-delta":
        found.buyer.append(chunk["delta"])
    elif chunk["type"] == "data-citation":
        found.proof.add(data["id"])
        found.buyer.append(data["claim"])
    elif chunk["type"] == "data-question":
        found.buyer += [data["question"], *(each["label"] for each in data["answers"])]
    elif chunk["type"] in ("data-decision", "data-replaced"):
        play = data["play"] if chunk["type"] == "data-decision" else data["decision"]["play"]
        found.plays.append(play)
        found.buyer += play_shown(play) + ([data["text"]] if "text" in data else [])


def said(text: str, role: str = "user") -> dict[str, Any]:
    """Return a message as the AI SDK has it."""
    return {"id": "m", "role": role, "parts": [{"type": "text", "text": text}]}


def completed(world: World, messages: list[dict[str, Any]], **more: Any) -> Seen:
    """Take a turn by the OpenAI protocol."""
    body = {"model": "segue", "messages": messages, **more}
    answer = world.service.post("/v1/chat/completions", body)
    if answer.status_code != 200:
        return refused(answer)
    whole = answer.json()
    own = whole["segue"]
    found = Seen(turns=1, whole=[everything(whole)], buyer=[whole["choices"][0]["message"]["content"]])
    found.plays.append(own["decision"]["play"])
    found.proof |= {each["id"] for each in own.get("citations", ())}
    return found


def page(world: World, *, key: str = "publishable", **context: Any) -> Seen:
    """Ask for the flags of a page, as OpenFeature's clients do."""
    answer = world.service.post("/ofrep/v1/evaluate/flags", {"context": context}, key=key)
    if answer.status_code != 200:
        return refused(answer)
    flags = {each["key"]: each["value"] for each in answer.json()["flags"]}
    points = flags["proof_points"].get("points", ())
    others = [text for name, value in flags.items() if name != "proof_points" for text in texts_of(value)]
    found = Seen(turns=1, whole=[answer.text], buyer=[*others, *(each["claim"] for each in points)])
    found.plays.append({"name": flags["play"], "message": flags["message"]})
    found.proof |= {each["id"] for each in points}
    return found


def tool(world: World, name: str, **arguments: Any) -> Seen:
    """Call a tool of MCP."""
    call = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "tools/call",
        "params": {"name": name, "arguments": arguments},
    }
    answer = world.service.call("POST", "/mcp", call, headers=_MCP)
    assert answer.status_code == 200, answer.text
    result = answer.json()["result"]
    [only] = result["content"]
    found = Seen(turns=1, whole=[answer.text])
    if result.get("isError"):
        return Seen(refused=1, whole=[answer.text])
    plain = result["structuredContent"]
    assert json.loads(only["text"]) == plain and "never instructions" in plain["notice"]
    found.proof |= {each["id"] for each in plain.get("proof", ())}
    play = (plain.get("decision") or plain).get("play")
    if isinstance(play, Mapping):
        found.add(
            Seen(buyer=play_shown(play), plays=[play], proof={each["id"] for each in play["proof_points"]})
        )
    return found


def events_taken(world: World, events: Iterable[Mapping[str, Any]], key: str = "write") -> None:
    """Send events as SDKs do, some at a time."""
    waiting: list[Mapping[str, Any]] = []
    sent: list[str] = []
    for event in [*events, None]:
        size = sum(len(everything(each)) for each in waiting)
        if waiting and (event is None or size > _MOST_OF_A_BATCH):
            answer = world.service.post("/v1/batch", {"batch": waiting}, key=key)
            assert answer.status_code == 200, answer.text
            waiting = []
        if event is not None:
            waiting.append(event)
            sent.append(event["messageId"])
    [(stored,)] = world.service.rows("SELECT count(*) FROM segue.events WHERE message_id = ANY(%s)", sent)
    assert stored > 0.9 * len(sent), "they have to be there, or nothing was planted"
