"""Asking a model anything: done by the deadline, within the day's allowance, and counted by one breaker.

The one layer that retries, and the one place where a call's time, money and failures are counted.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import partial

from segue.agents.choosers.model.breaker import Breaker, Permit
from segue.agents.choosers.model.endpoint import Endpoint, EndpointFault, Said
from segue.agents.choosers.model.prompt import Prompt
from segue.agents.choosers.model.proposal import FallbackReason
from segue.agents.choosers.model.spending import Allowance, Amount
from segue.agents.choosers.model.tasks import Tasks

_log = logging.getLogger(__name__)
_FIRST_WAIT = 0.05
_LEAST_FOR_AN_ATTEMPT = 0.05
_CHARACTERS_A_TOKEN = 2
"""Few enough that a reservation is rarely below what is used, in any language."""


class OverDailyLimit(Exception):
    """The day's tokens or money are used up."""


@dataclass(slots=True)
class AskingCounts:
    """What was sent since the start, for metrics. Calls and their ends are with the breaker."""

    attempts: int = 0
    """Requests sent: a call that is retried makes several."""
    input_tokens: int = 0
    output_tokens: int = 0


@dataclass(frozen=True, slots=True)
class Heard:
    """What came of asking: a sound completion, or the reason why there is none."""

    said: Said | None = None
    reason: FallbackReason | None = None
    attempts: int = 0


@dataclass(slots=True)
class _Call:
    """One call under way: what is asked of whom, until when, and how often it was sent."""

    endpoint: Endpoint
    prompt: Prompt
    message: str
    deadline: float
    retries: int
    attempts: int = 0


class Asking:
    """Asks a model. One for a process: what it knows of the endpoint is shared by all who ask.

    The breaker counts what the endpoint does wrong: no answer in time, an error status, a body that
    is no completion. What a model says in a sound completion is not held against the endpoint, since
    text from one visitor could provoke it and would turn the model off for everybody.
    """

    def __init__(
        self,
        endpoint: Endpoint | None,
        breaker: Breaker,
        allowance: Allowance,
        *,
        retries: int = 1,
        least_budget: float = 0.2,
        answer_tokens: int = 300,
    ) -> None:
        self.endpoint = endpoint
        self.breaker = breaker
        self.allowance = allowance
        self.counts = AskingCounts()
        self._retries = retries
        self._least_budget = least_budget
        self._answer_tokens = answer_tokens
        self._tasks = Tasks()

    async def ask(self, prompt: Prompt, message: str, deadline: float) -> Heard:
        """Return a completion, or why there is none, by `deadline` on the loop's clock.

        Raises nothing of its own: whatever goes wrong is a reason.
        """
        if self.endpoint is None:
            return Heard(reason=FallbackReason.NO_KEY)
        if deadline - asyncio.get_running_loop().time() < self._least_budget:
            return Heard(reason=FallbackReason.BUDGET_TOO_SMALL)
        permit = self.breaker.admit()
        if permit is None:
            return Heard(reason=FallbackReason.BREAKER_OPEN)
        call = _Call(self.endpoint, prompt, message, deadline, 0 if permit.probe else self._retries)
        said, reason = await self._admitted(call, permit)
        return Heard(said, reason, call.attempts)

    async def aclose(self) -> None:
        """End what is still under way, and close the connections."""
        await self._tasks.aclose()
        if self.endpoint is not None:
            await self.endpoint.aclose()

    async def _admitted(self, call: _Call, permit: Permit) -> tuple[Said | None, FallbackReason | None]:
        """Make the call that a permit is for, and give the permit back whatever happens."""
        settle: Callable[[Permit], None] = self.breaker.abandoned
        try:
            said = await self._tasks.done_by(call.deadline, self._paid(call))
            settle = self.breaker.succeeded
            return said, None
        except (EndpointFault, TimeoutError) as fault:
            reason = fault.reason if isinstance(fault, EndpointFault) else FallbackReason.TIMEOUT
            settle = partial(self.breaker.failed, reason=reason.value)
            return None, reason
        except OverDailyLimit:
            return None, FallbackReason.OVER_DAILY_LIMIT
        except Exception as fault:
            # A decision is never lost to its model; the text of a fault may hold what the model was sent.
            _log.error("asking the model failed with %s", type(fault).__name__)
            return None, FallbackReason.UNEXPECTED
        finally:
            settle(permit)

    async def _paid(self, call: _Call) -> Said:
        """Ask within the day's allowance: reserved before, settled after."""
        allowance, day = self.allowance, self.allowance.today()
        length = len(call.message) + len(call.prompt.instructions)
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
                return await call.endpoint.ask(call.prompt, call.message)
            except EndpointFault as fault:
                wait = fault.after
                if wait is None:
                    spread = random.uniform(0.5, 1.0)  # noqa: S311 - no secret: it keeps retries apart
                    wait = _FIRST_WAIT * 2 ** (call.attempts - 1) * spread
                left = call.deadline - loop.time() - wait
                if not fault.again or call.attempts > call.retries or left < _LEAST_FOR_AN_ATTEMPT:
                    raise
            await asyncio.sleep(wait)
