"""What is stored of a decision: its row, what it counts towards limits and caps, and the answer to a repeated call."""

from __future__ import annotations

import orjson

from segue.accounts.counted import limited_plays, longest_window
from segue.agents.decision import Decision, Explain
from segue.agents.decision_request import Caller, DecisionRequest
from segue.agents.group_commit import Entry, Once
from segue.agents.logged_facts import LoggedFacts
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
    beside: str | None = None,
) -> Entry:
    """Return what the journal commits; `beside` names the live decision that a shadow goes with."""
    shadow = beside is not None
    play, label = decision.play, decision.label
    once = None
    if caller.idempotency_key is not None and not shadow:
        once = Once(caller.key_id, caller.idempotency_key, caller.body_digest, 200, body)
    whole = request.explain is Explain.SHORT and caller.write is orjson.dumps and not shadow
    logged = body if whole else orjson.dumps(decision.to_json(Explain.SHORT))
    row = (
        decision.decision_id, decision.decided_at, decision.account.id, decision.account.domain,
        request.visitor, pack.name, decision.surface, label.segment, label.status.value, play.name,
        play.assignment.rep if play.assignment else None, request.mode.value, decision.chooser,
        decision.fallback_reason, None, pack.revision, shadow,
        beside, caller.key_id, decision.latency_ms,
        orjson.dumps(facts.to_json()).decode(),
        None if decision.proposal is None else orjson.dumps(decision.proposal).decode(),
        logged.decode(),
    )  # fmt: skip
    if shadow:
        return Entry(row, decision.account.id, play.name, decision.decided_at)
    limits = tuple(limit for limit in pack.by_name[label.segment].limits if play.name in limit.plays)
    counted = play.name in limited_plays(pack)
    if not request.personal:  # all whom nobody may tell apart: what one got counts for no other
        limits, counted = (), False
    return Entry(
        row, decision.account.id, play.name, decision.decided_at, facts.contact_id, counted, limits,
        longest_window([pack]), _rep_cap(decision, pack), once,
    )  # fmt: skip


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
