"""The whole log replayed, range by range, on every processor."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from uuid import UUID

from segue.agents.replay import Chains, Period, Replayed, ranges_of, replay_range
from segue.agents.shares import in_processes, processes_for
from segue.core.database import open_database

RANGE = 2_000
"""Decisions a range."""
_FEW = 4_000
"""Up to so many decisions no further process is worth its start."""

_chains: Chains = {}
"""The packs that this process has loaded."""


def replay_log(url: str, period: Period, progress: Callable[[Replayed, int], None] | None = None) -> Replayed:
    """Replay the decisions of a period in the database at `url`.

    `progress` is called after each range with what was found so far and how many decisions there are.

    Raises:
        UnavailableError: the database does not answer.
    """
    ranges = asyncio.run(_ranges(url, period))
    total = sum(count for _, _, count in ranges)
    processes = processes_for(len(ranges)) if total > _FEW else 1
    parts = [(url, period, first, last) for first, last, _ in ranges]
    found = Replayed()
    _chains.clear()
    for each in in_processes(_replay, parts, processes):
        found.add(each)
        if progress is not None:
            progress(found, total)
    found.differences.sort(key=lambda difference: difference.decision_id)
    return found


async def _ranges(url: str, period: Period) -> list[tuple[UUID, UUID, int]]:
    async with open_database(url, 2) as database, database.connection() as connection:
        return await ranges_of(connection, period, RANGE)


def _replay(part: tuple[str, Period, UUID, UUID]) -> Replayed:
    return asyncio.run(_replay_part(*part))


async def _replay_part(url: str, period: Period, first: UUID, last: UUID) -> Replayed:
    async with open_database(url, 2) as database:
        return await replay_range(database, period, first, last, _chains)
