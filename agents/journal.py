"""The journal: decisions that come in together are committed together, before their callers see them.

One COPY and one commit take a group; a row that cannot be stored fails alone.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

import psycopg

from segue.agents.entry import Committed, Entry, Once, Outcome
from segue.agents.group_commit import commit_group, read_answer
from segue.core.database import Database, is_of_a_partition, is_of_the_row
from segue.core.errors import InputError, UnavailableError
from segue.core.grouped import Grouped

_log = logging.getLogger(__name__)

_MOST = 256
"""Decisions a group."""


class Journal:
    """Commits decisions in groups. Open it within the loop that uses it."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._commit = Grouped(
            self._commit_group,
            _MOST,
            is_of_the_item=is_of_the_row,
            told=_as_segue,
            # of calls with one idempotency key the first decides for the rest
            key=lambda entry: entry.once.key if entry.once is not None else None,
        )
        self.committed = 0
        """Decisions stored by this process, for metrics."""
        self.groups = 0

    async def commit(self, entry: Entry) -> Outcome:
        """Store a decision; when this returns `Committed` it is on the disk.

        Raises:
            UnavailableError: the database does not answer; whether the decision was stored is not known.
            InputError: the row cannot be stored.
        """
        return await self._commit(entry)

    async def answered(self, key_id: str, idempotency_key: str) -> Once | None:
        """Return the answer that a call with this key got within the last 24 hours, if there was one."""
        async with self.database.connection() as connection:
            return await read_answer(connection, key_id, idempotency_key)

    async def close(self) -> None:
        """Wait for what is under way."""
        await self._commit.close()

    async def _commit_group(self, entries: Sequence[Entry]) -> Sequence[Outcome]:
        try:
            outcomes = await commit_group(self.database, entries)
        except psycopg.errors.CheckViolation as error:
            if not is_of_a_partition(error):
                raise
            # the month got a partition of its own while these waited for the one that holds the rest
            outcomes = await commit_group(self.database, entries)
        self.groups += 1
        self.committed += sum(isinstance(each, Committed) for each in outcomes)
        return outcomes


def _as_segue(error: Exception) -> Exception:
    """Return what a caller is told: the row is refused, or the store does not take it now."""
    kind = type(error.__cause__ or error).__name__
    if is_of_the_row(error):
        return InputError(f"the decision cannot be stored: {kind}")
    if isinstance(error, psycopg.Error):
        _log.error("decisions are not stored: %s", kind)
        return UnavailableError("the database does not take decisions; try again shortly")
    return error
