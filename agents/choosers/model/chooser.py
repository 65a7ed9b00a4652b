"""The model chooser: asks a model to choose among what is permitted, and is done by the deadline."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from segue.agents.choosers.model.asking import Asking
from segue.agents.choosers.model.breaker import Breaker
from segue.agents.choosers.model.endpoint import Endpoint, Said
from segue.agents.choosers.model.kept_answers import KeptAnswers
from segue.agents.choosers.model.options import Options
from segue.agents.choosers.model.prompt import Prompt, choose_play_prompt
from segue.agents.choosers.model.proposal import (
    FallbackReason,
    Proposal,
    checked_answer,
    read_answer,
    storable,
)
from segue.agents.choosers.model.spending import Allowance


@dataclass(slots=True)
class ChooserCounts:
    """What came of asking since the start, for metrics. Those of calls are with the breaker."""

    proposals: int = 0
    answers: int = 0
    """Proposals with an answer that counts, those kept from before included."""
    kept: int = 0
    fallbacks: Counter[str] = field(default_factory=Counter)
    """By reason."""


class ModelChooser:
    """Proposes plays by asking a model. One for a process: what it knows of the endpoint is shared."""

    def __init__(
        self,
        endpoint: Endpoint | None,
        model: str,
        breaker: Breaker,
        allowance: Allowance,
        kept: KeptAnswers,
        *,
        retries: int = 1,
        least_budget: float = 0.2,
        answer_tokens: int = 300,
        prompt: Prompt | None = None,
    ) -> None:
        self.asking = Asking(
            endpoint,
            breaker,
            allowance,
            retries=retries,
            least_budget=least_budget,
            answer_tokens=answer_tokens,
        )
        self.breaker = breaker
        self.allowance = allowance
        self.counts = ChooserCounts()
        self.model = model
        self._kept = kept
        self._prompt = prompt or choose_play_prompt()

    async def propose(self, options: Options, deadline: float) -> Proposal:
        """Return what the model proposes, or why it proposes nothing, by `deadline` on the loop's clock.

        Raises nothing of its own: whatever goes wrong is a `fallback_reason`.
        """
        started = asyncio.get_running_loop().time()
        self.counts.proposals += 1
        found: dict[str, Any] = {"fallback_reason": FallbackReason.NOTHING_TO_CHOOSE}
        if options.open:
            found = await self._found(options, deadline)
        reason: FallbackReason | None = found.get("fallback_reason")
        if reason is None:
            self.counts.answers += 1
        else:
            self.counts.fallbacks[reason.value] += 1
        latency = (asyncio.get_running_loop().time() - started) * 1000
        return Proposal(model=self.model, prompt=self._prompt.revision, latency_ms=latency, **found)

    def forget(self) -> None:
        """Forget every answer that was kept."""
        self._kept.clear()

    async def aclose(self) -> None:
        """End what is still under way, and close the connections."""
        await self.asking.aclose()

    async def _found(self, options: Options, deadline: float) -> dict[str, Any]:
        if self.asking.endpoint is None:
            return {"fallback_reason": FallbackReason.NO_KEY}
        message = options.message()
        key = KeptAnswers.key(options.revision, self._prompt.revision, self.model, message)
        answer = self._kept.get(key)
        if answer is not None:
            self.counts.kept += 1
            return {"answer": answer, "cached": True}
        heard = await self.asking.ask(self._prompt, message, deadline)
        if heard.said is None:
            return {"fallback_reason": heard.reason, "attempts": heard.attempts}
        found = judged(heard.said, options)
        if "answer" in found:
            self._kept.keep(key, found["answer"])
        return {**found, "attempts": heard.attempts}


def judged(said: Said, options: Options) -> dict[str, Any]:
    """Return a completion as the parts of a proposal: an answer that counts, or why it does not."""
    found: dict[str, Any] = {
        "input_tokens": said.input_tokens or 0,
        "output_tokens": said.output_tokens or 0,
    }
    if said.content is None:
        return found | {"fallback_reason": FallbackReason.MODEL_REFUSED}
    read = read_answer(said.content)
    if read is None:
        return found | {"fallback_reason": FallbackReason.INVALID_ANSWER, "said": storable(said.content)}
    answer = checked_answer(read, options)
    if answer is None:
        return found | {"fallback_reason": FallbackReason.INVALID_CHOICE, "said": storable(said.content)}
    return found | {"answer": answer}
