"""What is stored of a decision: its row, what it counts towards limits and caps, and the answer to a repeated call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from segue.accounts.counted import limited_plays, longest_window
from segue.agents.decision import Decision, Explain
from segue.agents.decision_request import Caller, DecisionRequest
from segue.agents.entry import Entry, Once
from segue.agents.leases import HeldPage, TakenLease
from segue.agents.logged_facts import LoggedFacts
from segue.policies.experiments import HOLDOUT
from segue.policies.lease import Lease, begins_story
from segue.policies.models.play import Kind
from segue.policies.pack import Pack
from segue.policies.routing import Via


def entry_of(
    request: DecisionRequest,
    decision: Decision,
    facts: LoggedFacts,
    pack: Pack,
    caller: Caller,
    body: bytes,
    *,
    answer: Mapping[str, Any] | None = None,
    beside: str | None = None,
    page: HeldPage | None = None,
) -> Entry:
    """Return what the journal commits; `beside` names the live decision that a shadow goes with.

    `answer` is the JSON of the decision as it was asked for, and `page` what the flags of a page rest on from now on.
    """
    shadow = beside is not None
    play, label = decision.play, decision.label
    once = None
    if caller.idempotency_key is not None and not shadow:
        once = Once(caller.key_id, caller.idempotency_key, caller.body_digest, 200, body)
    if answer is None or request.explain is not Explain.SHORT:
        logged = orjson.dumps(decision.to_json(Explain.SHORT))
    else:
        logged = body if caller.write is orjson.dumps else orjson.dumps(answer)
    row = (
        decision.decision_id, decision.decided_at, decision.account.id, decision.account.domain,
        request.visitor, pack.name, decision.surface, label.segment, label.status.value, play.name,
        play.assignment.rep if play.assignment else None, request.mode.value, decision.chooser,
        decision.fallback_reason, _arm(decision), pack.revision, shadow,
        _goes_with(request, beside), caller.key_id, decision.latency_ms,
        orjson.dumps(facts.to_json()).decode(),
        None if decision.proposal is None else orjson.dumps(decision.proposal).decode(),
        logged.decode(),
    )  # fmt: skip
    if shadow:
        return Entry(row, decision.account.id, play.name, decision.decided_at)
    limits = tuple(limit for limit in pack.by_name[label.segment].limits if play.name in limit.plays)
    counted = play.name in limited_plays(pack)
    revised = None if request.conversed is None else request.conversed.revises
    if revised is not None and revised.play == play.name:  # it was counted when it was shown first
        limits, counted = (), False
    if not request.personal:  # all whom nobody may tell apart: what one got counts for no other
        limits, counted = (), False
    return Entry(
        row, decision.account.id, play.name, decision.decided_at, facts.contact_id, counted, limits,
        longest_window([pack]), _rep_cap(decision, pack), once, _lease(decision, facts, pack), page,
    )  # fmt: skip


def _arm(decision: Decision) -> str | None:
    """Return the arm as analysts read it: `holdout`, `treatment`, or a test and its arm."""
    draw = decision.draw
    if draw is None:
        return None
    return draw.arm if draw.experiment == HOLDOUT else f"{draw.experiment}:{draw.arm}"


def _lease(decision: Decision, facts: LoggedFacts, pack: Pack) -> TakenLease | None:
    """Return what the account is told from now on; None where the play begins no story or one is being told."""
    play = pack.plays.get(decision.play.name)
    if play is None or not pack.file.lease or not begins_story(play.model):
        return None
    if facts.account.id.startswith("visitor:") or (
        decision.draw is not None and decision.draw.arm == HOLDOUT
    ):
        return None
    if decision.keeps_lease:
        return None
    assignment = decision.play.assignment
    lease = Lease(
        pack.name, decision.label.segment, pack.revision, play.name, play.model.goal, play.model.offer,
        None if assignment is None else assignment.rep, decision.decided_at + pack.file.lease,
        decision.decision_id,
    )  # fmt: skip
    before = facts.lease
    return TakenLease(
        facts.account.id, lease, decision.decided_at, None if before is None else before.decision_id
    )


def _goes_with(request: DecisionRequest, beside: str | None) -> str | None:
    """Return the decision that this one was made beside: by a shadow, or as a revision of it."""
    if beside is not None or request.conversed is None or request.conversed.revises is None:
        return beside
    return request.conversed.revises.decision_id


def _rep_cap(decision: Decision, pack: Pack) -> tuple[str, int] | None:
    """Return the rep whom a pod assigns at once, with their cap, if they have one."""
    assignment = decision.play.assignment
    if assignment is None or assignment.via is not Via.POD or decision.play.kind != Kind.ROUTE:
        return None
    assert pack.routing is not None
    for pod in pack.routing.pods:
        for rep in pod.reps:
            if pod.pod == assignment.pod and rep.rep == assignment.rep and rep.daily_cap is not None:
                return rep.rep, rep.daily_cap
    return None
