"""The worker: does the jobs of the queue as they come due, beside the service or as a process of its own."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import procrastinate
from procrastinate import exceptions, jobs, retry
from psycopg.conninfo import conninfo_to_dict

from segue.activation.carrying import Activation, carry_out
from segue.activation.consequence import CARRY_OUT
from segue.core.ending import end_tasks
from segue.core.errors import SegueError
from segue.core.jobs import QUEUE, SCHEMA, WHEN_DUE, defer

_log = logging.getLogger(__name__)
_LONGEST_PAUSE = 30.0
_GRACE = 20.0
"""Seconds that jobs under way have to end when the worker is told to."""
_ENDED = 0.02
"""Seconds after which the end of a job is written."""


Task = Callable[[Mapping[str, Any]], Awaitable[None]]
"""What does a job, given its arguments. It stores what fails for good; what it raises is tried again for ever."""


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
        look_every: float = 1.0,
        others: Mapping[str, Task] | None = None,
    ) -> None:
        self._url = url
        self._activation = activation
        self.concurrency = concurrency
        self._others = dict(others or {})
        """Jobs of higher floors, by name."""
        self._heartbeat, self._dead_after, self._look_every = heartbeat, dead_after, look_every
        self._task: asyncio.Task[None] | None = None
        self._at: set[int] = set()
        """The jobs that run."""
        self._registered: set[int] = set()
        """The names under which this worker took jobs: one for each time that it began."""
        self._nudges: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        """Begin, in the running loop."""
        self._task = asyncio.create_task(self.run())

    async def close(self) -> None:
        """Let what is under way end, for a while, and stop."""
        if self._task is not None:
            await end_tasks(self._task, again_after=_GRACE + 2)
            await asyncio.gather(*self._nudges, return_exceptions=True)

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

    async def _not_held(self) -> set[int]:
        """Return the jobs that the database takes for running here, and that do not."""
        async with self._activation.database.connection() as connection:
            cursor = await connection.execute(
                f"SELECT id FROM {SCHEMA}.procrastinate_jobs WHERE status = 'doing' AND worker_id = ANY(%s)",  # noqa: S608
                (list(self._registered),),
            )
            return {row[0] for row in await cursor.fetchall()} - self._at

    async def _work(self) -> None:
        app = self._app()
        async with app.open_async():
            with _lost_ends_are_told():
                rescuing = asyncio.create_task(self._rescue(app))
                try:
                    await app.run_worker_async(**self._options(), listen_notify=True)
                finally:
                    await end_tasks(rescuing)

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

        async def carry_out_one(context: procrastinate.JobContext, consequence_id: str) -> None:
            with self._running(context.job):
                await carry_out(activation, consequence_id)

        async def defer_when_due(
            context: procrastinate.JobContext, name: str, lock: str, arguments: dict[str, Any]
        ) -> None:
            with self._running(context.job):
                async with activation.database.transaction() as connection:
                    await defer(connection, name, lock, None, arguments)

        app.task(name=CARRY_OUT, queue=QUEUE, retry=_Later(), pass_context=True)(carry_out_one)
        app.task(name=WHEN_DUE, queue=QUEUE, retry=_Later(), pass_context=True)(defer_when_due)
        for name, do in self._others.items():
            app.task(name=name, queue=QUEUE, retry=_Later(), pass_context=True)(self._doing(do))
        return app

    def _doing(self, do: Task) -> Callable[..., Awaitable[None]]:
        async def do_one(context: procrastinate.JobContext, **arguments: Any) -> None:
            with self._running(context.job):
                await do(arguments)

        return do_one

    @contextmanager
    def _running(self, job: jobs.Job) -> Iterator[None]:
        """Know of a job while it runs, and look for the next of its lock once it has ended."""
        assert job.id is not None
        self._at.add(job.id)
        if job.worker_id is not None:
            self._registered.add(job.worker_id)
        try:
            yield
        finally:
            self._at.discard(job.id)
            if job.lock is not None:
                nudge = asyncio.create_task(self._nudge(job.lock))
                self._nudges.add(nudge)
                nudge.add_done_callback(self._nudges.discard)

    async def _nudge(self, lock: str) -> None:
        """Tell workers that a lock is free: by itself none hears of that."""
        await asyncio.sleep(_ENDED)
        with suppress(SegueError):  # then they come by it when they look
            async with self._activation.database.connection() as connection:
                await connection.execute(
                    "SELECT pg_notify(%s, %s) WHERE EXISTS (SELECT 1 FROM"  # noqa: S608
                    f" {SCHEMA}.procrastinate_jobs WHERE lock = %s AND status = 'todo')",
                    (f"procrastinate_queue_v1#{QUEUE}", '{"type": "job_inserted", "job_id": 0}', lock),
                )

    async def _rescue(self, app: procrastinate.App) -> None:
        """Give the jobs of workers that died to those that live, and those that this one lost hold of to itself.

        A worker whose connection is lost while it writes that a job has ended goes on as if it had written it.
        """
        lost: set[int] = set()
        while (
            True
        ):  # at once: a replica that is ended again and again lives for less than the time between two looks
            try:
                for job in await app.job_manager.get_stalled_jobs(
                    queue=QUEUE, seconds_since_heartbeat=self._dead_after
                ):
                    with suppress(exceptions.ConnectorException):  # another replica was faster
                        await app.job_manager.retry_job(job)
                not_held = await self._not_held()
                # one that was just fetched, or ends just now, is not among both
                for job_id in not_held & lost:
                    with suppress(exceptions.ConnectorException):
                        await app.job_manager.retry_job_by_id_async(job_id, datetime.now(UTC))
                lost = not_held
            except Exception as error:
                _log.warning("jobs of dead workers are not looked for: %s", type(error).__name__)
            await asyncio.sleep(self._dead_after / 2)


@contextmanager
def _lost_ends_are_told() -> Iterator[None]:
    """Say in a line when the end of a job could not be written, which asyncio takes for a defect of ours.

    procrastinate asks nobody for the error; `_rescue` finds the job.
    """
    loop = asyncio.get_running_loop()
    before = loop.get_exception_handler()

    def tell(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        if isinstance(context.get("exception"), exceptions.ConnectorException):
            _log.warning("the end of a job could not be written: it is looked for")
        elif before is None:
            loop.default_exception_handler(context)
        else:
            before(loop, context)

    loop.set_exception_handler(tell)
    try:
        yield
    finally:
        loop.set_exception_handler(before)


class _Later(retry.BaseRetryStrategy):
    """Tries a job again for ever: what may fail for good is stored by the job itself, which then succeeds."""

    def get_retry_decision(self, *, exception: BaseException, job: jobs.Job) -> retry.RetryDecision | None:
        """Return when: at once at first, in half a minute at last."""
        seconds = min(_LONGEST_PAUSE, 2.0 ** min(job.attempts, 10)) * random.uniform(0.5, 1.0)  # noqa: S311
        _log.warning("job %s: %s; it is tried again", job.task_name, type(exception).__name__)
        return retry.RetryDecision(retry_at=datetime.now(UTC) + timedelta(seconds=seconds))
