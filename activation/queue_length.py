"""How much is still to be carried out, by everybody's replicas together."""

from __future__ import annotations

from dataclasses import dataclass

from segue.core.database import Connection

_LENGTH = """
SELECT count(*) FILTER (WHERE status = 'waiting' AND due_at > now()),
    count(*) FILTER (WHERE status = 'waiting' AND due_at <= now()),
    count(*) FILTER (WHERE status = 'doing'),
    coalesce(extract(epoch FROM now() - min(due_at) FILTER (WHERE due_at <= now())), 0),
    (SELECT count(*) FROM segue.consequences WHERE status = 'parked')
FROM segue.consequences WHERE status IN ('waiting', 'doing')
"""


@dataclass(frozen=True, slots=True)
class QueueLength:
    """The consequences that are open or given up, at one instant of the database's clock."""

    planned: int
    """Those whose time has not come."""
    waiting: int
    """Those that could be carried out now."""
    doing: int
    parked: int
    """Those that were given up, until somebody has them tried again."""
    oldest: float
    """Seconds since the first of the open ones was due; 0 where none is."""


async def queue_length(connection: Connection) -> QueueLength:
    """Return how long the queue is now."""
    cursor = await connection.execute(_LENGTH)
    row = await cursor.fetchone()
    assert row is not None
    planned, waiting, doing, oldest, parked = row
    return QueueLength(planned, waiting, doing, parked, max(float(oldest), 0.0))
