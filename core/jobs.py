"""Jobs: work that is deferred in the transaction that causes it, and done by a worker later, at least once.

They lie in procrastinate's tables, in the PostgreSQL schema `segue_jobs`. A job is named by text, so that a
lower floor may defer what a higher one does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from psycopg.types.json import Jsonb

from segue.core.database import Connection

SCHEMA = "segue_jobs"
QUEUE = "segue"
WHEN_DUE = "core.defer_when_due"
"""The job that puts another one in its lock's line once its time has come."""


@dataclass(frozen=True, slots=True)
class Job:
    """Something to be done by the task `name`, with arguments that are plain JSON.

    Of the jobs of one `lock` one runs at a time, in the order in which they came due. `at` is the earliest
    instant, by the database's clock; None is at once.
    """

    name: str
    lock: str | None = None
    at: datetime | None = None
    arguments: Mapping[str, Any] = field(default_factory=dict)


async def defer(
    connection: Connection,
    name: str,
    lock: str | None = None,
    at: datetime | None = None,
    arguments: Mapping[str, Any] | None = None,
) -> None:
    """Store one job on the caller's connection: it is there once their transaction is, and not otherwise."""
    await defer_all(connection, [Job(name, lock, at, arguments or {})])


async def defer_all(connection: Connection, jobs: Sequence[Job]) -> None:
    """Store several jobs by one statement, as `defer` does."""
    if not jobs:
        return
    now = datetime.now(UTC)
    rows = [_row(job, now) for job in jobs]
    names, locks, arguments, instants = (list(column) for column in zip(*rows, strict=True))
    await connection.execute(
        f"SELECT {SCHEMA}.procrastinate_defer_jobs_v1(array_agg("  # noqa: S608 - nothing from outside
        f"ROW(%s, name, 0, lock, NULL, arguments, at)::{SCHEMA}.procrastinate_job_to_defer_v1 ORDER BY number))"
        " FROM unnest(%s::text[], %s::text[], %s::jsonb[], %s::timestamptz[])"
        " WITH ORDINALITY AS jobs(name, lock, arguments, at, number)",
        (QUEUE, names, locks, arguments, instants),
    )


def _row(job: Job, now: datetime) -> tuple[str, str | None, Jsonb, datetime | None]:
    """Return a job's row. One with a lock enters the lock's line when it is due, and not before.

    procrastinate runs the jobs of a lock in the order in which they were stored: one stored for tomorrow
    would hold up all that come after it today. Those of one lock that are due at the same instant enter the
    line in their order.
    """
    if job.at is None or job.at <= now:
        return job.name, job.lock, Jsonb(dict(job.arguments)), None
    if job.lock is None:
        return job.name, None, Jsonb(dict(job.arguments)), job.at
    later = {"name": job.name, "lock": job.lock, "arguments": dict(job.arguments)}
    return WHEN_DUE, f"{job.lock}@{job.at.isoformat()}", Jsonb(later), job.at
