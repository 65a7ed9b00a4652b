"""The service of decisions: from a request by name to an answer that is stored.

Facts are read together with those of other callers, the decision is made by the same steps as
everywhere, and it is committed before the answer goes out.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from segue.accounts.consent_reader import ConsentReader
from segue.accounts.contact_reader import ContactReader
from segue.accounts.contact_roles import ContactTraits, fills_roles, role_facts
from segue.accounts.counted import longest_window
from segue.accounts.reader import AccountReader
from segue.accounts.stored import StoredAccount, known_of
from segue.agents.consented import impersonal, with_marketing
from segue.agents.decide import decide, decide_with_model
from segue.agents.decision import Decision, Explain
from segue.agents.decision_entry import entry_of
from segue.agents.decision_request import Answer, Caller, DecisionRequest, Mode
from segue.agents.group_commit import Committed, LimitLost, Once, Repeated
from segue.agents.identified import identified
from segue.agents.identity import Identity
from segue.agents.journal import Journal
from segue.agents.live_policies import LivePacks, LivePolicies
from segue.agents.live_state import LiveState
from segue.agents.logged_facts import LoggedFacts
from segue.agents.steps import Proposer
from segue.core.errors import ConflictError, InputError
from segue.policies.classifier import HeldLabel
from segue.policies.facts import Account
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
        consents: ConsentReader | None = None,
        contacts: ContactReader | None = None,
    ) -> None:
        self._reader = reader
        self._policies = policies
        self._state = state
        self._journal = journal
        self._proposer = proposer
        self._default_budget_ms = default_budget_ms
        self._consents = consents
        self._contacts = contacts
        self._clock = clock
        self._shadows: set[asyncio.Task[None]] = set()
        self.shadows_left_out = 0
        """Shadow decisions that were not made or stored: too many were under way, or something was missing."""

    async def decide(self, request: DecisionRequest, caller: Caller) -> Answer:
        """Decide, store the decision and return the answer.

        Raises:
            InputError: a fact, the surface or the account is refused.
            NotFoundError: no such live pack or stored revision.
            ConflictError: the idempotency key was used for another body.
            UnavailableError: the database does not answer, or no policy is active.
        """
        repeated = await self._repeated(caller)
        if repeated is not None:
            return repeated
        live = self._policies.live
        packs = await self._packs(request, live)
        request, identity = await self._permitted(request, packs)
        self._reader.window = max(self._reader.window, longest_window(packs).total_seconds())
        facts = replace(await self._facts(request, packs), identity=identity)
        for _ in range(_TRIES):
            decision = await self._made(request, facts, packs)
            answer = decision.to_json(request.explain)
            if not request.is_recorded:
                return Answer(caller.write(answer | {"dry_run": True}))
            body = caller.write(answer)
            entry = entry_of(request, decision, facts, packs[-1], caller, body)
            outcome = await self._journal.commit(entry)
            if isinstance(outcome, Committed):
                if live.shadows:
                    self._decide_shadows(request, facts, live, caller, decision.decision_id)
                return Answer(body)
            if isinstance(outcome, Repeated):
                return _same_call(outcome.once, caller)
            facts = _after_losing(facts, outcome)
        raise ConflictError("others kept taking what the limits had left; try again")

    async def close(self) -> None:
        """Wait for the shadows under way."""
        await asyncio.gather(*self._shadows, return_exceptions=True)

    async def _repeated(self, caller: Caller) -> Answer | None:
        if caller.idempotency_key is None:
            return None
        once = await self._journal.answered(caller.key_id, caller.idempotency_key)
        return None if once is None else _same_call(once, caller)

    async def _packs(self, request: DecisionRequest, live: LivePacks) -> tuple[Pack, ...]:
        packs = live.up_to(request.pack)
        if request.policy_revision is None:
            return packs
        asked = await self._policies.pack(request.policy_revision, packs[:-1])
        deciding = await self._policies.with_artifacts(asked, live.deployment.artifacts)
        if deciding.name != packs[-1].name:
            raise InputError(
                f"policy_revision: {request.policy_revision} is of the pack {deciding.name!r},"
                f" expected one of {packs[-1].name!r}"
            )
        return (*packs[:-1], deciding)

    async def _permitted(
        self, request: DecisionRequest, packs: Sequence[Pack]
    ) -> tuple[DecisionRequest, Identity | None]:
        """Return the request as the consent of the person in it allows: whole, or with nothing of anybody's.

        Whole, it names the account that they are held to belong to, and with it is said how that is known.
        """
        if not request.personal:
            return impersonal(request), None
        if self._consents is None or (request.visitor is None and request.contact_id is None):
            return request, None
        agreed = await self._consents.read(request.visitor, request.contact_id)
        if agreed.is_impersonal:
            return impersonal(request), None
        return identified(with_marketing(request, agreed.marketing, packs), agreed.placed, packs[-1])

    async def _facts(self, request: DecisionRequest, packs: Sequence[Pack]) -> LoggedFacts:
        now = request.as_of or self._clock()
        if self._reads_person(request, packs[-1]):
            stored, person = await asyncio.gather(self._stored(request, packs, now), self._person(request))
        else:
            stored, person = await self._stored(request, packs, now), {}
        held = {}
        for pack in packs:
            pin = stored.pinned_label(pack.name)
            if pin is not None:
                held[pack.name] = HeldLabel(pin.value, pin.reason)
        return LoggedFacts(
            stored.with_pinned_owner(),
            request.surface,
            now,
            {pack.name: known_of(stored, pack, now) for pack in packs},
            {**role_facts(person, packs[-1], now), **request.contact},
            request.contact_id or request.visitor,
            request.context,
            stored.delivered,
            _loads_of(packs[-1], self._state.loads),
            self._state.switched_off,
            held,
        )

    def _reads_person(self, request: DecisionRequest, pack: Pack) -> bool:
        """Return True where what is stored of the contact gives a role that the caller does not state."""
        named = request.visitor is not None or request.contact_id is not None
        return self._contacts is not None and named and fills_roles(pack, request.contact)

    async def _person(self, request: DecisionRequest) -> ContactTraits:
        assert self._contacts is not None
        return await self._contacts.read(request.visitor, request.contact_id)

    async def _stored(self, request: DecisionRequest, packs: Sequence[Pack], now: datetime) -> StoredAccount:
        if request.account is None:
            return StoredAccount(Account(f"visitor:{request.visitor or 'unknown'}"), known=False)
        if request.as_of is not None:
            return await self._reader.read_as_of(request.account, request.as_of, packs)
        stored = await self._reader.read(request.account)
        return await self._reader.with_events(stored, packs, now)

    async def _made(self, request: DecisionRequest, facts: LoggedFacts, packs: Sequence[Pack]) -> Decision:
        snapshot = facts.snapshot(packs)
        with_flip = request.explain is Explain.FULL
        if request.mode is Mode.MODEL:
            budget = request.budget_ms or self._default_budget_ms
            return await decide_with_model(snapshot, self._proposer, budget, with_flip=with_flip)
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
            fresh = await self._facts(request, packs)
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


def _after_losing(facts: LoggedFacts, lost: LimitLost) -> LoggedFacts:
    if lost.rep is not None:
        return replace(facts, loads={**facts.loads, lost.rep: 1_000_000_000})
    return replace(facts, delivered=lost.delivered)


def _loads_of(pack: Pack, loads: Mapping[str, int]) -> dict[str, int]:
    """Return the assignments of today of the pack's reps who have a cap."""
    if pack.routing is None or not loads:
        return {}
    capped = {rep.rep for pod in pack.routing.pods for rep in pod.reps if rep.daily_cap is not None}
    return {rep: count for rep, count in loads.items() if rep in capped}
