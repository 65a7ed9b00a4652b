"""What a decision rests on: the request as consent allows it, the facts as they are now, and the packs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from segue.accounts.contact_roles import fills_roles, role_facts
from segue.accounts.counted import longest_window
from segue.accounts.person_reader import NOBODY, Person, PersonReader
from segue.accounts.reader import AccountReader
from segue.accounts.stored import StoredAccount, known_of
from segue.agents.consented import impersonal, with_marketing
from segue.agents.conversed_facts import ranked_by_meaning, said_in, with_declared, without_revised
from segue.agents.decision_request import Conversed, DecisionRequest
from segue.agents.identified import identified
from segue.agents.identity import Identity
from segue.agents.live_policies import LivePacks, LivePolicies
from segue.agents.live_state import LiveState
from segue.agents.logged_facts import LoggedFacts
from segue.agents.taking_part import loads_of_reps, takes_part
from segue.agents.what_if import with_changes
from segue.core.errors import InputError
from segue.policies.classifier import HeldLabel
from segue.policies.facts import Account
from segue.policies.models.traits import Scope
from segue.policies.pack import Pack


@dataclass(frozen=True, slots=True)
class Looked:
    """What a decision rests on: the request as consent allows it, the facts, and the packs, the deciding one last."""

    request: DecisionRequest
    facts: LoggedFacts
    packs: tuple[Pack, ...]
    trace: str | None = None
    """Of a page: what was in the store of its visitor when their consent was read, and no later than the rest."""


class Looking:
    """Looks up what decisions rest on, together with what others ask for at the same time."""

    def __init__(
        self,
        reader: AccountReader,
        policies: LivePolicies,
        state: LiveState,
        clock: Callable[[], datetime],
        people: PersonReader | None = None,
    ) -> None:
        self._reader = reader
        self._policies = policies
        self._state = state
        self._clock = clock
        self._people = people

    async def look(self, request: DecisionRequest, live: LivePacks) -> Looked:
        """Return what a decision on a request rests on, under the packs that are live.

        Raises:
            InputError: a fact, the surface or the account is refused.
            NotFoundError: no such live pack or stored revision.
            UnavailableError: the database does not answer.
        """
        packs = await self._packs(request, live)
        request, identity, person = await self._permitted(request, packs)
        self._reader.window = max(self._reader.window, longest_window(packs).total_seconds())
        facts = await self._facts(request, packs, person, identity)
        if request.conversed is not None:
            facts = await self._conversed(request.conversed, facts, packs)
        if request.changes:
            facts = with_changes(facts, request.changes, packs)
        return Looked(request, facts, packs, person.trace)

    async def under(self, request: DecisionRequest, packs: Sequence[Pack]) -> LoggedFacts | None:
        """Return the facts of a request, which is as consent allows it, under other packs than it was looked up for.

        None where its person has denied since then, or was erased.
        """
        person = await self._person(replace(request, page=None), packs[-1])
        return None if person.is_impersonal else await self._facts(request, packs, person, None)

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
    ) -> tuple[DecisionRequest, Identity | None, Person]:
        """Return the request as the consent of the person in it allows: whole, or with nothing of anybody's.

        Whole, it names the account that they are held to belong to, and with it is said how that is known, and
        who they are.
        """
        person = await self._person(request, packs[-1])
        if not request.personal or person.is_impersonal:
            return impersonal(request), None, NOBODY
        if person is NOBODY:
            return request, None, NOBODY
        request = with_marketing(request, person.marketing, packs)
        return *identified(request, person.placed, packs[-1]), person

    async def _facts(
        self, request: DecisionRequest, packs: Sequence[Pack], person: Person, identity: Identity | None
    ) -> LoggedFacts:
        """Return the facts of a request that is as consent allows it; `identity` says how its account was found."""
        now = request.as_of or self._clock()
        stored = await self._stored(request, packs, now)
        if request.conversed is not None:
            stored = with_declared(stored, request.conversed)
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
            {
                **role_facts(person.traits, packs[-1], now),
                **said_in(request, Scope.CONTACT, packs[-1]),
                **request.contact,
            },
            request.contact_id or request.visitor,
            {**said_in(request, Scope.REQUEST, packs[-1]), **request.context},
            stored.delivered,
            loads_of_reps(packs[-1], self._state.loads),
            self._state.switched_off,
            held,
            identity,
            lease=stored.lease(packs[-1].name) if request.looks_at_now else None,
            drawn=takes_part(request, self._state.switched_off),
        )

    async def _person(self, request: DecisionRequest, pack: Pack) -> Person:
        """Return who a request is about: their traits too, where these give a role that the caller does not state."""
        if self._people is None or not request.personal:
            return NOBODY
        return await self._people.read(
            request.visitor,
            request.contact_id,
            traced=request.page is not None,
            with_traits=fills_roles(pack, request.contact),
        )

    async def _conversed(
        self, conversed: Conversed, facts: LoggedFacts, packs: Sequence[Pack]
    ) -> LoggedFacts:
        facts = replace(facts, unasked=conversed.unasked, left_alone=conversed.left_alone)
        if conversed.revises is not None:
            facts = without_revised(facts, conversed.revises)
        return await ranked_by_meaning(facts, conversed, packs)

    async def _stored(self, request: DecisionRequest, packs: Sequence[Pack], now: datetime) -> StoredAccount:
        if request.account is None:
            return StoredAccount(Account(f"visitor:{request.visitor or 'unknown'}"), known=False)
        if request.as_of is not None:
            return await self._reader.read_as_of(request.account, request.as_of, packs)
        stored = await self._reader.read(request.account)
        return await self._reader.with_events(stored, packs, now)
