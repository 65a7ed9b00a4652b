"""The rules chooser: arbitration by expected worth, every term shown.

total = propensity * context * value - cost, as in the arbitration of next-best-action systems:
how likely the goal is, times how well the moment fits, times what it is worth, less what it costs.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from segue.policies.findings import Finding, Reason
from segue.policies.gate import PROMISES_A_PERSON, allowed_on
from segue.policies.pack import CompiledPlay
from segue.policies.situation import Situation

_PERMITTED, _NOBODY_FREE = Reason.PERMITTED, Reason.NOBODY_FREE  # to look a member up is slow on Python 3.11


@dataclass(frozen=True, slots=True)
class Score:
    """The terms of one play's arbitration, and their total in the pack's unit of value."""

    propensity: float
    context: float
    value: float
    cost: float
    total: float


@dataclass(frozen=True, slots=True)
class Choice:
    """What a chooser proposes, the best first, and the scores behind it."""

    proposals: tuple[str, ...]
    scores: Mapping[str, Score]
    chooser: str = "rules"
    fallback_reason: str | None = None
    proof: tuple[str, ...] | None = None
    """The ids of the proof points to lead with; None leaves them as they are ranked."""
    proposal: Mapping[str, Any] | None = None
    """What a model proposed, as plain JSON; None where none was to be asked."""


class Propensities(Protocol):
    """How often a play reaches its goal."""

    def estimate(self, segment: str, play: str, prior: float) -> float:
        """Return a probability; `prior` is the author's estimate."""
        ...


@dataclass(frozen=True, slots=True)
class MeasuredPropensities:
    """Outcomes counted by (segment, play), smoothed by the author's estimate.

    The mean of a beta distribution: (successes + prior * weight) / (offers + weight). With no
    outcomes it is the prior; `weight` is how many offers the prior is worth.
    """

    outcomes: Mapping[tuple[str, str], tuple[int, int]] = field(default_factory=dict)
    """(segment, play) to (offers, successes)."""
    weight: float = 20.0

    def estimate(self, segment: str, play: str, prior: float) -> float:
        """Return the smoothed share of offers that reached the goal."""
        offers, successes = self.outcomes.get((segment, play), (0, 0))
        return (successes + prior * self.weight) / (offers + self.weight) if offers else prior


PRIORS = MeasuredPropensities()
"""The authors' estimates alone."""


def choose(situation: Situation, findings: Sequence[Finding], propensities: Propensities = PRIORS) -> Choice:
    """Rank the permitted plays by their total; equal totals by a stable hash of the account.

    A play that was excluded only because nobody is free still takes part: where it is best, another
    that can name a person is proposed in its place, else the fallback of `routing.yaml`. Where no
    total is above 0 the surface's default comes first.
    """
    pack = situation.pack
    permitted: dict[str, Score] = {}
    wanted: dict[str, Score] = {}
    for finding in findings:
        code, name = finding.code, finding.play
        if code is _PERMITTED:
            permitted[name] = score(situation, pack.plays[name], propensities)
        elif code is _NOBODY_FREE:
            wanted[name] = score(situation, pack.plays[name], propensities)
    scores = permitted | wanted if wanted else permitted
    ranked = list(scores)
    if len(scores) > 1:
        totals = {name: -found.total for name, found in scores.items()}
        if len(set(totals.values())) == len(totals):
            ranked.sort(key=totals.__getitem__)
        else:
            ranked.sort(key=lambda name: (totals[name], _tie(situation.account.id, name)))
    if wanted and ranked[0] in wanted and pack.routing is not None:
        persons = [
            name for name in ranked if name in permitted and pack.plays[name].model.kind in PROMISES_A_PERSON
        ]
        ranked = [*persons, pack.routing.fallback.play, *ranked]
    elif not ranked or scores[ranked[0]].total <= 0:
        default = default_of(situation)
        if default is not None:
            ranked.insert(0, default)
    proposals = tuple(dict.fromkeys([name for name in ranked if name in permitted]))
    return Choice(proposals, permitted)


def score(situation: Situation, play: CompiledPlay, propensities: Propensities = PRIORS) -> Score:
    """Return the terms of one play. Context is the product of the factors whose condition is true."""
    model = play.model
    context = 1.0
    for when, times in play.context:
        if when.function(situation.facts.merged, situation.facts.now) is True:
            context *= times
    prior = model.propensity
    propensity = 0.0 if prior is None else propensities.estimate(situation.label.segment, play.name, prior)
    total = round(propensity * context * model.value - model.cost, 6)
    return Score(round(propensity, 6), round(context, 6), model.value, model.cost, total)


def default_of(situation: Situation) -> str | None:
    """Return the default play of the situation's surface, if the segment has one there."""
    allowed = allowed_on(situation)
    return allowed[0] if allowed else None


def _tie(account: str, play: str) -> bytes:
    return hashlib.sha256(f"{account}\x00{play}".encode()).digest()
