"""Ask a model for a revision: one of the permitted options, the proof to quote, and words that lead up to it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from segue.agents.choosers.model.asking import Asking
from segue.agents.choosers.model.options import Options, ShownPlay
from segue.agents.choosers.model.prompt import Prompt, prompt_of
from segue.agents.choosers.model.proposal import (
    FallbackReason,
    Proposal,
    checked_answer,
    read_answer,
    storable,
)

_LONGEST_LEAD = 280
_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "properties": {
        "option": {"type": "integer", "description": "the index of the chosen option"},
        "proof": {"type": "array", "items": {"type": "string"}, "description": "ids, the closest first"},
        "lead": {
            "type": ["string", "null"],
            "description": "one or two sentences that lead up to what is quoted",
        },
    },
    "required": ["option", "proof", "lead"],
    "additionalProperties": False,
}


class NoRevision(Exception):
    """There is nothing to revise: no model answers in time, or it would change nothing."""

    def __init__(self, reason: FallbackReason) -> None:
        super().__init__(reason.value)
        self.reason = reason


@cache
def lead_up_prompt() -> Prompt:
    """Return the prompt of `prompts/lead_up.md`."""
    return prompt_of("lead_up", "reply", _SCHEMA)


@dataclass(slots=True)
class LeadUp:
    """Proposes the revision of one turn, among the plays that may stand in the place of what was said."""

    asking: Asking
    model: str
    conversation: Mapping[str, Any]
    """What the model is told of the conversation, as plain JSON."""
    may_replace: Callable[[ShownPlay], bool]
    lead: str | None = None
    """What the model wrote, unchecked."""

    async def propose(self, options: Options, deadline: float) -> Proposal:
        """Return a proposal over the options as they were shown to everybody else.

        Raises:
            NoRevision: no answer counts.
        """
        loop = asyncio.get_running_loop()
        started = loop.time()
        places = [place for place, each in enumerate(options.plays) if self.may_replace(each)]
        if not places:
            raise NoRevision(FallbackReason.NOTHING_TO_CHOOSE)
        shown = replace(options, plays=tuple(options.plays[place] for place in places))
        heard = await self.asking.ask(lead_up_prompt(), self._message(shown), deadline)
        if heard.said is None:
            raise NoRevision(heard.reason or FallbackReason.UNEXPECTED)
        if heard.said.content is None:
            raise NoRevision(FallbackReason.MODEL_REFUSED)
        read = read_answer(heard.said.content)
        if read is None:
            raise NoRevision(FallbackReason.INVALID_ANSWER)
        answer = checked_answer({**read, "why": None}, shown)
        if answer is None:
            raise NoRevision(FallbackReason.INVALID_CHOICE)
        lead = read.get("lead")
        self.lead = storable(lead, _LONGEST_LEAD + 1) if isinstance(lead, str) and lead.strip() else None
        return Proposal(
            answer={**answer, "option": places[answer["option"]]},
            model=self.model,
            prompt=lead_up_prompt().revision,
            input_tokens=heard.said.input_tokens or 0,
            output_tokens=heard.said.output_tokens or 0,
            attempts=heard.attempts,
            latency_ms=(loop.time() - started) * 1000,
            lead=self.lead,
        )

    def _message(self, options: Options) -> str:
        content = json.loads(options.message()) | {"conversation": self.conversation}
        return json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
