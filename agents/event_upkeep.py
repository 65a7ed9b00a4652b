"""Let events go when their time is over, and leave of each what refuses its repetition for 90 days."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import LiteralString

from segue.core.database import Connection
from segue.core.retention import EVENT_KINDS, EventRetention

DEDUPED_FOR = timedelta(days=90)
"""How long a repeated event is known by its source and id."""
_BATCH = 5_000
_DELETE = """
WITH gone AS (
    DELETE FROM segue.events WHERE ctid = ANY(ARRAY(
        SELECT ctid FROM segue.events WHERE kind = %(kind)s AND received_at < %(before)s
        LIMIT %(batch)s FOR UPDATE SKIP LOCKED))
    RETURNING account_id
)
SELECT count(*), array_agg(DISTINCT account_id) FILTER (WHERE account_id IS NOT NULL) FROM gone
"""
_BLANK = """
WITH due AS (
    SELECT source, message_id, account_id FROM segue.events
    WHERE kind = %(kind)s AND received_at < %(before)s AND mark IS DISTINCT FROM 'expired'
    LIMIT %(batch)s FOR UPDATE SKIP LOCKED
), gone AS (
    UPDATE segue.events AS e SET mark = 'expired', visitor = NULL, contact_id = NULL, account_id = NULL, name = NULL,
        path = NULL, url = NULL, title = NULL, referrer = NULL, search = NULL, properties = '{}'
    FROM due WHERE e.source = due.source AND e.message_id = due.message_id
    RETURNING due.account_id
)
SELECT count(*), array_agg(DISTINCT account_id) FILTER (WHERE account_id IS NOT NULL) FROM gone
"""
# the accounts wait for whoever works their traits out anew
_DUE = """
UPDATE segue.accounts SET event_traits_until = least(event_traits_until, %(now)s), label_due_at = %(now)s
WHERE account_id IN (
    SELECT account_id FROM segue.accounts WHERE account_id IN (
        SELECT coalesce(alias_of, account_id) FROM segue.accounts WHERE account_id = ANY(%(accounts)s))
    ORDER BY account_id FOR UPDATE
)
"""


async def let_events_go(connection: Connection, retention: EventRetention, now: datetime) -> tuple[int, int]:
    """Delete or blank what is past its time by when it came; return how many of each.

    An event that came less than 90 days ago stays as a row that says nothing, so that it is not taken
    again. The accounts that they counted for are due at once.
    """
    deleted = blanked = 0
    for kind in EVENT_KINDS:
        kept = retention.of(kind)
        deleted += await _in_batches(connection, _DELETE, kind, now - max(kept, DEDUPED_FOR), now)
        if kept < DEDUPED_FOR:
            blanked += await _in_batches(connection, _BLANK, kind, now - kept, now)
    return deleted, blanked


async def _in_batches(
    connection: Connection, statement: LiteralString, kind: str, before: datetime, now: datetime
) -> int:
    total = 0
    while True:
        async with connection.transaction():
            cursor = await connection.execute(statement, {"kind": kind, "before": before, "batch": _BATCH})
            row = await cursor.fetchone()
            assert row is not None
            count, accounts = int(row[0]), row[1]
            if accounts:
                await connection.execute(_DUE, {"accounts": accounts, "now": now})
        total += count
        if count < _BATCH:
            return total
