"""What a rep is told when a conversation is handed to them: plain sentences of what was said, wanted and declined."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from segue.agents.conversations.memory import Memory
from segue.agents.conversations.parts import HandedOver, HandOver
from segue.agents.conversations.understood import Intent
from segue.policies.findings import Reason

_MOST_SAID = 3
_LONGEST_QUOTE = 240
_WANTED: Mapping[str, str] = {
    Intent.PRICING: "asks about prices",
    Intent.SECURITY: "asks about security",
    Intent.INTEGRATION: "asks about integrations",
    Intent.COMPARISON: "compares with others",
    Intent.EVIDENCE: "asks for evidence",
    Intent.PRODUCT: "asks what the product does",
    Intent.SUPPORT: "needs support",
    Intent.BOOKING: "wants a meeting",
    Intent.HUMAN: "wants a person",
    Intent.TRIAL: "wants to try it",
    Intent.UNSUBSCRIBE: "wants to be left alone",
    Intent.JOB: "asks about jobs",
}


def handed_over(state: Memory, how: HandOver) -> HandedOver:
    """Return the hand-over of a turn: to the rep that routing names, or to nobody where nobody is free."""
    rep = None if how is HandOver.MESSAGE else state["making"].decision["play"]["owner"]["rep"]
    return HandedOver(how, rep, summary_of(state))


def summary_of(state: Memory) -> str:
    """Return what a rep is told, from what was recorded alone: nothing in it is a model's."""
    return " ".join(each for each in _sentences(state) if each)


def _sentences(state: Memory) -> Iterable[str]:
    making = state["making"]
    decision = making.decision
    account, label = decision["account"], decision["labels"][decision["pack"]]
    name = account["name"] or account["domain"] or "An account that is not known"
    yield f"{name}: {label['segment'].replace('_', ' ')} ({label['status']})."
    wanted = _WANTED.get(making.understood.intent.what)
    if wanted:
        yield f"The visitor {wanted}."
    if making.understood.urgency is not None and making.understood.urgency.what == "now":
        yield f"It is urgent: {quoted(making.understood.urgency.words)}."
    if making.understood.objection is not None:
        yield f"An objection ({making.understood.objection.what}): {quoted(making.understood.objection.words)}."
    told = [
        f"{name.replace('_', ' ')} {_shown(each['value'])}"
        for name, each in state.get("declared", {}).items()
    ]
    if told:
        yield f"They said: {'; '.join(told)}."
    declined = [each.replace("_", " ") for each in state.get("declined", ())]
    if declined:
        yield f"They would rather not say: {', '.join(declined)}."
    shown = [point.id for point in making.points]
    if shown:
        yield f"Shown: {', '.join(shown)}."
    if any(each.get("code") == Reason.NOBODY_FREE for each in decision["considered"]):
        yield "Nobody was free when they asked."
    before = [each["text"] for each in state.get("turns", ())][-_MOST_SAID + 1 :]
    said = [quoted(each) for each in (*before, making.text) if each]
    if said:
        yield f"In their words: {' '.join(said)}"


def quoted(text: str) -> str:
    """Return what somebody said as a rep reads it: on one line, cut."""
    flat = " ".join(text.split())
    return f"“{flat[:_LONGEST_QUOTE]}{'…' if len(flat) > _LONGEST_QUOTE else ''}”"


def _shown(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
