"""The merges that stand: each account that was merged into another, and where it comes to in the end.

A merge is kept as it was asked for, from one account into another; `accounts.alias_of` is where that
comes to, so that it never points to an alias. To undo a merge is to take it out: what was merged into the
account before stands for it again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb

from segue.accounts.label_rows import LabelRow
from segue.core.database import Connection

_LOCK = 7_416_205
"""The advisory lock of who changes what is merged into what: one at a time."""

Labels = Mapping[str, Mapping[str, tuple[str, datetime]]]
"""Account to pack to its segment, and since when."""


@dataclass(frozen=True, slots=True)
class Merge:
    """One merge that stands."""

    account_id: str
    into: str
    """As it was asked for."""
    alias_of: str
    """Where it comes to: the account that counts."""
    reason: str
    by: str
    at: datetime
    labels: Mapping[str, Mapping[str, Sequence[str]]]
    """The labels of both as they were: account to pack to segment and, in ISO 8601, since when."""

    def to_json(self) -> dict[str, Any]:
        """Return it as plain JSON, without the labels."""
        return {
            "account": self.account_id, "into": self.into, "alias_of": self.alias_of, "reason": self.reason,
            "by": self.by, "at": self.at,
        }  # fmt: skip


async def hold_merges(connection: Connection) -> None:
    """Keep others from merging accounts, or undoing it, until the transaction ends."""
    await connection.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))


async def read_merges(connection: Connection, account_ids: Sequence[str]) -> list[Merge]:
    """Return the merges of some accounts into others, the oldest first."""
    cursor = await connection.execute(
        "SELECT account_id, into_id, coalesce(alias_of, into_id), reason, merged_by, merged_at, labels"
        " FROM segue.merges JOIN segue.accounts USING (account_id) WHERE account_id = ANY(%s)"
        " ORDER BY merged_at, account_id",
        (list(account_ids),),
    )
    return [Merge(*row) for row in await cursor.fetchall()]


async def merged_through(connection: Connection, account_id: str) -> list[str]:
    """Return the accounts that were merged into one, directly or through others of them; itself first."""
    cursor = await connection.execute(
        "WITH RECURSIVE through AS ("
        " SELECT %s::text AS account_id"
        " UNION SELECT merges.account_id FROM segue.merges JOIN through ON merges.into_id = through.account_id"
        ") SELECT account_id FROM through",
        (account_id,),
    )
    found = [row[0] for row in await cursor.fetchall()]
    return [account_id, *(each for each in found if each != account_id)]


async def add_merge(
    connection: Connection, account_id: str, into: str, reason: str, by: str, now: datetime, labels: Labels
) -> None:
    """Store that an account was merged into another, and how both were labelled."""
    kept = {
        account: {pack: [segment, since.isoformat()] for pack, (segment, since) in found.items()}
        for account, found in labels.items()
    }
    await connection.execute(
        "INSERT INTO segue.merges (account_id, into_id, reason, merged_by, merged_at, labels)"
        " VALUES (%s, %s, %s, %s, %s, %s)",
        (account_id, into, reason, by, now, Jsonb(kept)),
    )


async def remove_merge(connection: Connection, account_id: str) -> None:
    """Take a merge out."""
    await connection.execute("DELETE FROM segue.merges WHERE account_id = %s", (account_id,))


async def point(connection: Connection, account_ids: Sequence[str], target: str | None) -> None:
    """Let accounts, which the caller holds, stand for another; or each for itself."""
    await connection.execute(
        "UPDATE segue.accounts SET alias_of = %s, updated_at = now() WHERE account_id = ANY(%s)",
        (target, list(account_ids)),
    )


def as_they_were(rows: Mapping[str, Mapping[str, LabelRow]]) -> Labels:
    """Return what is kept of labels."""
    return {
        account: {pack: (row.segment, row.since) for pack, row in found.items()}
        for account, found in rows.items()
    }


# an account that moved for another reason since is where it would be by itself, at an instant nobody knows
_GIVE_BACK = """
UPDATE segue.labels AS label SET since = was.since
FROM unnest(%(accounts)s::text[], %(packs)s::text[], %(segments)s::text[], %(since)s::timestamptz[])
    AS was(account_id, pack, segment, since)
WHERE label.account_id = was.account_id AND label.pack = was.pack AND label.segment = was.segment
    AND label.since <> was.since AND NOT EXISTS (
        SELECT FROM segue.transitions AS moved WHERE moved.account_id = label.account_id
            AND moved.pack = label.pack AND moved.at >= %(merged_at)s AND moved.cause <> 'merge'
            AND moved.from_segment IS DISTINCT FROM moved.to_segment)
"""


async def give_back(connection: Connection, merge: Merge) -> None:
    """Let labels that are again what they were before a merge be so since they were, not since it was undone."""
    rows = [
        (account, pack, segment, since)
        for account, found in merge.labels.items()
        for pack, (segment, since) in found.items()
    ]
    await connection.execute(
        _GIVE_BACK,
        {
            "accounts": [row[0] for row in rows], "packs": [row[1] for row in rows],
            "segments": [row[2] for row in rows], "since": [row[3] for row in rows], "merged_at": merge.at,
        },
    )  # fmt: skip
