"""The first event that a store ever takes: from then on an account without any is known to have none."""

from __future__ import annotations

from segue.core.database import Connection

_with_events: set[str] = set()
"""Databases, by their URLs, that are known to hold events: none is asked again."""

_RESTART = """
UPDATE segue.relabellings SET up_to = '', started_at = NULL, accounts = NULL, done = 0, moved = 0, failed = 0,
    set_off = set_off AND finished_at IS NULL, finished_at = NULL
WHERE deployment_id = (SELECT max(deployment_id) FROM segue.relabellings)
"""


async def holds_events(connection: Connection, url: str) -> bool:
    """Return True where the store holds an event, whose database is at `url`."""
    if url not in _with_events:
        cursor = await connection.execute("SELECT EXISTS (SELECT 1 FROM segue.events)")
        row = await cursor.fetchone()
        if row is None or not row[0]:
            return False
        _with_events.add(url)
    return True


async def label_all_again(connection: Connection) -> None:
    """Have every account labelled again in the background, as after a change of policy; nothing is set off by it.

    Traits over events were unknown of all, and are now 0 of those that have no event.
    """
    await connection.execute(_RESTART)
