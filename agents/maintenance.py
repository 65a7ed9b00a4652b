"""The upkeep of the store: partitions made ahead and dropped when they are past, and what else has expired."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, LiteralString

from psycopg import sql

from segue.accounts.counted import longest_window
from segue.accounts.erased import REMEMBERED_FOR
from segue.agents.conversations.forgetting import let_conversations_go
from segue.agents.event_upkeep import DEDUPED_FOR, let_events_go
from segue.agents.group_commit import KEPT_FOR
from segue.agents.live_policies import LivePolicies
from segue.core.database import Connection, Database
from segue.core.ending import end_tasks
from segue.core.retention import EventRetention

_log = logging.getLogger(__name__)

_LOCK = 0x5E60A
"""The advisory lock of the replica that does it."""
_EVERY = timedelta(hours=1)
_AHEAD = 4
"""Months that have a partition, the present one among them."""
_BATCH = 10_000
"""Rows a transaction: others never wait long."""
_LOADS_KEPT = timedelta(days=30)
_REQUESTS_KEPT = timedelta(days=1)
"""Slack repeats what it sends for some hours at most."""
_NO_TIME = timedelta(0)
_EVENTS = EventRetention()
_MARGIN = timedelta(hours=1)
"""An answer past its time is deleted later than that, so that none goes while a call looks at it."""


@dataclass(frozen=True, slots=True)
class Maintained:
    """What one round did."""

    partitions_made: int
    partitions_dropped: tuple[str, ...]
    decisions_deleted: int
    """Those that were in no month's partition."""
    answers_deleted: int
    """Answers to idempotent calls."""
    deliveries_deleted: int
    loads_deleted: int
    events_deleted: int = 0
    events_blanked: int = 0
    """Those whose time is over and whose repetition is still refused."""
    parked_deleted: int = 0
    erasures_deleted: int = 0
    outcomes_deleted: int = 0
    leases_deleted: int = 0
    pages_deleted: int = 0
    conversations_deleted: int = 0
    slack_requests_deleted: int = 0
    seller_threads_deleted: int = 0
    chat_calls_deleted: int = 0


async def maintain(
    database: Database,
    retention_days: int,
    now: datetime,
    policies: LivePolicies | None = None,
    events: EventRetention = _EVENTS,
) -> Maintained | None:
    """Do what is due, and return it; None when another replica is at it.

    Decisions go by whole months, once the last of a month is `retention_days` old. Deliveries go then too,
    unless a limit of the active `policies`, by default read anew, looks further back. Events go by their
    kind. Nothing goes by a clock that is ahead of the database's.

    Raises:
        UnavailableError: the database does not answer, or somebody holds a table for long; the next
            round goes on.
    """
    if policies is None:
        policies = LivePolicies(database)
        await policies.refresh()
    counted = longest_window([*policies.live.packs, *policies.live.shadows]) if policies.ready else _NO_TIME
    async with database.connection() as connection:
        if not await _one(connection, "SELECT pg_try_advisory_lock(%s)", _LOCK):
            return None
        try:
            sure = min(now, await _one(connection, "SELECT now()")).astimezone(UTC)
            oldest = sure - timedelta(days=retention_days)
            return Maintained(
                await _one(connection, "SELECT segue.add_partitions((%s AT TIME ZONE 'UTC')::date, %s)", now, _AHEAD),
                await _drop_partitions(connection, oldest),
                await _delete(connection, "decisions_rest", "decision_id < segue.first_id(%s)", _month(oldest)),
                await _delete(connection, "idempotency", "created_at < now() - %s", KEPT_FOR + _MARGIN),
                await _delete(connection, "deliveries", "delivered_at < %s", min(oldest, sure - counted)),
                await _delete(connection, "rep_loads", "day < %s", (sure - _LOADS_KEPT).date()),
                *await let_events_go(connection, events, sure),
                await _delete(connection, "parked_events", "received_at < %s", sure - DEDUPED_FOR),
                await _delete(connection, "erasures", "erased_at < %s", sure - REMEMBERED_FOR),
                await _delete(connection, "outcomes", "received_at < %s", oldest),
                await _delete(connection, "leases", "until < %s", sure - _MARGIN),
                await _delete(connection, "pages", "until < %s", sure - _MARGIN),
                await let_conversations_go(connection, oldest),
                await _delete(connection, "slack_requests", "taken_at < %s", sure - _REQUESTS_KEPT),
                await _delete(connection, "seller_threads", "at < %s", sure - _LOADS_KEPT),
                await _delete(connection, "chat_calls", "called_at < now() - %s", KEPT_FOR + _MARGIN),
            )  # fmt: skip
        finally:
            if not connection.broken:
                await connection.execute("SELECT pg_advisory_unlock(%s)", (_LOCK,))


class Maintenance:
    """Does the upkeep from the start of a replica on, every hour."""

    def __init__(
        self,
        database: Database,
        retention_days: int,
        policies: LivePolicies,
        events: EventRetention = _EVENTS,
    ) -> None:
        self._events = events
        self._database = database
        self._policies = policies
        self._retention_days = retention_days
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin, in the running loop."""
        self._task = asyncio.create_task(self._go_on())

    async def close(self) -> None:
        """End it."""
        if self._task is not None:
            await end_tasks(self._task)

    async def _go_on(self) -> None:
        while True:
            try:
                await maintain(
                    self._database, self._retention_days, datetime.now(UTC), self._policies, self._events
                )
            except Exception as error:  # the service goes on without; the next round tries again
                _log.warning("the upkeep of the store failed: %s", type(error).__name__)
            await asyncio.sleep(_EVERY.total_seconds())


async def _drop_partitions(connection: Connection, oldest: datetime) -> tuple[str, ...]:
    cursor = await connection.execute(
        "SELECT relname FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid"
        " WHERE inhparent = 'segue.decisions'::regclass AND relname ~ '^decisions_\\d{4}_\\d{2}$' ORDER BY relname"
    )
    present = f"decisions_{oldest:%Y_%m}"
    past = tuple(row[0] for row in await cursor.fetchall() if row[0] < present)
    for name in past:
        async with connection.transaction():
            # who waits for the lock holds up all who come after: rather the next round
            await connection.execute("SET LOCAL lock_timeout = '2s'")
            await connection.execute(sql.SQL("DROP TABLE {}").format(sql.Identifier("segue", name)))
    return past


async def _delete(
    connection: Connection, table: LiteralString, condition: LiteralString, value: object
) -> int:
    deleted = 0
    while True:
        cursor = await connection.execute(
            f"DELETE FROM segue.{table} WHERE ctid = ANY(ARRAY("  # noqa: S608 - nothing from outside
            f"SELECT ctid FROM segue.{table} WHERE {condition} LIMIT %s FOR UPDATE SKIP LOCKED))",
            (value, _BATCH),
        )
        deleted += cursor.rowcount
        if cursor.rowcount < _BATCH:
            return deleted


async def _one(connection: Connection, query: LiteralString, *values: object) -> Any:
    cursor = await connection.execute(query, values)
    row = await cursor.fetchone()
    return None if row is None else row[0]


def _month(instant: datetime) -> datetime:
    return instant.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
