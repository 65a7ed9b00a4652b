"""What changes under a running replica besides policies: kill switches and the reps' day."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime

import psycopg

from segue.agents.policy_store import CHANGED
from segue.core.database import Connection, Database
from segue.core.ending import end_tasks
from segue.core.errors import SegueError

_log = logging.getLogger(__name__)
_LOOK_EVERY = 2.0
"""Seconds between two looks when nothing was heard."""


class LiveState:
    """The switches that are off and the assignments of today, as this replica knows them."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.switched_off: frozenset[str] = frozenset()
        self.loads: dict[str, int] = {}

    async def refresh(self) -> None:
        """Read both anew."""
        async with self._database.connection() as connection:
            cursor = await connection.execute("SELECT name FROM segue.switches WHERE off")
            self.switched_off = frozenset(row[0] for row in await cursor.fetchall())
            cursor = await connection.execute(
                "SELECT rep, assignments FROM segue.rep_loads WHERE day = %s", (datetime.now(UTC).date(),)
            )
            self.loads = dict(await cursor.fetchall())


async def set_switch(connection: Connection, name: str, off: bool, reason: str, by: str) -> None:
    """Hold a surface or a play back, or let it go again, and tell every replica."""
    await connection.execute(
        "INSERT INTO segue.switches (name, off, reason, changed_by) VALUES (%s, %s, %s, %s)"
        " ON CONFLICT (name) DO UPDATE SET off = excluded.off, reason = excluded.reason,"
        " changed_by = excluded.changed_by, changed_at = now()",
        (name, off, reason, by),
    )
    await connection.execute(f"NOTIFY {CHANGED}")


class Watcher:
    """Refreshes what replicas share: at once when PostgreSQL tells of a change, else every two seconds."""

    def __init__(self, url: str, refreshers: Sequence[Callable[[], Awaitable[None]]]) -> None:
        self._url = url
        self._refreshers = refreshers
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to watch, in the running loop."""
        self._task = asyncio.create_task(self._watch())

    async def close(self) -> None:
        """End it."""
        if self._task is not None:
            await end_tasks(self._task)

    async def _watch(self) -> None:
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(self._url, autocommit=True) as connection:
                    await connection.execute(f"LISTEN {CHANGED}")
                    while True:
                        await self._refresh()
                        async for _ in connection.notifies(timeout=_LOOK_EVERY, stop_after=1):
                            pass
            except (
                Exception
            ) as error:  # whatever it is, a replica that no longer looks would serve what is past
                _log.warning("cannot hear of changes: %s; the next try follows", type(error).__name__)
                await asyncio.sleep(0.5)

    async def _refresh(self) -> None:
        for refresh in self._refreshers:
            try:
                await refresh()
            except SegueError as error:
                _log.warning("cannot refresh: %s", error.message)
            except psycopg.Error:
                raise
            except Exception as error:  # whatever it is, keys that are revoked must go on being heard of
                _log.error("cannot refresh: %s", type(error).__name__)
