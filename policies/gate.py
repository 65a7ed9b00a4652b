"""Which plays policy permits, and why each other one is excluded.

Pure: the same pack, facts and counts give the same findings. Denial is the default: a play that a
segment does not name for a surface is not allowed. A rule forbids unless its condition is false.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from segue.policies.classifier import Status
from segue.policies.findings import Finding, Reason
from segue.policies.forbidding import forbidden
from segue.policies.lease import Lease, farther
from segue.policies.left_alone import is_held_back
from segue.policies.messages import unfilled
from segue.policies.models.pack import Surface
from segue.policies.models.play import Kind
from segue.policies.models.segment import Limit
from segue.policies.pack import CompiledPlay, Pack
from segue.policies.routing import Via
from segue.policies.situation import Situation

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
    if situation.lease is not None and situation.story is not None:
        _keep_story(situation, situation.story, judged)
    return tuple({**_not_allowed(situation.pack), **judged}.values())


def _keep_story(situation: Situation, lease: Lease, judged: dict[str, Finding]) -> None:
    plays = situation.pack.plays
    permitted = {name: plays[name].model for name, found in judged.items() if found.permitted}
    for name in farther(lease, permitted):
        clause = f"since {lease.play} it is about {lease.goal}: {lease.offer or 'no offer'}"
        judged[name] = Finding(name, Reason.OTHER_STORY, Reason.OTHER_STORY, "lease", clause)


def judge(situation: Situation, allowed: Iterable[str]) -> tuple[Finding, ...]:
    """Return one finding for every play of the pack; those not in `allowed` are not allowed.

    Used with the plays of a surface, and with `on_enter` and `on_exit` for a change of label.
    """
    return tuple({**_not_allowed(situation.pack), **_judged(situation, allowed)}.values())


def _judged(situation: Situation, allowed: Iterable[str]) -> dict[str, Finding]:
    plays = situation.pack.plays
    return {name: judge_play(situation, plays[name]) for name in allowed if name in plays}


def allowed_on(situation: Situation) -> tuple[str, ...]:
    """Return the plays that the segment names for the surface, the default first.

    For an account that is held out they are the residual's.
    """
    kept: dict[tuple[str, str | None, bool], tuple[str, ...]] = situation.pack.kept.setdefault("allowed", {})
    case = situation.label.segment, situation.surface, situation.control
    found = kept.get(case)
    if found is None:
        surface = Surface(situation.surface) if situation.surface else None
        policy = situation.pack.residual if situation.control else situation.policy
        treatment = policy.model.surfaces.get(surface) if surface is not None else None
        found = kept[case] = tuple(treatment.plays) if treatment is not None else ()
    return found


def judge_play(situation: Situation, play: CompiledPlay) -> Finding:
    """Return the finding of one play that the segment allows here: the first thing against it, or permitted."""
    name = play.name
    if name in situation.switched_off or situation.surface in situation.switched_off:
        return Finding(name, Reason.SWITCHED_OFF, Reason.SWITCHED_OFF)
    if situation.left_alone and is_held_back(situation.left_alone, play):
        return Finding(name, Reason.LEFT_ALONE, Reason.LEFT_ALONE)
    if play.model.suppresses and situation.label.status is Status.PROVISIONAL:
        return Finding(
            name, Reason.SUPPRESSION_UNPROVEN, Reason.SUPPRESSION_UNPROVEN, missing=situation.label.missing
        )
    found = forbidden(situation.pack, situation.policy, situation.facts, name)
    if found is not None:
        return found
    for limit in situation.policy.limits:
        if name in limit.plays:
            found = _limit_against(situation, name, limit)
            if found is not None:
                return found
    return _offerable(situation, play)


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
