"""The queue of intake: requests that come in together are stored together, before their senders are answered.

It is bounded: what would wait too long is refused, and its sender tries again later. An event that cannot be
stored is parked alone, whatever it came with.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import orjson
import psycopg

from segue.accounts.events import Event, Parked, Taken
from segue.accounts.intake import Afterwards, take_events
from segue.core.database import Database
from segue.core.errors import SegueError, UnavailableError
from segue.policies.pack import Pack

_log = logging.getLogger(__name__)

_MOST = 2_000
"""Events a transaction; a request is never parted."""
_WRITERS = 2
"""Transactions under way at once: while one waits for the disk the next is written."""
_MOST_WAITING = 50_000
"""Events that wait; more are refused."""
_OF_THE_ROW = (psycopg.DataError, psycopg.IntegrityError, psycopg.errors.ProgramLimitExceeded, UnicodeError)
"""What a value in a row can be blamed for; anything else is the database's."""


class BusyError(SegueError):
    """More events wait than can be stored soon."""

    code = "too_many_requests"
    status = 429

    def __init__(self) -> None:
        super().__init__("more events wait than can be stored at once; try again in 1 s")
        self.headers = {"Retry-After": "1"}


@dataclass(eq=False)
class _Waiting:
    events: Sequence[Event]
    parked: Sequence[Parked]
    future: asyncio.Future[None] = field(repr=False)


class Intake:
    """Takes events in groups. Open it within the loop that uses it."""

    def __init__(
        self,
        database: Database,
        packs: Callable[[], Sequence[Pack]],
        afterwards: Afterwards | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._database = database
        self._packs = packs
        self._afterwards = afterwards
        self._clock = clock
        self._waiting: list[_Waiting] = []
        self._writers: set[asyncio.Task[None]] = set()
        self.events_waiting = 0
        self.stored = self.repeated = self.parked = self.refused = 0
        """Events that this process stored, knew already, parked, and refused because too many waited."""

    async def take(self, events: Sequence[Event], parked: Sequence[Parked] = ()) -> None:
        """Store the events of a request; when this returns they are on the disk.

        Raises:
            BusyError: too many wait.
            UnavailableError: the database does not answer; whether they were stored is not known.
        """
        if not events and not parked:
            return
        if self.events_waiting and self.events_waiting + len(events) > _MOST_WAITING:
            self.refused += len(events)
            raise BusyError
        waiting = _Waiting(events, parked, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        self.events_waiting += len(events)
        if len(self._writers) < _WRITERS:
            writer = asyncio.create_task(self._write())
            self._writers.add(writer)
            writer.add_done_callback(self._writers.discard)
        try:
            await waiting.future
        finally:
            self.events_waiting -= len(events)

    async def close(self) -> None:
        """Wait for what is under way."""
        await asyncio.gather(*self._writers, return_exceptions=True)

    async def _write(self) -> None:
        while self._waiting:
            group = self._take_group()
            try:
                await self._store(group)
            except Exception as error:  # whatever it is, those who come after are still served
                _fail(group, error)
            except BaseException as error:
                _fail(group, error)
                raise

    def _take_group(self) -> list[_Waiting]:
        count = size = 0
        for each in self._waiting:
            size += len(each.events)
            if count and size > _MOST:
                break
            count += 1
        group, self._waiting = self._waiting[:count], self._waiting[count:]
        return group

    async def _store(self, group: Sequence[_Waiting]) -> None:
        try:
            events = [event for each in group for event in each.events]
            taken = await self._take(events, [note for each in group for note in each.parked])
        except Exception as error:
            if not _is_of_the_row(error):
                raise _as_segue(error) from error
            if len(group) == 1:
                await self._store_parted(group[0].events, group[0].parked)
                _answer(group)
                return
            for each in group:
                try:
                    await self._store([each])
                except Exception as alone:
                    _fail([each], alone)
            return
        self._count(taken)
        _answer(group)

    async def _store_parted(self, events: Sequence[Event], parked: Sequence[Parked]) -> None:
        """Store what can be: halves of halves, until the event that cannot be stored is alone and is parked."""
        try:
            self._count(await self._take(events, parked))
        except Exception as error:
            if not _is_of_the_row(error):
                raise _as_segue(error) from error
            if len(events) > 1:
                middle = len(events) // 2
                await self._store_parted(events[:middle], parked)
                await self._store_parted(events[middle:], ())
            elif events:
                note = _note(events[0], type(error.__cause__ or error).__name__)
                self._count(await self._take((), [*parked, note]))
            else:
                raise

    async def _take(self, events: Sequence[Event], parked: Sequence[Parked]) -> Taken:
        return await take_events(
            self._database, events, parked, self._packs(), self._clock(), self._afterwards
        )

    def _count(self, taken: Taken) -> None:
        self.stored += taken.stored
        self.repeated += taken.repeated
        self.parked += taken.parked


def _note(event: Event, kind: str) -> Parked:
    text = orjson.dumps(event.properties, default=str).decode("utf-8", "replace")[:4_096]
    return Parked(event.source, event.message_id, f"it cannot be stored: {kind}", text)


def _is_of_the_row(error: BaseException) -> bool:
    # a value past one of PostgreSQL's limits comes as an operational error
    return isinstance(error, _OF_THE_ROW) or isinstance(error.__cause__, psycopg.errors.ProgramLimitExceeded)


def _as_segue(error: Exception) -> Exception:
    if isinstance(error, psycopg.Error):
        _log.error("events are not stored: %s", type(error).__name__)
        return UnavailableError("the database does not take events; try again shortly")
    return error


def _answer(group: Sequence[_Waiting]) -> None:
    for each in group:
        if not each.future.done():
            each.future.set_result(None)


def _fail(group: Sequence[_Waiting], error: BaseException) -> None:
    for each in group:
        if not each.future.done():
            each.future.set_exception(error)
