"""The tools that decide, explain a decision and say what other facts would lead to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from segue.accounts.reader import account_key
from segue.agents.decide import decide
from segue.agents.decision import Decision, Explain
from segue.agents.decision_request import Caller, DecisionRequest
from segue.agents.explaining import explain_stored
from segue.agents.what_if import with_changes
from segue.api.keys import Key
from segue.api.mcp_server.asked import DecideIn, ExplainIn, LookIn, SimulateIn
from segue.api.mcp_server.bounds import first
from segue.api.services import Services
from segue.policies.plain import json_value

_MOST = 25
"""Plays that are shown of those permitted, and of those excluded."""


async def decide_tool(services: Services, key: Key, asked: LookIn) -> dict[str, Any]:
    """Decide; recorded only where a key that may act asks for that."""
    recorded = isinstance(asked, DecideIn) and asked.record
    request = DecisionRequest(
        asked.surface.value, _named(asked.account), asked.visitor, asked.contact, None, asked.context,
        asked.pack, asked.mode, asked.budget_ms, dry_run=not recorded,
    )  # fmt: skip
    answer = await services.decisions.decide(request, Caller(key.key_id))
    return {"recorded": recorded, "decision": orjson.loads(answer.body)}


async def explain_tool(services: Services, _: Key, asked: ExplainIn) -> dict[str, Any]:
    """Explain a stored decision, or a fresh one."""
    if asked.decision_id is not None:
        found = await explain_stored(services.database, services.policies, asked.decision_id)
        return _explained(found.answer, found.why_short) | {"decision_id": found.answer["decision_id"]}
    looked = await services.decisions.look(
        DecisionRequest(asked.surface.value, _named(asked.account), asked.visitor, pack=asked.pack)
    )
    decision = decide(looked.facts.snapshot(looked.packs), with_flip=True)
    return _explained(decision.to_json(Explain.FULL), None) | {"decision_id": None}


async def simulate_tool(services: Services, _: Key, asked: SimulateIn) -> dict[str, Any]:
    """Decide on the facts as they are and as they would be, at one instant, and say what is different."""
    looked = await services.decisions.look(
        DecisionRequest(asked.surface.value, _named(asked.account), asked.visitor, pack=asked.pack)
    )
    before = decide(looked.facts.snapshot(looked.packs))
    changed = with_changes(looked.facts, asked.changes, looked.packs)
    after = decide(changed.snapshot(looked.packs))
    now, then = _permitted(before), _permitted(after)
    return {
        "account": {"id": before.account.id, "domain": before.account.domain, "name": before.account.name},
        "pack": before.pack,
        "surface": before.surface,
        "changes": {name: json_value(value) for name, value in asked.changes.items()},
        "before": _outcome(before),
        "after": _outcome(after),
        "label_changes": before.label.segment != after.label.segment,
        "play_changes": before.play.name != after.play.name,
        "opened": [name for name in then if name not in now],
        "closed": [name for name in now if name not in then],
    }


def _named(account: str | None) -> Any:
    return None if account is None else account_key(account)


def _explained(answer: Mapping[str, Any], short_because: str | None) -> dict[str, Any]:
    considered: Sequence[Mapping[str, Any]] = answer["considered"]
    permitted = [each for each in considered if each["permitted"]]
    permitted.sort(key=lambda each: -(each.get("score") or {"total": float("-inf")})["total"])
    # what the segment never names is of less interest than what a rule keeps it from
    excluded = sorted(
        (each for each in considered if not each["permitted"]), key=lambda each: each["code"] == "not_allowed"
    )
    left_out: dict[str, int] = {}
    return {
        **{name: answer[name] for name in ("decided_at", "pack", "surface", "account", "labels", "play")},
        "chooser": answer["chooser"],
        "fallback_reason": answer["fallback_reason"],
        "permitted": first(permitted, _MOST, "permitted", left_out),
        "excluded": first(excluded, _MOST, "excluded", left_out),
        "flip": [
            {
                "trait": each["trait"], "from": each["from"], "to": each["to"],
                "segment": each["then"].get("segment"), "opens": each["then"].get("opens"),
            }
            for each in answer["flip"]
        ],
        "short_because": short_because,
        "left_out": left_out,
    }  # fmt: skip


def _permitted(decision: Decision) -> dict[str, None]:
    return dict.fromkeys(each.play for each in decision.findings if each.permitted)


def _outcome(decision: Decision) -> dict[str, Any]:
    label, play = decision.label, decision.play
    return {
        "segment": label.segment,
        "status": label.status.value,
        "missing": list(label.missing),
        "play": play.name,
        "title": play.title,
        "message": play.message,
        "rep": play.assignment.rep if play.assignment else None,
    }
