"""Which plays policy permits, and why each other one is excluded.

Pure: the same pack, facts and counts give the same findings. Denial is the default: a play that a
segment does not name for a surface is not allowed. A rule forbids unless its condition is false.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any, Protocol

from segue.core.computed_once import computed_once
from segue.policies.classifier import Label, Status
from segue.policies.facts import Account, Facts
from segue.policies.language.explain import Clause
from segue.policies.messages import unfilled
from segue.policies.models.pack import Surface
from segue.policies.models.play import Kind
from segue.policies.models.proof import ProofPoint
from segue.policies.models.segment import Limit
from segue.policies.pack import CompiledPlay, CompiledRule, Pack, SegmentPolicy
from segue.policies.proof import permitted_proof, trait_value
from segue.policies.questions import Question, best_question
from segue.policies.routing import Assignment, Via, assign
from segue.policies.terms import AdaptedTerms, adapted_terms


class Reason(StrEnum):
    """Why a play was or was not permitted. Append, never rename: callers match on these."""

    PERMITTED = "permitted"
    NOT_ALLOWED = "not_allowed"
    """The segment does not name the play for this surface."""
    FORBIDDEN = "forbidden"
    """A rule or guardrail is true; its own reason is shown."""
    FORBIDDEN_UNKNOWN = "forbidden_unknown"
    """A rule or guardrail cannot be shown to be false."""
    LIMIT_REACHED = "limit_reached"
    SWITCHED_OFF = "switched_off"
    """A kill switch holds the surface or the play."""
    SUPPRESSION_UNPROVEN = "suppression_unproven"
    """The play takes the account out of something, and the label is not settled."""
    MESSAGE_UNFILLED = "message_unfilled"
    """The words name a fact that is unknown."""
    NO_PROOF = "no_proof"
    """The words quote a proof point, and none may be shown."""
    NOTHING_TO_ASK = "nothing_to_ask"
    """No question would change the label."""
    NOBODY_FREE = "nobody_free"
    """The play promises a named rep, and none is free."""


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


@dataclass(frozen=True, slots=True)
class Finding:
    """What the gate says of one play.

    `reason` is what a caller sees: the rule's own reason when it fired, else the code. `rule` names
    the rule, guardrail or limit; `clause`, `trait` and `value` are what decided it.
    """

    play: str
    code: Reason
    reason: str
    rule: str | None = None
    clause: str | None = None
    trait: str | None = None
    value: Any = None
    missing: tuple[str, ...] = ()

    @property
    def permitted(self) -> bool:
        """True when policy permits the play."""
        return self.code is Reason.PERMITTED


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
        return permitted_proof(self.pack, self.policy.model.proof, self.facts, self.terms)

    @computed_once
    def question(self) -> Question | None:
        """The question worth asking, if there is one."""
        return best_question(self.pack, self.facts, self.label.missing)

    def assignment(self, play: CompiledPlay) -> Assignment:
        """Return who would carry a play out: a meeting may be booked outside working hours, a route may not."""
        owner, at_once = play.model.owner, play.model.kind is not Kind.MEETING
        found = self._assignments.get((owner, at_once))
        if found is None:
            found = assign(self.pack, self.facts, self.account, owner, self.loads, at_once=at_once)
            self._assignments[owner, at_once] = found
        return found

    def slot_values(self, play: CompiledPlay) -> Mapping[str, Any]:
        """Return the values of the traits that a play's message names."""
        found = self._slot_values.get(play.name)
        if found is None:
            found = self._slot_values[play.name] = {
                slot.trait: trait_value(self.pack, slot.trait, self.facts)
                for slot in play.slots
                if slot.trait is not None
            }
        return found


_NOBODY_FREE = Reason.NOBODY_FREE  # to look a member up is slow on Python 3.11
PROMISES_A_PERSON = frozenset({Kind.ROUTE, Kind.MEETING})
"""The kinds of play that name a rep to somebody."""


def gate(situation: Situation) -> tuple[Finding, ...]:
    """Return one finding for every play of the pack, on the situation's surface.

    Where a play promised a person and nobody is free, the fallback of `routing.yaml` is judged as
    if the segment allowed it.
    """
    judged = _judged(situation, allowed_on(situation))
    routing, plays = situation.pack.routing, situation.pack.plays
    if routing is not None and any(each.code is _NOBODY_FREE for each in judged.values()):
        fallback = routing.fallback.play
        if fallback in plays and fallback not in judged:
            judged[fallback] = judge_play(situation, plays[fallback])
    return tuple({**_not_allowed(situation.pack), **judged}.values())


def judge(situation: Situation, allowed: Iterable[str]) -> tuple[Finding, ...]:
    """Return one finding for every play of the pack; those not in `allowed` are not allowed.

    Used with the plays of a surface, and with `on_enter` and `on_exit` for a change of label.
    """
    return tuple({**_not_allowed(situation.pack), **_judged(situation, allowed)}.values())


def _judged(situation: Situation, allowed: Iterable[str]) -> dict[str, Finding]:
    plays = situation.pack.plays
    return {name: judge_play(situation, plays[name]) for name in allowed if name in plays}


def allowed_on(situation: Situation) -> tuple[str, ...]:
    """Return the plays that the segment names for the surface, the default first."""
    kept: dict[tuple[str, str | None], tuple[str, ...]] = situation.pack.kept.setdefault("allowed", {})
    case = situation.label.segment, situation.surface
    found = kept.get(case)
    if found is None:
        surface = Surface(situation.surface) if situation.surface else None
        treatment = situation.policy.model.surfaces.get(surface) if surface is not None else None
        found = kept[case] = tuple(treatment.plays) if treatment is not None else ()
    return found


def judge_play(situation: Situation, play: CompiledPlay) -> Finding:
    """Return the finding of one play that the segment allows here: the first thing against it, or permitted."""
    name = play.name
    if name in situation.switched_off or situation.surface in situation.switched_off:
        return Finding(name, Reason.SWITCHED_OFF, Reason.SWITCHED_OFF)
    if play.model.suppresses and situation.label.status is Status.PROVISIONAL:
        return Finding(
            name, Reason.SUPPRESSION_UNPROVEN, Reason.SUPPRESSION_UNPROVEN, missing=situation.label.missing
        )
    for rules in (situation.pack.guardrails, situation.policy.rules):
        for rule in rules:
            if name in rule.plays:
                found = _rule_against(situation, name, rule)
                if found is not None:
                    return found
    for limit in situation.policy.limits:
        if name in limit.plays:
            found = _limit_against(situation, name, limit)
            if found is not None:
                return found
    return _offerable(situation, play)


def _rule_against(situation: Situation, name: str, rule: CompiledRule) -> Finding | None:
    facts = situation.facts
    verdict = rule.when.function(facts.merged, facts.now)
    if verdict is False:
        return None
    view = situation.pack.explainer.view(facts.merged, facts.now)
    clauses = view.because(rule.when.node)
    clause = clauses[0] if clauses else Clause(rule.when.text, None, None, verdict)
    code = Reason.FORBIDDEN if verdict else Reason.FORBIDDEN_UNKNOWN
    missing = () if verdict else view.missing(rule.when.node)
    return Finding(
        name, code, rule.reason if verdict else code, rule.name, clause.clause,
        missing[0] if missing else clause.trait, clause.value, missing,
    )  # fmt: skip


def _limit_against(situation: Situation, name: str, limit: Limit) -> Finding | None:
    delivered = sum(situation.counts.delivered(play, limit.per, limit.over) for play in limit.plays)
    if delivered < limit.at_most:
        return None
    days = limit.over.total_seconds() / 86_400
    clause = f"at most {limit.at_most} of {', '.join(limit.plays)} per {limit.per} in {days:g} days"
    return Finding(name, Reason.LIMIT_REACHED, Reason.LIMIT_REACHED, "limit", clause, None, delivered)


def _offerable(situation: Situation, play: CompiledPlay) -> Finding:
    """Judge whether the play can be said and done: its words filled, its question worth it, its rep free."""
    name = play.name
    if play.model.kind is Kind.ASK and situation.question is None:
        return Finding(name, Reason.NOTHING_TO_ASK, Reason.NOTHING_TO_ASK)
    if play.slots:
        empty = unfilled(play.slots, situation.slot_values(play), situation.proof if _quotes(play) else ())
        if empty is not None:
            code = Reason.NO_PROOF if empty.proof is not None else Reason.MESSAGE_UNFILLED
            missing = () if empty.trait is None else (empty.trait,)
            return Finding(name, code, code, trait=empty.trait, missing=missing)
    if play.model.kind in PROMISES_A_PERSON:
        assignment = situation.assignment(play)
        if assignment.via is Via.NOBODY_FREE:
            return Finding(name, Reason.NOBODY_FREE, Reason.NOBODY_FREE)
    return Finding(name, Reason.PERMITTED, Reason.PERMITTED)


def _quotes(play: CompiledPlay) -> bool:
    return any(slot.proof is not None for slot in play.slots)


def _not_allowed(pack: Pack) -> Mapping[str, Finding]:
    """Return the findings of plays that are not allowed: the same for every decision of the pack."""
    found = pack.kept.get("not_allowed")
    if found is None:
        found = {name: Finding(name, Reason.NOT_ALLOWED, Reason.NOT_ALLOWED) for name in pack.plays}
        pack.kept["not_allowed"] = found
    return found
