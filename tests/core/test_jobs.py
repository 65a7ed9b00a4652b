from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from segue.core.database import Database, open_database
from segue.core.jobs import WHEN_DUE, Job, defer, defer_all


@pytest.fixture
def store(store_url: str) -> str:
    return store_url


def run(url: str, work: Callable[[Database], Awaitable[None]]) -> None:
    async def go() -> None:
        async with open_database(url, 3) as database:
            await work(database)

    asyncio.run(go())


def jobs(url: str) -> list[dict[str, Any]]:
    with psycopg.connect(url, row_factory=dict_row) as connection:
        return connection.execute("SELECT * FROM segue_jobs.procrastinate_jobs ORDER BY id").fetchall()


def test_a_job_is_there_once_its_transaction_is(store: str) -> None:
    async def work(database: Database) -> None:
        with pytest.raises(ZeroDivisionError):
            async with database.transaction() as connection:
                await defer(connection, "activation.carry_out", "a1", None, {"consequence_id": "lost"})
                raise ZeroDivisionError
        async with database.transaction() as connection:
            await defer(connection, "activation.carry_out", "a1", None, {"consequence_id": "kept"})
            assert jobs(store) == []

    run(store, work)
    (kept,) = jobs(store)
    assert (kept["task_name"], kept["lock"], kept["args"]) == (
        "activation.carry_out", "a1", {"consequence_id": "kept"},
    )  # fmt: skip
    assert (kept["status"], kept["queue_name"], kept["scheduled_at"]) == ("todo", "segue", None)


def test_several_jobs_keep_their_order(store: str) -> None:
    async def work(database: Database) -> None:
        async with database.transaction() as connection:
            await defer_all(connection, [])
            await defer_all(connection, [Job("x", "a1", None, {"n": number}) for number in range(50)])

    run(store, work)
    assert [job["args"]["n"] for job in jobs(store)] == list(range(50))


def test_a_job_of_tomorrow_does_not_stand_in_its_locks_line(store: str) -> None:
    tomorrow = datetime.now(UTC) + timedelta(days=1)

    async def work(database: Database) -> None:
        async with database.transaction() as connection:
            await defer(connection, "exit", "a1", tomorrow, {"n": 1})
            await defer(connection, "enter", "a1", datetime.now(UTC), {"n": 2})
            await defer(connection, "free", None, tomorrow, {"n": 3})

    run(store, work)
    later, now, free = jobs(store)
    line = f"a1@{tomorrow.isoformat()}"  # of those that are due with it, and of no others
    assert (later["task_name"], later["lock"], later["scheduled_at"]) == (WHEN_DUE, line, tomorrow)
    assert later["args"] == {"name": "exit", "lock": "a1", "arguments": {"n": 1}}
    assert (now["task_name"], now["lock"], now["scheduled_at"]) == ("enter", "a1", None)
    assert (free["task_name"], free["scheduled_at"]) == ("free", tomorrow)


def test_the_search_path_of_the_caller_does_not_matter(store: str) -> None:
    async def work(database: Database) -> None:
        async with database.transaction() as connection:
            await connection.execute("CREATE TABLE public.procrastinate_jobs (mine int)")
            await connection.execute("SET LOCAL search_path = public")
            await defer(connection, "x")

    run(store, work)
    assert [job["task_name"] for job in jobs(store)] == ["x"]


def test_the_queue_is_that_of_the_installed_procrastinate(store: str) -> None:
    """Another minor version may want another schema: then it comes with a migration of its own."""
    from importlib.metadata import version

    assert version("procrastinate").startswith("3.10.")
