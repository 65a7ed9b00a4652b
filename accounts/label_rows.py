"""The label that each account carries in each pack, as PostgreSQL keeps it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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


async def forget_packs(connection: Connection, account_ids: Sequence[str], live: Sequence[str]) -> None:
    """Take from accounts the labels of packs that are not live any more, and cancel what waits by them."""
    asked = (list(account_ids), list(live))
    await connection.execute("DELETE FROM segue.labels WHERE account_id = ANY(%s) AND pack <> ALL(%s)", asked)
    await connection.execute(
        "UPDATE segue.consequences SET status = 'cancelled', reason = 'pack_removed', changed_at = now()"
        " WHERE account_id = ANY(%s) AND pack <> ALL(%s) AND status = 'waiting'",
        asked,
    )


def _json(row: LabelRow) -> dict[str, Any]:
    return {
        "account_id": row.account_id, "pack": row.pack, "segment": row.segment, "status": row.status.value,
        "missing": list(row.missing), "revision": row.revision, "since": row.since.isoformat(),
        "labelled_at": row.labelled_at.isoformat(),
    }  # fmt: skip
