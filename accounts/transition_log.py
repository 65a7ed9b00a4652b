"""The transitions that were, newest first, each with what it set off."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from segue.core.database import Connection

_QUERY = """
SELECT transition_id, account_id, pack, from_segment, to_segment, from_status, to_status, because, cause,
    transitions.revision, at, accounts.domain, accounts.name,
    (SELECT coalesce(jsonb_agg(jsonb_build_object('consequence_id', consequence_id, 'play', play,
        'moment', moment, 'segment', segment, 'status', status, 'reason', reason, 'due_at', due_at,
        'attempts', attempts) ORDER BY moment DESC, consequence_id), '[]')
      FROM segue.consequences WHERE consequences.account_id = transitions.account_id
        AND consequences.pack = transitions.pack AND consequences.transition_id = transitions.transition_id),
    accounts.alias_of
FROM segue.transitions LEFT JOIN segue.accounts USING (account_id)
WHERE (%(account)s::text IS NULL OR account_id = %(account)s)
    AND (%(since)s::timestamptz IS NULL OR at >= %(since)s)
    AND (%(pack)s::text IS NULL OR pack = %(pack)s)
    AND (%(before)s::bigint IS NULL OR transition_id < %(before)s)
ORDER BY transition_id DESC LIMIT %(limit)s
"""
_FETCH = 500


@dataclass(frozen=True, slots=True)
class LoggedTransition:
    """A transition as it was stored; `because` and `consequences` are plain JSON."""

    transition_id: int
    account_id: str
    pack: str
    from_segment: str | None
    to_segment: str | None
    """None where the account was merged into another."""
    from_status: str | None
    to_status: str | None
    because: Sequence[Mapping[str, Any]]
    cause: str
    revision: str
    at: datetime
    domain: str | None
    name: str | None
    consequences: Sequence[Mapping[str, Any]]
    alias_of: str | None = None
    """The account that it stands for now, if it was merged into another."""

    @property
    def counts_for(self) -> str:
        """The account that counts."""
        return self.alias_of or self.account_id

    def to_json(self) -> dict[str, Any]:
        """Return it as plain JSON."""
        return {
            "transition_id": self.transition_id, "account": self.account_id, "domain": self.domain,
            "name": self.name, "pack": self.pack, "from": self.from_segment, "to": self.to_segment,
            "status": {"from": self.from_status, "to": self.to_status}, "because": self.because,
            "cause": self.cause, "revision": self.revision, "at": self.at,
            "consequences": self.consequences,
        }  # fmt: skip


async def read_transitions(
    connection: Connection,
    *,
    account_id: str | None = None,
    since: datetime | None = None,
    pack: str | None = None,
    before: int | None = None,
    limit: int = 100,
) -> list[LoggedTransition]:
    """Return transitions, the newest first, at most `limit`.

    `before` is the id of a transition: only those before it are returned.
    """
    asked = {"account": account_id, "since": since, "pack": pack, "before": before, "limit": limit}
    cursor = await connection.execute(_QUERY, asked)
    return [LoggedTransition(*row) for row in await cursor.fetchall()]


async def transitions_since(
    connection: Connection, since: datetime, pack: str | None
) -> AsyncIterator[LoggedTransition]:
    """Yield every transition from an instant on, the newest first, as a stream, within a transaction."""
    asked = {"account": None, "since": since, "pack": pack, "before": None, "limit": None}
    async with connection.cursor("transitions") as cursor:
        cursor.itersize = _FETCH
        await cursor.execute(_QUERY, asked)
        async for row in cursor:
            yield LoggedTransition(*row)
