"""The queue of intake: requests that come in together are stored together, before their senders are answered.

It is bounded: what would wait too long is refused, and its sender tries again later. An event that cannot be
stored is parked alone, whatever it came with.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import orjson
import psycopg

from segue.accounts.events import Event, Parked, Taken
from segue.accounts.intake import Afterwards, take_events
from segue.core.database import Database, is_of_the_row
from segue.core.errors import SegueError, UnavailableError
from segue.core.grouped import Grouped
from segue.policies.pack import Pack

_log = logging.getLogger(__name__)

_MOST = 2_000
"""Events a transaction; a request is never parted."""
_MOST_WAITING = 50_000
"""Events that wait; more are refused."""


class BusyError(SegueError):
    """More events wait than can be stored soon."""

    code = "too_many_requests"
    status = 429

    def __init__(self) -> None:
        super().__init__("more events wait than can be stored at once; try again in 1 s")
        self.headers = {"Retry-After": "1"}


_Request = tuple[Sequence[Event], Sequence[Parked]]
"""The events of a request, and what of it cannot be an event."""


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
        self._requests = Grouped(
            self._store,
            _MOST,
            is_of_the_item=is_of_the_row,
            told=_as_segue,
            alone=self._store_alone,
            size=lambda request: len(request[0]),
        )
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
        self.events_waiting += len(events)
        try:
            await self._requests((events, parked))
        finally:
            self.events_waiting -= len(events)

    async def close(self) -> None:
        """Wait for what is under way."""
        await self._requests.close()

    async def _store(self, requests: Sequence[_Request]) -> Sequence[None]:
        events = [event for told, _ in requests for event in told]
        self._count(await self._take(events, [note for _, parked in requests for note in parked]))
        return [None] * len(requests)

    async def _store_alone(self, request: _Request) -> None:
        await self._store_parted(*request)

    async def _store_parted(self, events: Sequence[Event], parked: Sequence[Parked]) -> None:
        """Store what can be: halves of halves, until the event that cannot be stored is alone and is parked."""
        try:
            self._count(await self._take(events, parked))
        except Exception as error:
            if not is_of_the_row(error):
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


def _as_segue(error: Exception) -> Exception:
    if isinstance(error, psycopg.Error):
        _log.error("events are not stored: %s", type(error).__name__)
        return UnavailableError("the database does not take events; try again shortly")
    return error
