"""The model chooser: asks a model to choose among what is permitted, and is done by the deadline.

The one layer that retries, and the one place where a call's time, money and failures are counted.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from typing import Any

from segue.agents.choosers.model.breaker import Breaker, Permit
from segue.agents.choosers.model.endpoint import Endpoint, EndpointFault, Said
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
from segue.agents.choosers.model.spending import Allowance, Amount
from segue.agents.choosers.model.tasks import Tasks

_log = logging.getLogger(__name__)
_FIRST_WAIT = 0.05
_LEAST_FOR_AN_ATTEMPT = 0.05
_CHARACTERS_A_TOKEN = 2
"""Few enough that a reservation is rarely below what is used, in any language."""


@dataclass(slots=True)
class _Call:
    """One call under way: what is asked of whom, until when, and how often it was sent."""

    endpoint: Endpoint
    message: str
    deadline: float
    retries: int
    attempts: int = 0


class OverDailyLimit(Exception):
    """The day's tokens or money are used up."""


@dataclass(slots=True)
class ChooserCounts:
    """What came of asking since the start, for metrics. Those of calls are with the breaker."""

    proposals: int = 0
    answers: int = 0
    """Proposals with an answer that counts, those kept from before included."""
    kept: int = 0
    fallbacks: Counter[str] = field(default_factory=Counter)
    """By reason."""
    attempts: int = 0
    """Requests sent: a call that is retried makes several."""
    input_tokens: int = 0
    output_tokens: int = 0


class ModelChooser:
    """Proposes plays by asking a model. One for a process: what it knows of the endpoint is shared.

    The breaker counts what the endpoint does wrong: no answer in time, an error status, a body that
    is no completion. What a model says in a sound completion is not held against the endpoint, since
    text from one visitor could provoke it and would turn the model off for everybody.
    """

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
        self.breaker = breaker
        self.allowance = allowance
        self.counts = ChooserCounts()
        self._endpoint = endpoint
        self._model = model
        self._kept = kept
        self._retries = retries
        self._least_budget = least_budget
        self._answer_tokens = answer_tokens
        self._prompt = prompt or choose_play_prompt()
        self._tasks = Tasks()

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
        return Proposal(model=self._model, prompt=self._prompt.revision, latency_ms=latency, **found)

    def forget(self) -> None:
        """Forget every answer that was kept."""
        self._kept.clear()

    async def aclose(self) -> None:
        """End what is still under way, and close the connections."""
        await self._tasks.aclose()
        if self._endpoint is not None:
            await self._endpoint.aclose()

    async def _found(self, options: Options, deadline: float) -> dict[str, Any]:
        if self._endpoint is None:
            return {"fallback_reason": FallbackReason.NO_KEY}
        message = options.message()
        key = KeptAnswers.key(options.revision, self._prompt.revision, self._model, message)
        answer = self._kept.get(key)
        if answer is not None:
            self.counts.kept += 1
            return {"answer": answer, "cached": True}
        if deadline - asyncio.get_running_loop().time() < self._least_budget:
            return {"fallback_reason": FallbackReason.BUDGET_TOO_SMALL}
        permit = self.breaker.admit()
        if permit is None:
            return {"fallback_reason": FallbackReason.BREAKER_OPEN}
        call = _Call(self._endpoint, message, deadline, 0 if permit.probe else self._retries)
        found = await self._admitted(call, permit, options)
        if "answer" in found:
            self._kept.keep(key, found["answer"])
        return {**found, "attempts": call.attempts}

    async def _admitted(self, call: _Call, permit: Permit, options: Options) -> dict[str, Any]:
        """Make the call that a permit is for, and give the permit back whatever happens."""
        settle: Callable[[Permit], None] = self.breaker.abandoned
        try:
            said = await self._tasks.done_by(call.deadline, self._paid(call))
            settle = self.breaker.succeeded
            return _judged(said, options)
        except (EndpointFault, TimeoutError) as fault:
            reason = fault.reason if isinstance(fault, EndpointFault) else FallbackReason.TIMEOUT
            settle = partial(self.breaker.failed, reason=reason.value)
            return {"fallback_reason": reason}
        except OverDailyLimit:
            return {"fallback_reason": FallbackReason.OVER_DAILY_LIMIT}
        except Exception as fault:
            # A decision is never lost to its model; the text of a fault may hold what the model was sent.
            _log.error("asking the model failed with %s", type(fault).__name__)
            return {"fallback_reason": FallbackReason.UNEXPECTED}
        finally:
            settle(permit)

    async def _paid(self, call: _Call) -> Said:
        """Ask within the day's allowance: reserved before, settled after."""
        allowance, day = self.allowance, self.allowance.today()
        length = len(call.message) + len(self._prompt.instructions)
        reserved = allowance.prices.amount(length // _CHARACTERS_A_TOKEN, self._answer_tokens)
        if not await allowance.spending.reserve(day, reserved, allowance.limit):
            raise OverDailyLimit
        try:
            said = await self._asked(call)
        except EndpointFault as fault:
            if fault.reason is not FallbackReason.TIMEOUT:  # then it may have been worked on, and is billed
                self._tasks.run(self._settle(day, reserved, Amount()))
            raise
        if said.input_tokens is not None and said.output_tokens is not None:
            self.counts.input_tokens += said.input_tokens
            self.counts.output_tokens += said.output_tokens
            used = allowance.prices.amount(said.input_tokens, said.output_tokens)
            self._tasks.run(self._settle(day, reserved, used))
        return said

    async def _settle(self, day: date, reserved: Amount, used: Amount) -> None:
        try:
            await self.allowance.spending.settle(day, reserved, used)
        except Exception as fault:
            # What was reserved stays: the day's count is too high, never too low.
            _log.error("settling the model's use failed with %s", type(fault).__name__)

    async def _asked(self, call: _Call) -> Said:
        loop = asyncio.get_running_loop()
        while True:
            call.attempts += 1
            self.counts.attempts += 1
            try:
                return await call.endpoint.ask(self._prompt.instructions, call.message)
            except EndpointFault as fault:
                wait = fault.after
                if wait is None:
                    spread = random.uniform(0.5, 1.0)  # noqa: S311 - no secret: it keeps retries apart
                    wait = _FIRST_WAIT * 2 ** (call.attempts - 1) * spread
                left = call.deadline - loop.time() - wait
                if not fault.again or call.attempts > call.retries or left < _LEAST_FOR_AN_ATTEMPT:
                    raise
            await asyncio.sleep(wait)


def _judged(said: Said, options: Options) -> dict[str, Any]:
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
