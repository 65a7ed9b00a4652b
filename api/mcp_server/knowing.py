"""The tools that say what is known: of an account, and what may be claimed to it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from segue.accounts.reader import account_key
from segue.agents.account_view import account_view
from segue.agents.decision_request import DecisionRequest
from segue.agents.steps import situation_of
from segue.api.keys import Key
from segue.api.mcp_server.asked import AccountIn, SearchProofIn
from segue.api.mcp_server.bounds import first
from segue.api.services import Services
from segue.policies.classifier import label_of
from segue.policies.models.proof import ProofPoint

_MOST_TRAITS = 60
_SEARCH_SECONDS = 3.0
"""After which the order is policy's."""
_DUE = "SELECT label_due_at FROM segue.accounts WHERE account_id = %s"


async def account_tool(services: Services, _: Key, asked: AccountIn) -> dict[str, Any]:
    """Return what is known of an account, the newest first, bounded."""
    live, now = services.policies.live, datetime.now(UTC)
    stored = await services.reader.read_known(account_key(asked.account))
    stored = await services.reader.with_events(stored, live.packs, now)
    async with services.database.connection() as connection:
        view = await account_view(connection, stored, live.packs, now)
        row = await (await connection.execute(_DUE, (view["account"]["id"],))).fetchone()
    traits = [
        {"trait": name, **said, "age_days": round((now - said["true_at"]).total_seconds() / 86_400, 1)}
        for name, sources in view["traits"].items()
        for said in sources
    ]
    traits.sort(key=lambda each: each["age_days"])
    left_out: dict[str, int] = {}
    return {
        **{name: view[name] for name in ("account", "asked_as", "labels", "events", "pins", "transitions")},
        "due_at": None if row is None else row[0],
        "traits": first(traits, _MOST_TRAITS, "traits", left_out),
        "left_out": left_out,
    }


async def search_proof_tool(services: Services, _: Key, asked: SearchProofIn) -> dict[str, Any]:
    """Return proof points that may be shown to this account on this surface."""
    named = None if asked.account is None else account_key(asked.account)
    looked = await services.decisions.look(
        DecisionRequest(asked.surface.value, named, asked.visitor, pack=asked.pack)
    )
    snapshot = looked.facts.snapshot(looked.packs)
    situation = situation_of(snapshot, label_of(snapshot.pack, snapshot.facts, snapshot.held))
    permitted, account = situation.all_proof, snapshot.account
    search = await services.knowledge.search(
        snapshot.pack, permitted, asked.query, asked.at_most, _SEARCH_SECONDS
    )
    return {
        "account": {"id": account.id, "domain": account.domain, "name": account.name},
        "segment": situation.label.segment,
        "how": search.ranked_by.value,
        "permitted": len(permitted),
        "proof": [_point(each.point, each.score) for each in search.found],
    }


def _point(point: ProofPoint, score: float | None) -> dict[str, Any]:
    return {
        "id": point.id,
        "claim": point.claim,
        "source": point.evidence,
        "quote": point.body,
        "tags": dict(point.tags),
        "expires_on": point.expires_on.isoformat(),
        "score": score,
    }
