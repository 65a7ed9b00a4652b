"""Replies as the service streams them, for the stub."""

from __future__ import annotations

from typing import Any

from tests.service.web.stub import Asked, Chunks

CONVERSATION = "01a20e4a-d0d0-7e69-9dfa-542d9c8ab1b7"
CITED = {
    "id": "soc2", "claim": "Audited to SOC 2 Type II every year by an independent firm, last in March 2026.",
    "evidence": "https://trust.example.com/soc2-report", "expires_on": "2027-03-31",
}  # fmt: skip
ASKED = {
    "trait": "industry", "question": "Which industry are you in?", "may_decline": True,
    "answers": [{"label": "Financial services", "value": "fintech"}, {"label": "Healthcare", "value": "healthcare"},
                {"label": "Software", "value": "saas"}],
}  # fmt: skip


def turn(*parts: dict[str, Any] | float | str, number: int = 1, ending: str = "answered") -> Chunks:
    """Return the chunks of a turn around its own parts; a text that is no `cut` comes word by word."""
    meta = {"conversation_id": CONVERSATION, "turn": number}
    found: Chunks = [
        {"type": "start", "messageId": f"{CONVERSATION}:{number}:reply", "messageMetadata": meta},
        {"type": "start-step"}, {"type": "data-conversation", "data": {"id": CONVERSATION, "turn": number}},
        {"type": "data-decision", "data": {"decision_id": "d-1", "revision": 1}},
    ]  # fmt: skip
    for part in parts:
        if isinstance(part, str) and part != "cut":
            found.append({"type": "text-start", "id": "reply"})
            found.extend(
                {"type": "text-delta", "id": "reply", "delta": f"{word} "} for word in part.split(" ")
            )
            found.append({"type": "text-end", "id": "reply"})
        else:
            found.append(part)
    return [*found, {"type": "finish-step"}, {"type": "finish", "messageMetadata": meta | {"ending": ending}}]


def data(name: str, **told: Any) -> dict[str, Any]:
    """Return a chunk of the service's own."""
    return {"type": f"data-{name}", "data": told}


def cited(**changed: Any) -> dict[str, Any]:
    """Return the citation of a proof point."""
    point = CITED | changed
    return {"type": "data-citation", "id": point["id"], "data": point}


def text_of(asked: Asked) -> str:
    """Return what was said in a request."""
    found: str = asked.body["message"]["parts"][0]["text"]
    return found


def story(asked: Asked) -> Chunks:
    """Answer as a vendor's chat might: with proof, then a question, then a hand-over."""
    text = text_of(asked)
    if "SOC" in text:
        return turn(
            "In short: audited to SOC 2 Type II every year by an independent firm, last in March 2026.",
            cited(), data("question", **ASKED),
        )  # fmt: skip
    if "answer" in asked.body or "Healthcare" in text:
        said = "Thank you. Finance teams usually begin with the audit trail: every change is kept for seven years."
        point = cited(
            id="trail",
            claim="Every change is kept for seven years.",
            evidence="https://docs.example.com/audit",
        )
        return turn(said, point, number=2)
    if "nobody" in text:
        return turn(data("handover", how="message", somebody_is_free=False), number=4, ending="handed_over")
    if "person" in text:
        return turn(
            "I am bringing in a colleague.", data("handover", how="route", somebody_is_free=True), number=3
        )
    return turn("Tell me a little more, and I find what fits.")
