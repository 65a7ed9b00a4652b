"""What a caller is shown of each part of a turn, whatever the protocol: a name and plain data.

A browser is shown what `PublicDecisionOut` says of a decision, and of a hand-over only how it is done: nothing
about the account, nor who there works for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from segue.agents.conversations.parts import (
    Asked,
    Citation,
    Decided,
    HandedOver,
    Part,
    Replaced,
    Started,
)
from segue.api.asking import public_decision

Shown = tuple[str, dict[str, Any]]
"""What it is, such as `question`, and what it says."""


def shown(part: Part, is_browser: bool) -> list[Shown]:
    """Return what is shown of a part beside the text of the reply; nothing of the text itself and of the end."""
    match part:
        case Started(conversation_id, turn):
            return [("conversation", {"id": conversation_id, "turn": turn})]
        case Decided(decision, revision):
            return [("decision", decision_data(decision, revision, is_browser))]
        case Asked():
            return [("question", _question(part))]
        case HandedOver():
            return [("handover", _handover(part, is_browser))]
        case Replaced(text, decision, revision):
            whole = decision_data(decision, revision, is_browser)
            return [("replaced", {"text": text, "revision": revision, "decision": whole})]
        case _:
            return []


def citation_data(point: Citation) -> dict[str, str]:
    """Return what is shown of a proof point."""
    return {
        "id": point.id, "claim": point.claim, "evidence": point.evidence, "expires_on": point.expires_on,
    }  # fmt: skip


def decision_data(decision: Mapping[str, Any], revision: int, is_browser: bool) -> dict[str, Any]:
    """Return what is shown of a decision, under the number of its revision."""
    whole = public_decision(decision) if is_browser else dict(decision)
    return whole | {"revision": revision}


def as_json(data: Any) -> bytes:
    """Return data as JSON. Half a surrogate pair, which a model may say, is no UTF-8: a question mark stands for it."""
    try:
        return orjson.dumps(data)
    except TypeError:
        return orjson.dumps(_sound(data))


def _sound(data: Any) -> Any:
    if isinstance(data, str):
        return data.encode("utf-8", "replace").decode()
    if isinstance(data, Mapping):
        return {_sound(name): _sound(value) for name, value in data.items()}
    if isinstance(data, list | tuple):
        return [_sound(each) for each in data]
    return data


def _question(part: Asked) -> dict[str, Any]:
    answers = [{"label": label, "value": value} for label, value in part.answers]
    return {
        "trait": part.trait, "question": part.question, "answers": answers, "may_decline": part.may_decline,
    }  # fmt: skip


def _handover(part: HandedOver, is_browser: bool) -> dict[str, Any]:
    found: dict[str, Any] = {
        "how": part.how.value, "somebody_is_free": part.rep is not None, "somebody_is_told": part.is_seen,
    }  # fmt: skip
    return found if is_browser else found | {"rep": part.rep, "summary": part.summary}
