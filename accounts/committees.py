"""The buying committee of an account: which roles its people fill who were seen of late, and which nobody does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from segue.accounts.contact_roles import ContactTraits, role_in
from segue.core.database import Connection
from segue.policies.pack import Pack

_MOST = 5_000
"""People of an account that are looked at: those who were seen last."""

# who said that nothing of theirs may be used for what somebody is shown is nobody here
_SEEN = """
SELECT contact_id, seen_at, contact.traits FROM (
    SELECT contact_id, max(at) AS seen_at FROM segue.events
    WHERE account_id = ANY(%(accounts)s) AND contact_id IS NOT NULL AND mark IS NULL
        AND at > %(since)s AND at <= %(now)s
    GROUP BY contact_id ORDER BY seen_at DESC, contact_id LIMIT %(limit)s
) AS seen JOIN segue.contacts AS contact USING (contact_id)
WHERE NOT EXISTS (
    SELECT FROM segue.consents WHERE kind = 'contact' AND subject = contact_id
        AND purpose = 'personalization' AND state = 'denied'
        AND at >= ALL (SELECT said.at FROM segue.consents AS said WHERE said.kind = 'contact'
            AND said.subject = contact_id AND said.purpose = 'personalization'))
ORDER BY seen_at DESC, contact_id
"""


@dataclass(frozen=True, slots=True)
class SeenContact:
    """A contact of an account, and when they were last seen."""

    contact_id: str
    seen_at: datetime
    traits: ContactTraits


async def seen_contacts(
    connection: Connection, account_ids: Sequence[str], now: datetime, within: timedelta, limit: int = _MOST
) -> list[SeenContact]:
    """Return the contacts of an account, by the ids of it and its aliases, who were seen of late, the last first."""
    asked = {"accounts": list(account_ids), "now": now, "since": now - within, "limit": limit}
    cursor = await connection.execute(_SEEN, asked)
    return [SeenContact(*row) for row in await cursor.fetchall()]


def committee_json(pack: Pack, people: Sequence[SeenContact], now: datetime) -> dict[str, Any] | None:
    """Return the committee that a pack wants: who is active by role, how many and when last, and who is missing.

    Nobody is named. None for a pack that gives no roles. Pure.
    """
    if pack.personas is None:
        return None
    oldest = now - pack.personas.active_within
    active: dict[str, dict[str, Any]] = {}
    for each in people:
        persona = role_in(each.traits, pack, now).persona
        if persona is None or each.seen_at <= oldest:
            continue
        found = active.setdefault(persona, {"contacts": 0, "last_seen": each.seen_at})
        found["contacts"] += 1
        found["last_seen"] = max(found["last_seen"], each.seen_at)
    wanted = pack.personas.committee
    ordered = [*wanted, *sorted(active.keys() - set(wanted))]
    return {
        "active": {persona: active[persona] for persona in ordered if persona in active},
        "missing": [persona for persona in wanted if persona not in active],
    }


async def committees(
    connection: Connection, account_ids: Sequence[str], packs: Sequence[Pack], now: datetime
) -> dict[str, dict[str, Any]]:
    """Return the committee of an account in each pack that gives roles."""
    giving = [pack.personas.active_within for pack in packs if pack.personas is not None]
    if not giving:
        return {}
    people = await seen_contacts(connection, account_ids, now, max(giving))
    found = {pack.name: committee_json(pack, people, now) for pack in packs}
    return {name: each for name, each in found.items() if each is not None}
