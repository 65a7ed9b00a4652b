"""Everything that a decision of one pack rests on, collected once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Protocol

from segue.core.computed_once import computed_once
from segue.policies.classifier import Label
from segue.policies.facts import Account, Facts
from segue.policies.forbidding import forbidden
from segue.policies.lease import Lease
from segue.policies.left_alone import LeftAlone
from segue.policies.models.play import Kind
from segue.policies.models.proof import ProofPoint
from segue.policies.pack import CompiledPlay, Pack, SegmentPolicy
from segue.policies.proof import all_permitted_proof, permitted_proof, trait_value
from segue.policies.questions import Question
from segue.policies.routing import Assignment, assign
from segue.policies.slot_values import fit_value
from segue.policies.terms import AdaptedTerms, adapted_terms
from segue.policies.worth_asking import question_worth_asking


class Counts(Protocol):
    """How often plays were delivered. Passed in: the gate counts nothing itself."""

    def delivered(self, play: str, per: str, over: timedelta) -> int:
        """Return how often a play was delivered to this account or contact within the window."""
        ...


@dataclass(frozen=True, slots=True)
class PlayCounts:
    """Counts that are the same for every window: one number a play."""

    counts: Mapping[str, int] = field(default_factory=dict)

    def delivered(self, play: str, per: str, over: timedelta) -> int:  # noqa: ARG002 - one number for all windows
        """Return the play's number, whatever the window."""
        return self.counts.get(play, 0)


ALL = "*"
"""Every trait, where those are named that are not to be asked for."""


@dataclass(frozen=True)
class Situation:
    """Everything that a decision of one pack rests on, collected once.

    What only some plays need (terms, proof, question, rep) is worked out when first asked for.
    """

    pack: Pack
    facts: Facts
    account: Account
    label: Label
    surface: str | None
    counts: Counts = PlayCounts()
    loads: Mapping[str, int] = field(default_factory=dict)
    """Assignments today, by rep."""
    switched_off: frozenset[str] = frozenset()
    """Surfaces and plays that a kill switch holds."""
    lease: Lease | None = None
    """What the account is being told, if anything is."""
    control: bool = False
    """True for an account that is held out: it gets what the residual gets, its default first."""
    preferred: tuple[str, ...] = ()
    """Proof points that answer what was asked, the closest first; of those permitted they come first."""
    unasked: frozenset[str] = frozenset()
    """Traits that are not to be asked for; `*` is every one."""
    left_alone: LeftAlone = LeftAlone.NO
    """How far the person asked, in this conversation, to be left alone."""
    _assignments: dict[tuple[str, bool], Assignment] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )
    _slot_values: dict[str, Mapping[str, Any]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    @computed_once
    def policy(self) -> SegmentPolicy:
        """The policy of the label's segment."""
        return self.pack.by_name[self.label.segment]

    @computed_once
    def terms(self) -> AdaptedTerms:
        """What `adapt` sets here."""
        return adapted_terms(self.pack, self.facts)

    @computed_once
    def proof(self) -> tuple[ProofPoint, ...]:
        """The proof points that may be shown, the best first."""
        return permitted_proof(self.pack, self.policy.model.proof, self.facts, self.terms, self.preferred)

    @computed_once
    def all_proof(self) -> tuple[ProofPoint, ...]:
        """Every proof point that may be shown, for a search to pick from; `proof` is the first few."""
        return all_permitted_proof(self.pack, self.policy.model.proof, self.facts, self.terms)

    @computed_once
    def question(self) -> Question | None:
        """The question worth asking, if there is one."""
        if ALL in self.unasked:
            return None
        missing = tuple(name for name in self.label.missing if name not in self.unasked)
        return question_worth_asking(self.pack, self.facts, missing)

    @computed_once
    def story(self) -> Lease | None:
        """The lease, where it counts: under this policy and label, not over, its play not forbidden since."""
        lease = self.lease
        if lease is None or self.control or self.facts.now >= lease.until:
            return None
        if (lease.pack, lease.segment, lease.revision) != (
            self.pack.name,
            self.label.segment,
            self.pack.revision,
        ):
            return None
        if lease.play not in self.pack.plays or lease.play in self.switched_off:
            return None
        return None if forbidden(self.pack, self.policy, self.facts, lease.play) is not None else lease

    def assignment(self, play: CompiledPlay) -> Assignment:
        """Return who would carry a play out: a meeting may be booked outside working hours, a route may not."""
        owner, at_once = play.model.owner, play.model.kind is not Kind.MEETING
        found = self._assignments.get((owner, at_once))
        if found is None:
            held = self.story.rep if self.lease is not None and self.story is not None else None
            found = assign(self.pack, self.facts, self.account, owner, self.loads, at_once=at_once, held=held)
            self._assignments[owner, at_once] = found
        return found

    def slot_values(self, play: CompiledPlay) -> Mapping[str, Any]:
        """Return the values of the traits that a play's message names, as a message may say them."""
        found = self._slot_values.get(play.name)
        if found is None:
            found = self._slot_values[play.name] = {
                slot.trait: fit_value(self.pack, slot.trait, trait_value(self.pack, slot.trait, self.facts))
                for slot in play.slots
                if slot.trait is not None
            }
        return found
