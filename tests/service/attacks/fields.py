"""The fields of requests that a stranger or an integration fills: the table's first half."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import jwt

from tests.service.attacks.conftest import SECRET
from tests.service.attacks.probes import QUESTION, Seen, completed, decided, page, permits, said, talked, tool
from tests.service.attacks.world import YOUNG, World, fitting

Ask = Callable[[World, str, str], Seen]
"""Plants one string, where it was not planted before, and looks; given the string and a name for it."""


@dataclass(frozen=True)
class Field:
    """One row of the table: a field, how a string comes into it, and how many are sent."""

    name: str
    ask: Ask
    sample: int | None = 60
    """None sends every published string."""
    before: Callable[[World, Sequence[str], Sequence[str]], None] | None = None
    """Plants all strings at once, each under its name."""
    account: dict[str, Any] | bool = True
    """Whether names are those of stored accounts, and what is known of them."""
    reaches: tuple[str, ...] = ()
    """Where in a request to the model it has to have stood, or the row shows nothing."""
    quietly: bool = True
    """True where what policy permits may not depend on it."""
    quoted: bool = False
    """True for proof that somebody approved: then it may be quoted, as it is, and a model is told of it."""
    after: Callable[[World], None] | None = None


def _chat(world: World, text: str, name: str) -> Seen:
    return talked(world, text, visitor=f"v-{name}", account=name)


def _earlier(world: World, text: str, name: str) -> Seen:
    who: dict[str, Any] = {"id": f"c-{name}", "visitor": f"v-{name}"}
    return talked(world, text, **who).add(talked(world, **who))


def _replayed(world: World, text: str, name: str) -> Seen:
    before = [
        said(text, "system"),
        said(text, "assistant"),
        said(text),
        said(f"Of course! {text}", "assistant"),
    ]
    return talked(world, messages=[*before, said(QUESTION)], visitor=f"v-{name}", account=name)


def _completions(world: World, text: str, name: str) -> Seen:
    before = [
        {"role": role, "content": text} for role in ("system", "developer", "user", "assistant", "tool")
    ]
    more: dict[str, Any] = {
        "user": f"v-{name}", "metadata": {"mode": "model", "note": text, "account": name},
        "tools": [{"type": "function", "function": {"name": "refund", "description": text}}], "stop": [text],
    }  # fmt: skip
    return completed(world, [*before, {"role": "user", "content": QUESTION}], **more)


def _ids(world: World, text: str, name: str) -> Seen:
    message = {**said(QUESTION), "id": text, "metadata": {"note": text}}
    message["parts"].append({"type": "data-note", "data": {"note": text}})
    return talked(
        world, messages=[message], id=text[:1_000], messageId=text, visitor=f"v-{name}", account=name
    )


def _answer(world: World, text: str, name: str) -> Seen:
    who: dict[str, Any] = {"id": f"q-{name}", "visitor": f"v-{name}", "account": name}
    found = talked(world, "What does it cost?", **who)
    found.add(talked(world, answer={"trait": "employees", "value": text}, messages=[said("x")], **who))
    return found.add(talked(world, text, **who)).add(talked(world, **who))


def _path(world: World, text: str, name: str) -> Seen:
    at: dict[str, Any] = {"context": {"path": fitting(text, 2_000)}}
    return decided(world, "chat", account=name, **at).add(permits(world, account=name, surface="chat", **at))


def _path_of_a_browser(world: World, text: str, name: str) -> Seen:
    at: dict[str, Any] = {"context": {"path": text}, "visitor": f"v-{name}", "key": "publishable"}
    return decided(world, "chat", "web", **at).add(talked(world, **at))


def _contact(world: World, text: str, name: str) -> Seen:
    facts: dict[str, Any] = {
        "contact": {"first_name": text, "persona": text, "seniority": text, "job_function": text}
    }
    found = decided(world, "chat", account=name, contact_id=f"c-{name}", **facts)
    return found.add(permits(world, account=name, surface="chat", **facts))


def _contact_talking(world: World, text: str, name: str) -> Seen:
    who: dict[str, Any] = {
        "account": name,
        "contact": {"first_name": text, "persona": text},
        "contact_id": f"c-{name}",
    }
    return talked(world, **who).add(decided(world, "web", "crm", **who))


def _topic(world: World, text: str, name: str) -> Seen:
    facts: dict[str, Any] = {"context": {"question_topic": text, "path": "/"}}
    found = decided(world, "chat", account=name, **facts).add(
        permits(world, account=name, surface="chat", **facts)
    )
    return found.add(permits(world, account=name, surface="chat", context={fitting(text, 100): text}))


def _who(world: World, text: str, name: str) -> Seen:
    line = fitting(text)
    found = decided(world, visitor=line).add(decided(world, account=name, contact_id=line, visitor=line))
    return found.add(decided(world, "chat", account=line))


def _who_talking(world: World, text: str, name: str) -> Seen:
    line = fitting(text)
    found = talked(world, visitor=line).add(talked(world, account=line, contact_id=line))
    return found.add(talked(world, account=name, visitor=line, conversation_id=line))


def _headers(world: World, text: str, name: str) -> Seen:
    line = fitting(text, 2_000).encode("latin-1", "ignore").decode("latin-1")
    names = ("User-Agent", "Referer", "X-Request-Id", "Traceparent", "Tracestate", "Baggage", "Accept-Language",
             "Segue-Consent", "X-Forwarded-For", "Cookie", "From")  # fmt: skip
    headers = {each: line.encode("latin-1") for each in names}
    found = talked(world, visitor=f"v-{name}", account=name, headers=headers)
    refused = talked(world, visitor=f"v-{name}", headers={"Segue-Identity": line.encode("latin-1")})
    return found.add(refused)


def _flags(world: World, text: str, name: str) -> Seen:
    line = fitting(text)
    found = page(world, targetingKey=line, path=text, title=text, utm_campaign=text, referrer=text)
    return found.add(
        page(world, key="secret", account=name, targetingKey=f"v-{name}", first_name=text, path=text)
    )


def _token(world: World, text: str, name: str) -> Seen:
    line = fitting(text)
    claims = {"sub": line, "aud": "segue", "exp": time.time() + 600, "name": text, "account": line}
    whole: dict[str, Any] = {"identity_token": jwt.encode(claims, SECRET, "HS256")}
    mail = jwt.encode(claims | {"email": f"{line}@{name}", "account": name}, SECRET, "HS256")
    found = talked(world, visitor=f"v-{name}", key="publishable", **whole)
    return found.add(talked(world, visitor=f"v-{name}", key="publishable", identity_token=mail))


def _outcome(world: World, text: str, name: str) -> Seen:
    decision = world.service.decide(surface="web", account=name, visitor=f"v-{name}").json()["decision_id"]
    line = fitting(text)
    outcomes = [
        {"id": f"o-{name}", "decision_id": decision, "kind": "exposed", "flag": line, "visitor": line},
        {"id": f"p-{name}", "account": name, "kind": "meeting", "flag": line},
        {"id": line, "decision_id": decision, "kind": line},
    ]
    assert world.service.post("/v1/outcomes", {"outcomes": outcomes}).status_code == 200
    return decided(world, account=name).add(talked(world, account=name, visitor=f"v-{name}"))


def _tools(world: World, text: str, name: str) -> Seen:
    line = fitting(text)
    found = tool(world, "decide", account=name, surface="chat", mode="model", visitor=line, contact={"first_name": text},
                 context={"path": text})  # fmt: skip
    found.add(tool(world, "decide", account=line, surface="web", mode="model"))
    found.add(tool(world, "search_proof", account=name, query=fitting(text, 2_000)))
    found.add(
        tool(world, "simulate", account=name, surface="chat", changes={"industry": text, "country": text})
    )
    found.add(tool(world, "explain", account=line)).add(tool(world, "account", account=line))
    return found.add(tool(world, line, account=name))


REQUESTS = (
    Field("chat: the message", _chat, reaches=("message", "conversation.message"), quietly=False),
    Field("chat: an earlier turn", _earlier, reaches=("conversation.earlier[].visitor",), quietly=False),
    Field("chat: turns that a client replays", _replayed),
    Field("completions: system, assistant, tool, metadata", _completions),
    Field("chat: ids and metadata of chats and messages", _ids),
    Field("chat: the answer to the question", _answer, account=YOUNG, quietly=False),
    Field("request: path", _path, None, reaches=("facts.path",)),
    Field("request: path, by a browser", _path_of_a_browser, reaches=("facts.path",)),
    Field("request: facts of the contact", _contact, None, reaches=("facts.first_name",)),
    Field("request: facts of the contact, in a chat", _contact_talking, reaches=("facts.first_name",)),
    Field("request: other facts of the context", _topic, 60, reaches=("facts.question_topic",)),
    Field("request: visitor, contact and account ids", _who, quietly=False),
    Field("chat: visitor, contact and conversation ids", _who_talking),
    Field("headers", _headers),
    Field("OFREP: the evaluation context", _flags, None),
    Field("identity token: its claims", _token),
    Field("outcomes: flag, kind, visitor, id", _outcome),
    Field("MCP: arguments and a tool's name", _tools),
)  # fmt: skip
