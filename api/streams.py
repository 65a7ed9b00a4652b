"""Streams that tell pages to ask again: bounded in number, looked after by one task, silent but for a beat."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field

import orjson
import psycopg

from segue.accounts.traces import traces_of
from segue.api.problems import RefusedError
from segue.api.stream_tokens import Listener
from segue.core.database import Database
from segue.core.ending import end_tasks
from segue.core.errors import SegueError
from segue.core.grouped import Grouped

_log = logging.getLogger(__name__)

LOOK_EVERY = 1.0
"""Seconds between two looks at what open streams would have to tell."""
BEAT_EVERY = 15.0
"""Seconds after which a stream says that it is still there."""
_RETRY = b"retry: 2000\n\n"
_BEAT = b": beat\n\n"
_MOST = 256
"""Visitors a query."""


@dataclass(eq=False, slots=True)
class _Stream:
    visitor: str
    address: str
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    trace: str | None = None


class Streams:
    """The open streams of one replica.

    `shared` gives what holds for every page, such as the policy that serves, spelled alike on every replica;
    where it changes all are told.
    """

    def __init__(
        self, database: Database, shared: Callable[[], str], most: int, most_per_address: int
    ) -> None:
        self._database = database
        self.shared = shared
        self._most = most
        self._most_per_address = most_per_address
        self._open: set[_Stream] = set()
        self._addresses: Counter[str] = Counter()
        self._traces = Grouped(self._traces_of, _MOST, at_once=1)
        self._seen = ""
        self._task: asyncio.Task[None] | None = None
        self._closing = False

    def __len__(self) -> int:
        """Return how many are open."""
        return len(self._open)

    async def begin(self, listener: Listener, address: str) -> AsyncIterator[bytes]:
        """Open a stream; what it gives is sent as it comes, until its token is over.

        Raises:
            RefusedError: 429, there are as many as this replica or the address may have.
            UnavailableError: the database does not answer.
        """
        if len(self._open) >= self._most or self._addresses[address] >= self._most_per_address:
            raise RefusedError(
                429, "too many streams are open; ask for flags without one", {"Retry-After": "60"}
            )
        stream = _Stream(listener.visitor, address)
        stream.trace = await self._traces(stream.visitor)
        if listener.stamp is not None and listener.stamp != stamp_of(self.shared(), stream.trace):
            stream.changed.set()  # between the answer and now
        self._open.add(stream)
        self._addresses[address] += 1
        if self._task is None or self._task.done():
            self._seen = self.shared()
            self._task = asyncio.create_task(self._look_after())
        return self._told(stream, listener.until)

    def end(self) -> None:
        """Let every stream end; none is opened from now on."""
        self._closing = True
        for stream in self._open:
            stream.changed.set()

    async def close(self) -> None:
        """End the looking."""
        self.end()
        if self._task is not None:
            await end_tasks(self._task)

    async def refresh(self) -> None:
        """Look at once at what holds for every page; called when a replica hears of a change."""
        self._note()

    def _note(self) -> None:
        seen = self.shared()
        if seen != self._seen:
            self._seen = seen
            for stream in self._open:
                stream.changed.set()

    async def _told(self, stream: _Stream, until: int) -> AsyncIterator[bytes]:
        try:
            yield _RETRY
            while not self._closing and (left := until - time.time()) > 0:
                try:
                    await asyncio.wait_for(stream.changed.wait(), min(BEAT_EVERY, left))
                except TimeoutError:
                    yield _BEAT
                    continue
                stream.changed.clear()
                if not self._closing:
                    yield b"data: %b\n\n" % orjson.dumps(
                        {"type": "refetchEvaluation", "lastModified": int(time.time())}
                    )
        finally:
            self._open.discard(stream)
            self._addresses[stream.address] -= 1
            if not self._addresses[stream.address]:
                del self._addresses[stream.address]

    async def _look_after(self) -> None:
        while self._open and not self._closing:
            try:
                await self._look()
            except SegueError as error:
                _log.warning("cannot look after streams: %s", error.message)
            except psycopg.Error as error:
                _log.warning("cannot look after streams: %s", type(error).__name__)
            await asyncio.sleep(LOOK_EVERY)

    async def _look(self) -> None:
        self._note()
        streams = list(self._open)
        async with self._database.connection() as connection:
            traces = await traces_of(connection, sorted({each.visitor for each in streams}))
        for stream in streams:
            trace = traces[stream.visitor]
            if trace != stream.trace:
                stream.changed.set()
            stream.trace = trace

    async def _traces_of(self, visitors: Sequence[str]) -> list[str]:
        async with self._database.connection() as connection:
            found = await traces_of(connection, sorted(set(visitors)))
        return [found[each] for each in visitors]


def stamp_of(shared: str, trace: str) -> str:
    """Return what an answer was made from, as one short text: what holds for every page, and a visitor's trace.

    Both are read before anything of the answer is: whatever changes from then on, a stream whose token carries
    the stamp is told of, however late it opens.
    """
    return hashlib.blake2b(f"{shared} {trace}".encode(), digest_size=8).hexdigest()
