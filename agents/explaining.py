"""A stored decision explained: what was answered then, and what would have led elsewhere on the facts of then."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson

from segue.agents.decide import decide
from segue.agents.decision import Explain
from segue.agents.live_policies import LivePolicies
from segue.agents.logged_facts import are_erased, logged_facts
from segue.core.database import Database
from segue.core.errors import NotFoundError

_QUERY = (
    "SELECT answer::text, facts::text, proposal FROM segue.decisions WHERE decision_id = %s AND NOT shadow"
)


@dataclass(frozen=True, slots=True)
class Explained:
    """A stored decision, and its reasons in full where they can be worked out still."""

    answer: Mapping[str, Any]
    """As it was answered, with every play of the pack and the flips where `why_short` is None."""
    why_short: str | None = None
    """Why the reasons are those that were answered and no more."""


async def explain_stored(database: Database, policies: LivePolicies, decision_id: UUID) -> Explained:
    """Return a stored decision with its reasons in full, made again from its own facts and revisions.

    Raises:
        NotFoundError: none of this id is stored, or it is past its retention.
    """
    async with database.connection() as connection:
        cursor = await connection.execute(_QUERY, (decision_id,))
        row = await cursor.fetchone()
    if row is None:
        raise NotFoundError(f"no decision {decision_id} is stored")
    answer, facts = orjson.loads(row[0]), orjson.loads(row[1])
    if are_erased(facts):
        return Explained(answer, "its facts were erased")
    try:
        packs = await policies.chain(answer["policy"]["packs"], answer["policy"].get("artifacts", {}))
    except NotFoundError:
        return Explained(answer, "its policy is not stored any more")
    again = decide(logged_facts(facts).snapshot(packs), with_flip=True, proposal=row[2])
    full = again.to_json(Explain.FULL)
    return Explained({**answer, "considered": full["considered"], "flip": full["flip"]})
