"""The worker of a process with what it works on, made from the settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from segue.activation.carrying import Activation, Policies, Retries
from segue.activation.connectors.connected import connected
from segue.activation.worker import Task, Worker
from segue.core.database import Database
from segue.core.settings import Settings

_CALLS = 5
"""The calls that one errand takes: who it is for, whether it was heard before, and the telling itself."""


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


def jobs_of(
    settings: Settings,
    url: str,
    policies: Policies,
    concurrency: int | None = None,
    others: Callable[[Database], Mapping[str, Task]] | None = None,
) -> Jobs:
    """Return what does jobs by the settings, not yet open; `others` gives those of higher floors over a database.

    Raises:
        InputError: a system is configured whose library is not installed.
    """
    at_once = settings.activation_concurrency if concurrency is None else concurrency
    database = own_database(url, at_once)
    more = others(database) if others is not None else {}
    return Jobs(database, Worker(url, activation_of(settings, database, policies), at_once, others=more))


def activation_of(settings: Settings, database: Database, policies: Policies) -> Activation:
    """Return what carrying out rests on, by the settings.

    Raises:
        InputError: a system is configured whose library is not installed.
    """
    timeout = _CALLS * settings.activation_timeout
    return Activation(database, policies, connected(settings), Retries.of(settings), timeout)
