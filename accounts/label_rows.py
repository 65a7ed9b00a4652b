"""The label that each account carries in each pack, as PostgreSQL keeps it, and who may write it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb

from segue.core.database import Connection
from segue.policies.classifier import Status


@dataclass(frozen=True, slots=True)
class LabelRow:
    """The label of an account in a pack as it was last written."""

    account_id: str
    pack: str
    segment: str
    status: Status
    missing: tuple[str, ...]
    revision: str
    since: datetime
    """When the account came into the segment."""
    labelled_at: datetime
    """When the row was last written: the instant at which its label was worked out."""


# all who write labels take these locks in this order, so that none waits for one who waits for it; a
# pin or a contact that only refers to the account is not held up, which FOR UPDATE would do
_LOCK = """
WITH asked AS (SELECT DISTINCT unnest(%s::text[]) AS account_id),
wanted AS (
    SELECT account_id FROM asked
    UNION SELECT alias_of FROM segue.accounts JOIN asked USING (account_id) WHERE alias_of IS NOT NULL
)
SELECT accounts.account_id, alias_of IS NOT NULL FROM segue.accounts JOIN wanted USING (account_id)
ORDER BY accounts.account_id FOR NO KEY UPDATE OF accounts
"""
_READ = """
SELECT account_id, pack, segment, status, missing, revision, since, labelled_at
FROM segue.labels WHERE account_id = ANY(%s)
"""
_WRITE = """
INSERT INTO segue.labels AS old (account_id, pack, segment, status, missing, revision, since, labelled_at)
SELECT account_id, pack, segment, status, missing, revision, since, labelled_at
FROM jsonb_to_recordset(%s) AS new(account_id text, pack text, segment text, status text, missing text[],
    revision text, since timestamptz, labelled_at timestamptz)
ON CONFLICT (account_id, pack) DO UPDATE SET segment = excluded.segment, status = excluded.status,
    missing = excluded.missing, revision = excluded.revision, since = excluded.since,
    labelled_at = excluded.labelled_at
"""
_DUE = """
UPDATE segue.accounts SET label_due_at = new.due_at
FROM unnest(%s::text[], %s::timestamptz[]) AS new(account_id, due_at)
WHERE accounts.account_id = new.account_id AND accounts.label_due_at IS DISTINCT FROM new.due_at
"""


@dataclass(frozen=True, slots=True)
class Locked:
    """The accounts that a transaction holds. What is known of an alias counts for the account it stands for."""

    accounts: tuple[str, ...]
    aliases: tuple[str, ...]


async def lock_accounts(connection: Connection, account_ids: Iterable[str]) -> Locked:
    """Hold accounts, and those whose aliases they are, until the end of the transaction, in order of their ids."""
    cursor = await connection.execute(_LOCK, (list(account_ids),))
    rows = await cursor.fetchall()
    return Locked(
        tuple(account for account, is_alias in rows if not is_alias),
        tuple(account for account, is_alias in rows if is_alias),
    )


async def read_labels(connection: Connection, account_ids: Sequence[str]) -> dict[str, dict[str, LabelRow]]:
    """Return the labels of some accounts by account, then by pack."""
    found: dict[str, dict[str, LabelRow]] = {account: {} for account in account_ids}
    cursor = await connection.execute(_READ, (list(account_ids),))
    for account, pack, segment, status, missing, *rest in await cursor.fetchall():
        row = LabelRow(account, pack, segment, Status(status), tuple(missing), *rest)
        found[account][pack] = row
    return found


async def write_labels(connection: Connection, rows: Sequence[LabelRow]) -> None:
    """Write some labels in place of what was there."""
    if rows:
        await connection.execute(_WRITE, (Jsonb([_json(row) for row in rows]),))


async def write_due(connection: Connection, due: Mapping[str, datetime | None]) -> None:
    """Write when each account is to be labelled again though nothing new is known of it."""
    await connection.execute(_DUE, (list(due), list(due.values())))


async def forget_labels(connection: Connection, account_ids: Sequence[str]) -> None:
    """Take the labels from accounts that are only aliases now."""
    await connection.execute("DELETE FROM segue.labels WHERE account_id = ANY(%s)", (list(account_ids),))
    await write_due(connection, dict.fromkeys(account_ids))


def _json(row: LabelRow) -> dict[str, Any]:
    return {
        "account_id": row.account_id, "pack": row.pack, "segment": row.segment, "status": row.status.value,
        "missing": list(row.missing), "revision": row.revision, "since": row.since.isoformat(),
        "labelled_at": row.labelled_at.isoformat(),
    }  # fmt: skip
