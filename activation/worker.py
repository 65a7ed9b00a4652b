"""The worker: does the jobs of the queue as they come due, beside the service or as a process of its own."""

from __future__ import annotations

import asyncio
import logging
import random
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import procrastinate
from procrastinate import exceptions, jobs, retry
from psycopg.conninfo import conninfo_to_dict

from segue.activation.carrying import Activation, Policies, Retries, carry_out
from segue.activation.connectors.connected import connected
from segue.activation.consequence import CARRY_OUT
from segue.core.database import Database
from segue.core.jobs import QUEUE, SCHEMA, WHEN_DUE, defer
from segue.core.settings import Settings

_log = logging.getLogger(__name__)
_LONGEST_PAUSE = 30.0
_GRACE = 20.0
"""Seconds that jobs under way have to end when the worker is told to."""
_CALLS = 3
"""The most calls that one errand takes."""


class Worker:
    """Does the jobs of the queue over connections of its own. One that is lost is begun anew."""

    def __init__(
        self,
        url: str,
        activation: Activation,
        concurrency: int,
        *,
        heartbeat: float = 5.0,
        dead_after: float = 20.0,
        look_every: float = 5.0,
    ) -> None:
        self._url = url
        self._activation = activation
        self.concurrency = concurrency
        self._heartbeat, self._dead_after, self._look_every = heartbeat, dead_after, look_every
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin, in the running loop."""
        self._task = asyncio.create_task(self.run())

    async def close(self) -> None:
        """Let what is under way end, for a while, and stop."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            try:
                await self._work()
            except (
                Exception
            ) as error:  # the database may be away: the service goes on without, and this again
                _log.warning("the worker of jobs stopped: %s; it starts again", type(error).__name__)
            await asyncio.sleep(random.uniform(0.5, 1.5))  # noqa: S311

    async def drain(self) -> None:
        """Do what is due now, and what that sets off, and return."""
        app = self._app()
        async with app.open_async():
            while await self._is_something_due():
                await app.run_worker_async(**self._options(), wait=False, listen_notify=False)

    async def _is_something_due(self) -> bool:
        async with self._activation.database.connection() as connection:
            cursor = await connection.execute(
                f"SELECT 1 FROM {SCHEMA}.procrastinate_jobs WHERE status = 'todo' AND queue_name = %s"  # noqa: S608
                " AND (scheduled_at IS NULL OR scheduled_at <= now()) LIMIT 1",
                (QUEUE,),
            )
            return await cursor.fetchone() is not None

    async def _work(self) -> None:
        app = self._app()
        async with app.open_async():
            rescuing = asyncio.create_task(self._rescue(app))
            try:
                await app.run_worker_async(**self._options(), listen_notify=True)
            finally:
                rescuing.cancel()
                await asyncio.gather(rescuing, return_exceptions=True)

    def _options(self) -> dict[str, Any]:
        return {
            "queues": [QUEUE],
            "concurrency": max(1, self.concurrency),
            "delete_jobs": "successful",
            "install_signal_handlers": False,
            "shutdown_graceful_timeout": _GRACE,
            "fetch_job_polling_interval": self._look_every,
            "update_heartbeat_interval": self._heartbeat,
            "stalled_worker_timeout": self._dead_after,
        }

    def _app(self) -> procrastinate.App:
        options = str(conninfo_to_dict(self._url).get("options") or "")
        connector = procrastinate.PsycopgConnector(
            conninfo=self._url,
            min_size=1,
            max_size=2,
            kwargs={"options": f"{options} -c search_path={SCHEMA}".strip()},
        )
        app = procrastinate.App(connector=connector)
        activation = self._activation

        async def carry_out_one(consequence_id: str) -> None:
            await carry_out(activation, consequence_id)

        async def defer_when_due(name: str, lock: str, arguments: dict[str, Any]) -> None:
            async with activation.database.transaction() as connection:
                await defer(connection, name, lock, None, arguments)

        for name, function in ((CARRY_OUT, carry_out_one), (WHEN_DUE, defer_when_due)):
            app.task(name=name, queue=QUEUE, retry=_Later())(function)
        return app

    async def _rescue(self, app: procrastinate.App) -> None:
        """Give the jobs of workers that died to those that live."""
        while True:
            await asyncio.sleep(self._dead_after / 2)
            try:
                for job in await app.job_manager.get_stalled_jobs(
                    queue=QUEUE, seconds_since_heartbeat=self._dead_after
                ):
                    with suppress(exceptions.ConnectorException):  # another replica was faster
                        await app.job_manager.retry_job(job)
            except Exception as error:
                _log.warning("jobs of dead workers are not looked for: %s", type(error).__name__)


class _Later(retry.BaseRetryStrategy):
    """Tries a job again for ever: what may fail for good is stored by the job itself, which then succeeds."""

    def get_retry_decision(self, *, exception: BaseException, job: jobs.Job) -> retry.RetryDecision | None:
        """Return when: at once at first, in half a minute at last."""
        seconds = min(_LONGEST_PAUSE, 2.0 ** min(job.attempts, 10)) * random.uniform(0.5, 1.0)  # noqa: S311
        _log.warning("job %s: %s; it is tried again", job.task_name, type(exception).__name__)
        return retry.RetryDecision(retry_at=datetime.now(UTC) + timedelta(seconds=seconds))


def own_database(url: str, concurrency: int) -> Database:
    """Return the pool that jobs use: a connection for each that runs, and none of the service's."""
    return Database(url, max(3, concurrency + 1))


@dataclass(frozen=True, slots=True)
class Jobs:
    """The worker of a process and the connections of its jobs, opened and closed together."""

    database: Database
    worker: Worker

    async def open(self) -> None:
        """Begin to do jobs, unless none are to be done here."""
        if self.worker.concurrency:
            await self.database.open()
            self.worker.start()

    async def close(self) -> None:
        """Let what is under way end, and stop."""
        await self.worker.close()
        await self.database.close()


def jobs_of(settings: Settings, url: str, policies: Policies, concurrency: int | None = None) -> Jobs:
    """Return what does jobs by the settings, not yet open.

    Raises:
        InputError: a system is configured whose library is not installed.
    """
    at_once = settings.activation_concurrency if concurrency is None else concurrency
    database = own_database(url, at_once)
    return Jobs(database, Worker(url, activation_of(settings, database, policies), at_once))


def activation_of(settings: Settings, database: Database, policies: Policies) -> Activation:
    """Return what carrying out rests on, by the settings.

    Raises:
        InputError: a system is configured whose library is not installed.
    """
    timeout = _CALLS * settings.activation_timeout
    return Activation(database, policies, connected(settings), Retries.of(settings), timeout)
