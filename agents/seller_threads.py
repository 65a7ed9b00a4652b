"""Which account a conversation with a seller is about, so that "them" is understood."""

from __future__ import annotations

from segue.core.database import Database

# of an alert, the thread is about its account from the start
_LAST = """
SELECT account_id FROM (
    SELECT 0 AS place, account_id FROM segue.seller_threads WHERE thread = %(thread)s
    UNION ALL SELECT 1, account_id FROM segue.consequences
        WHERE detail ? 'ts' AND detail ->> 'ts' = %(ts)s AND detail ->> 'channel' = %(channel)s
) AS found JOIN segue.accounts USING (account_id) ORDER BY place LIMIT 1
"""


def thread_of(channel: str, thread_ts: str | None, user: str) -> str:
    """Return the name of a conversation: a thread of a channel, or what somebody asks in no thread."""
    return f"{channel}/{thread_ts}" if thread_ts else f"{channel}/{user}"


async def last_account(database: Database, thread: str) -> str | None:
    """Return the account that a conversation was last about; of the thread of an alert, the alert's."""
    channel, _, ts = thread.partition("/")
    async with database.connection() as connection:
        cursor = await connection.execute(_LAST, {"thread": thread, "channel": channel, "ts": ts})
        row = await cursor.fetchone()
    return None if row is None else row[0]


async def remember_account(database: Database, thread: str, account_id: str) -> None:
    """Have a conversation be about an account."""
    async with database.transaction() as connection:
        await connection.execute(
            "INSERT INTO segue.seller_threads (thread, account_id) VALUES (%s, %s)"
            " ON CONFLICT (thread) DO UPDATE SET account_id = excluded.account_id, at = now()",
            (thread, account_id),
        )
