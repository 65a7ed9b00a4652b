"""Keep labels right while nothing is written: as their time comes, and after a change of policy."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime

from segue.accounts.due import next_due, relabel_due
from segue.accounts.label_keeping import LabelKeeping
from segue.agents.live_policies import LivePolicies
from segue.agents.policy_relabelling import PolicyProgress, policy_progress, relabel_batch
from segue.core.database import Database
from segue.core.ending import end_tasks
from segue.policies.pack import Pack

_log = logging.getLogger(__name__)

_AT_ONCE = 100
"""Accounts a transaction: labelling them holds the process up for some milliseconds."""
_SOON = 1.0
"""Seconds between two rounds while there is work."""
_LOOK_EVERY = 2.0
"""Seconds between two looks while there is none."""


class Relabelling:
    """Labels what is due, and after a change of policy everything, from the start of a replica on."""

    def __init__(
        self,
        database: Database,
        policies: LivePolicies,
        keeping: Callable[[], LabelKeeping],
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._database = database
        self._policies = policies
        self._keeping = keeping
        self._clock = clock
        self._tasks: list[asyncio.Task[None]] = []
        self.claimed = self.changed = self.spurious = self.failed = 0
        """Accounts that were due in this process, and what came of it."""
        self.progress: PolicyProgress | None = None
        """How far the newest deployment is, as this replica last saw it."""

    def start(self) -> None:
        """Begin, in the running loop."""
        for step in (self.label_due, self.label_for_policy):
            self._tasks.append(asyncio.create_task(self._go_on(step)))

    async def close(self) -> None:
        """End it."""
        await end_tasks(*self._tasks)

    async def label_due(self) -> float:
        """Label what is due now, at most one transaction's worth; return the seconds until there may be more."""
        if not self._policies.ready:
            return _LOOK_EVERY
        now = self._clock()
        found = await relabel_due(self._database, self._keeping(), now, _AT_ONCE)
        self.claimed += found.claimed
        self.changed += found.changed
        self.spurious += found.spurious
        self.failed += found.failed
        if found.claimed:
            return 0.0 if found.claimed == _AT_ONCE else _SOON
        async with self._database.connection() as connection:
            due = await next_due(connection)
        return _LOOK_EVERY if due is None else min(max((due - now).total_seconds(), 0.05), _LOOK_EVERY)

    async def label_for_policy(self) -> float:
        """Label the next accounts under the deployment that serves; return the seconds until there may be more."""
        if not self._policies.ready:
            return _LOOK_EVERY
        serving = self._policies.live.deployment.deployment_id
        done = 0
        async with self._database.connection() as connection:  # it may have been begun again meanwhile
            self.progress = await policy_progress(connection)
        if self.progress is None or self.progress.deployment_id != serving or not self.progress.finished_at:
            done = await relabel_batch(
                self._database, self._keeping(), self._before, serving, self._clock(), _AT_ONCE
            )
            async with self._database.connection() as connection:
                self.progress = await policy_progress(connection)
        return 0.0 if done else _LOOK_EVERY

    async def _before(self, revisions: Mapping[str, str]) -> tuple[Pack, ...]:
        return await self._policies.chain(revisions, self._policies.live.deployment.artifacts)

    async def _go_on(self, step: Callable[[], Awaitable[float]]) -> None:
        while True:
            try:
                wait = await step()
            except Exception as error:  # the service goes on without; the next round tries again
                _log.warning("labels could not be kept right: %s", type(error).__name__)
                wait = _LOOK_EVERY
            await asyncio.sleep(wait)
