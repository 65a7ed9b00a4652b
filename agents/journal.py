"""The journal: decisions that come in together are committed together, before their callers see them.

One COPY and one commit take a group; a row that cannot be stored fails alone.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field

import psycopg

from segue.agents.group_commit import Committed, Entry, Once, Outcome, commit_group, read_answer
from segue.core.database import Database
from segue.core.errors import InputError, UnavailableError

_log = logging.getLogger(__name__)

_MOST = 256
"""Decisions a group."""
_WRITERS = 2
"""Groups under way at once: while one waits for the disk the next is written."""
_OF_THE_ROW = (psycopg.DataError, psycopg.IntegrityError, psycopg.errors.ProgramLimitExceeded, UnicodeError)
"""What a value in a row can be blamed for; anything else is the database's."""


@dataclass(eq=False)
class _Waiting:
    entry: Entry
    future: asyncio.Future[Outcome] = field(repr=False)


class Journal:
    """Commits decisions in groups. Open it within the loop that uses it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: list[_Waiting] = []
        self._writers: set[asyncio.Task[None]] = set()
        self.committed = 0
        """Decisions stored by this process, for metrics."""
        self.groups = 0

    async def commit(self, entry: Entry) -> Outcome:
        """Store a decision; when this returns `Committed` it is on the disk.

        Raises:
            UnavailableError: the database does not answer; whether the decision was stored is not known.
            InputError: the row cannot be stored.
        """
        future: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(entry, future))
        if len(self._writers) < _WRITERS:
            writer = asyncio.create_task(self._write())
            self._writers.add(writer)
            writer.add_done_callback(self._writers.discard)
        return await future

    async def answered(self, key_id: str, idempotency_key: str) -> Once | None:
        """Return the answer that a call with this key got within the last 24 hours, if there was one."""
        async with self._database.connection() as connection:
            return await read_answer(connection, key_id, idempotency_key)

    async def close(self) -> None:
        """Wait for what is under way."""
        await asyncio.gather(*self._writers, return_exceptions=True)

    async def _write(self) -> None:
        while self._waiting:
            group = self._take_group()
            try:
                await self._commit(group)
            except Exception as error:  # whatever it is, those who come after are still served
                _fail(group, error)
            except BaseException as error:
                _fail(group, error)
                raise

    def _take_group(self) -> list[_Waiting]:
        """Take what waits, but of calls with one idempotency key only the first: it decides for the rest."""
        group: list[_Waiting] = []
        left: list[_Waiting] = []
        taken: set[tuple[str, str]] = set()
        for each in self._waiting:
            once = each.entry.once
            if len(group) >= _MOST or (once is not None and once.key in taken):
                left.append(each)
                continue
            if once is not None:
                taken.add(once.key)
            group.append(each)
        self._waiting = left
        return group

    async def _commit(self, group: Sequence[_Waiting]) -> None:
        try:
            outcomes = await commit_group(self._database, [each.entry for each in group])
        except Exception as error:
            if len(group) == 1 or not _is_of_the_row(error):
                raise _as_segue(error) from error
            for each in group:  # one of them cannot be stored: it fails alone
                try:
                    await self._commit([each])
                except Exception as alone:
                    _fail([each], alone)
            return
        self.groups += 1
        for each, outcome in zip(group, outcomes, strict=True):
            self.committed += isinstance(outcome, Committed)
            if not each.future.done():
                each.future.set_result(outcome)


def _is_of_the_row(error: BaseException) -> bool:
    # a value past one of PostgreSQL's limits comes as an operational error
    return isinstance(error, _OF_THE_ROW) or isinstance(error.__cause__, psycopg.errors.ProgramLimitExceeded)


def _as_segue(error: Exception) -> Exception:
    """Return what a caller is told: the row is refused, or the store does not take it now."""
    kind = type(error.__cause__ or error).__name__
    if _is_of_the_row(error):
        return InputError(f"the decision cannot be stored: {kind}")
    if isinstance(error, psycopg.Error):
        _log.error("decisions are not stored: %s", kind)
        return UnavailableError("the database does not take decisions; try again shortly")
    return error


def _fail(group: Sequence[_Waiting], error: BaseException) -> None:
    for each in group:
        if not each.future.done():
            each.future.set_exception(error)
