"""The service of decisions: from a request by name to an answer that is stored.

Facts are read together with those of other callers, the decision is made by the same steps as
everywhere, and it is committed before the answer goes out.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from segue.accounts.person_reader import PersonReader
from segue.accounts.reader import AccountReader
from segue.agents import telemetry
from segue.agents.decide import decide, decide_with_model
from segue.agents.decision import Decision, Explain
from segue.agents.decision_entry import entry_of
from segue.agents.decision_request import Answer, Caller, DecisionRequest, Mode
from segue.agents.entry import Committed, Once, PageLost, Repeated
from segue.agents.journal import Journal
from segue.agents.leases import HeldPage
from segue.agents.live_policies import LivePacks, LivePolicies
from segue.agents.live_state import LiveState
from segue.agents.logged_facts import LoggedFacts
from segue.agents.looking import Looked, Looking
from segue.agents.pages import Pages, held_page, rests_on, still_holds
from segue.agents.steps import Proposer
from segue.agents.taking_part import after_losing
from segue.core.errors import ConflictError, InputError
from segue.policies.pack import Pack

_log = logging.getLogger(__name__)

_TRIES = 4
"""How often a decision is made again when others took what a limit had left."""
_MOST_SHADOWS = 1_000
"""Shadow decisions under way; more are left out and counted."""


class DecisionService:
    """Decides for every caller of one replica."""

    def __init__(
        self,
        reader: AccountReader,
        policies: LivePolicies,
        state: LiveState,
        journal: Journal,
        proposer: Proposer,
        default_budget_ms: int,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        people: PersonReader | None = None,
        pages: Pages | None = None,
    ) -> None:
        self._looking = Looking(reader, policies, state, clock, people)
        self._policies = policies
        self._journal = journal
        self._proposer = proposer
        self._default_budget_ms = default_budget_ms
        self._pages = pages or Pages(journal.database)
        self._shadows: set[asyncio.Task[None]] = set()
        self.shadows_left_out = 0
        """Shadow decisions that were not made or stored: too many were under way, or something was missing."""

    async def decide(
        self, request: DecisionRequest, caller: Caller, proposer: Proposer | None = None
    ) -> Answer:
        """Decide, store the decision and return the answer; a proposer takes the place of the service's own.

        Raises:
            InputError: a fact, the surface or the account is refused.
            NotFoundError: no such live pack or stored revision.
            ConflictError: the idempotency key was used for another body.
            UnavailableError: the database does not answer, or no policy is active.
        """
        repeated = await self._repeated(caller)
        if repeated is not None:
            return repeated
        with telemetry.decision() as noted:
            return await self._decide(request, caller, noted, proposer or self._proposer)

    async def _decide(
        self, request: DecisionRequest, caller: Caller, noted: telemetry.Noted, proposer: Proposer
    ) -> Answer:
        live = self._policies.live
        looked, held = await self._looked(request, live)
        request, facts, packs = looked.request, looked.facts, looked.packs
        for _ in range(_TRIES):
            rests = b"" if request.page is None else rests_on(facts, live)
            if held is not None and still_holds(held, facts, packs, rests):
                return Answer(caller.write(held.said), repeated=True, trace=looked.trace)
            decision = await self._made(request, facts, packs, proposer)
            answer = decision.to_json(request.explain)
            noted.decided(decision, request.is_recorded)
            if not request.is_recorded:
                return Answer(caller.write(answer | {"dry_run": True}))
            page = None
            if request.page is not None:
                page = held_page(request.page, decision, answer, packs[-1], rests, held)
            body = caller.write(answer)
            entry = entry_of(request, decision, facts, packs[-1], caller, body, answer=answer, page=page)
            outcome = await self._journal.commit(entry)
            if isinstance(outcome, Committed):
                if live.shadows:
                    self._decide_shadows(request, facts, live, caller, decision.decision_id)
                return Answer(body, trace=looked.trace)
            if isinstance(outcome, Repeated):
                return _same_call(outcome.once, caller)
            if isinstance(outcome, PageLost):
                assert request.page is not None
                held = await self._pages.read(request.page)
            else:
                facts = after_losing(facts, outcome)
        raise ConflictError("others kept taking what the limits had left; try again")

    async def _looked(self, request: DecisionRequest, live: LivePacks) -> tuple[Looked, HeldPage | None]:
        """Return what a decision rests on, and the decision that is held for its page, read side by side."""
        if request.page is None:
            return await self._looking.look(request, live), None
        held = self._pages.begin(request.page)
        looked = await self._looking.look(request, live)
        return looked, None if looked.request.page is None else await held

    async def look(self, request: DecisionRequest) -> Looked:
        """Return what a decision would rest on, recording nothing: what only looks decides on that itself.

        Raises:
            InputError, NotFoundError, UnavailableError: as `decide` does.
        """
        return await self._looking.look(request, self._policies.live)

    async def close(self) -> None:
        """Wait for the shadows under way."""
        await asyncio.gather(*self._shadows, return_exceptions=True)

    async def _repeated(self, caller: Caller) -> Answer | None:
        if caller.idempotency_key is None:
            return None
        once = await self._journal.answered(caller.key_id, caller.idempotency_key)
        return None if once is None else _same_call(once, caller)

    async def _made(
        self, request: DecisionRequest, facts: LoggedFacts, packs: Sequence[Pack], proposer: Proposer
    ) -> Decision:
        snapshot = facts.snapshot(packs)
        with_flip = request.explain is Explain.FULL
        if request.mode is Mode.MODEL:
            budget = request.budget_ms or self._default_budget_ms
            found = await decide_with_model(snapshot, proposer, budget, with_flip=with_flip)
            revises = request.conversed is not None and request.conversed.revises is not None
            return replace(found, revision=2) if revises else found
        return decide(snapshot, with_flip=with_flip)

    def _decide_shadows(
        self, request: DecisionRequest, facts: LoggedFacts, live: LivePacks, caller: Caller, beside: str
    ) -> None:
        """Let the shadows decide on the same facts, after the answer."""
        if len(self._shadows) >= _MOST_SHADOWS:
            self.shadows_left_out += len(live.shadows)
            return
        for shadow in live.shadows:
            task = asyncio.create_task(
                self._decide_shadow(request, facts, live.before_shadow(shadow), caller, beside)
            )
            self._shadows.add(task)
            task.add_done_callback(self._shadows.discard)

    async def _decide_shadow(
        self, request: DecisionRequest, facts: LoggedFacts, packs: Sequence[Pack], caller: Caller, beside: str
    ) -> None:
        try:
            fresh = await self._looking.under(request, packs)
            if fresh is None:
                return
            own = replace(facts, known={**facts.known, **fresh.known}, contact=fresh.contact)
            decision = decide(own.snapshot(packs))
            entry = entry_of(request, decision, own, packs[-1], caller, b"", beside=beside)
            await self._journal.commit(entry)
        except Exception as error:  # nobody waits for it, and its message may quote the caller
            self.shadows_left_out += 1
            _log.warning("a shadow decision of %s was not made: %s", packs[-1].name, type(error).__name__)


def _same_call(once: Once, caller: Caller) -> Answer:
    """Return the answer that the first call with this key got.

    Raises:
        InputError: the key came with another body then.
    """
    if once.body_digest != caller.body_digest:
        raise InputError(
            f"Idempotency-Key {once.idempotency_key!r} was used with another body; expected the same body"
        )
    return Answer(once.response, repeated=True)
