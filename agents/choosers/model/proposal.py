"""What a model proposed, as it is stored, and the choice that follows from it.

Pure: replay comes to the same choice from the stored proposal, and asks no model.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from segue.agents.choosers.model.options import Options
from segue.agents.choosers.rules import Choice

_LONGEST_WHY = 300
_LONGEST_SAID = 300
_REPLACED = dict.fromkeys(range(0x20), " ") | {0x7F: " "}


class FallbackReason(StrEnum):
    """Why the rules chose where a model was to. Append, never rename: callers match on these."""

    NO_KEY = "no_key"
    TIMEOUT = "timeout"
    RATE_LIMITED = "rate_limited"
    SERVER_ERROR = "server_error"
    CONNECTION = "connection"
    INVALID_ANSWER = "invalid_answer"
    """What came back is not a completion, or its text not a JSON object."""
    INVALID_CHOICE = "invalid_choice"
    """The answer names something that was not shown."""
    BREAKER_OPEN = "breaker_open"
    OVER_DAILY_LIMIT = "over_daily_limit"
    BUDGET_TOO_SMALL = "budget_too_small"
    REQUEST_REFUSED = "request_refused"
    """Any other 3xx or 4xx: a wrong key, an unknown model, a redirect."""
    MODEL_REFUSED = "model_refused"
    NOTHING_TO_CHOOSE = "nothing_to_choose"
    """At most one play is permitted, and no order of proof is to be chosen."""
    UNEXPECTED = "unexpected"
    """A fault of Segue's own; the log names its type."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """What came of asking a model: its answer, or the reason why there is none that counts."""

    answer: Mapping[str, Any] | None = None
    """{option, proof, why}, checked against what was shown."""
    fallback_reason: FallbackReason | None = None
    said: str | None = None
    """The start of an answer that does not count, for whoever looks into it."""
    model: str | None = None
    prompt: str | None = None
    """The content hash of the prompt."""
    input_tokens: int = 0
    output_tokens: int = 0
    attempts: int = 0
    cached: bool = False
    latency_ms: float = 0.0
    lead: str | None = None
    """In a conversation, what the model wrote to lead up to what is quoted."""

    def to_json(self) -> dict[str, Any]:
        """Return the proposal as plain JSON types, fit to be stored as jsonb."""
        return {
            "answer": None if self.answer is None else dict(self.answer),
            "fallback_reason": None if self.fallback_reason is None else self.fallback_reason.value,
            "said": self.said,
            "model": self.model,
            "prompt": self.prompt,
            "tokens": {"input": self.input_tokens, "output": self.output_tokens},
            "attempts": self.attempts,
            "cached": self.cached,
            "latency_ms": round(self.latency_ms, 3),
            **({} if self.lead is None else {"lead": self.lead}),
        }


def checked_answer(answer: Any, options: Options) -> dict[str, Any] | None:
    """Return an answer as {option, proof, why}, or None when any part of it was not shown.

    `proof` may be left out. Nothing is converted: `"1"`, `true` and `1.0` are no index.
    """
    if not isinstance(answer, Mapping):
        return None
    option, proof, why = answer.get("option"), answer.get("proof", []), answer.get("why")
    if type(option) is not int or not 0 <= option < len(options.plays):
        return None
    shown = {each for each, _ in options.proof}
    if not isinstance(proof, list) or len(proof) > len(shown):
        return None
    if not all(isinstance(each, str) and each in shown for each in proof) or len(set(proof)) < len(proof):
        return None
    return {
        "option": option,
        "proof": list(proof),
        "why": storable(why, _LONGEST_WHY) if isinstance(why, str) else None,
    }


def choice_of(proposal: Mapping[str, Any], options: Options, rules_choice: Choice) -> Choice:
    """Return the choice that follows from a proposal as `Proposal.to_json` gives it.

    The model's pick comes first and the rules' proposals after it. A proposal with a
    `fallback_reason`, or an answer with anything that was not shown, is the rules' choice with the
    reason.
    """
    reason = proposal.get("fallback_reason")
    answer = None if reason is not None else checked_answer(proposal.get("answer"), options)
    if answer is None:
        reason = str(reason or FallbackReason.INVALID_CHOICE)
        return replace(rules_choice, fallback_reason=reason, proposal=proposal)
    picked = options.plays[answer["option"]].name
    proposals = tuple(dict.fromkeys((picked, *rules_choice.proposals)))
    return replace(
        rules_choice, proposals=proposals, chooser="model", proof=tuple(answer["proof"]), proposal=proposal
    )


def read_answer(content: str) -> Any:
    """Return what a completion says as a JSON object, or None when it is none."""
    try:
        found = json.loads(content, parse_constant=_refused)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def storable(text: str, longest: int = _LONGEST_SAID) -> str:
    """Return the start of a text that any database takes: no control characters, no lone surrogates."""
    return text[:longest].translate(_REPLACED).encode("utf-8", "replace").decode("utf-8")


def _refused(constant: str) -> Any:
    raise ValueError(f"{constant} is not JSON")
