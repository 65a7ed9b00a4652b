"""The turns under way on this replica. Whoever began one may go: it is finished and recorded all the same.

A turn runs as a task of its own and keeps its parts, so that any number of callers can follow it from its first
part: the one who began it, and the same one again after a reload.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator

from segue.agents.conversations.parts import Part, Started
from segue.core.errors import SegueError

_log = logging.getLogger(__name__)
_CLOSING = 30.0
"""Seconds that the turns under way have when the replica ends."""


class TurnFailedError(SegueError):
    """A turn ended with a defect after it began. The message says nothing of what was sent."""

    code = "internal_error"
    status = 500


class RunningTurn:
    """A turn that began: its parts so far, and those to come."""

    def __init__(self) -> None:
        self._parts: list[Part] = []
        self._error: SegueError | None = None
        self._is_over = False
        self._news = asyncio.Event()

    async def parts(self) -> AsyncGenerator[Part]:
        """Give every part from the first on, as they come.

        Raises:
            SegueError: the turn ended so.
        """
        at = 0
        while True:
            news = self._news
            while at < len(self._parts):
                yield self._parts[at]
                at += 1
            if self._is_over:
                break
            await news.wait()  # set already where something came while the caller had the part before
        if self._error is not None:
            raise self._error

    def add(self, part: Part) -> None:
        """Take the next part."""
        self._parts.append(part)
        self._tell()

    def end(self, error: SegueError | None = None) -> None:
        """Take it that no part comes any more."""
        self._error, self._is_over = error, True
        self._tell()

    async def begun(self) -> Started | None:
        """Return the first part once there is a second; None where the turn ended without any.

        What is refused is refused before the second, so that a refusal is still an answer of its own.

        Raises:
            SegueError: the turn was refused.
        """
        first: Part | None = None
        async for part in self.parts():
            if first is not None:
                break
            first = part
        return first if isinstance(first, Started) else None

    async def over(self) -> None:
        """Wait until no part comes any more, whatever it ended with."""
        while not self._is_over:
            await self._news.wait()

    def _tell(self) -> None:
        news, self._news = self._news, asyncio.Event()
        news.set()


class RunningTurns:
    """The turns under way, by conversation."""

    def __init__(self) -> None:
        self._running: dict[str, RunningTurn] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def begin(self, parts: AsyncIterator[Part]) -> tuple[RunningTurn, Started]:
        """Run a turn to its end, and return it once it began.

        Raises:
            SegueError: it was refused before anything was said.
        """
        turn = RunningTurn()
        task = asyncio.create_task(self._run(turn, parts))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        started = await turn.begun()
        if started is None:
            raise TurnFailedError("a defect of Segue: the turn did not begin")
        return turn, started

    def of(self, conversation_id: str) -> RunningTurn | None:
        """Return the turn of a conversation that is under way here, if one is."""
        return self._running.get(conversation_id)

    async def close(self) -> None:
        """Wait for the turns under way, each of which is recorded; those that take too long are let go."""
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=_CLOSING)
            for task in late:
                task.cancel()

    async def _run(self, turn: RunningTurn, parts: AsyncIterator[Part]) -> None:
        name: str | None = None
        error: SegueError | None = None
        try:
            async for part in parts:
                if isinstance(part, Started):
                    name = part.conversation_id
                    self._running[name] = turn
                turn.add(part)
        except SegueError as found:
            error = found
        except Exception as found:  # its message may quote what a caller sent
            error = TurnFailedError("a defect of Segue; the log has more")
            _log_defect(found)
        except asyncio.CancelledError:
            error = TurnFailedError("the service ended before the turn did")
            raise
        finally:
            if name is not None and self._running.get(name) is turn:
                del self._running[name]
            turn.end(error)


def _log_defect(error: Exception) -> None:
    frame = error.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    where = f"{frame.tb_frame.f_code.co_filename}:{frame.tb_lineno}" if frame else "unknown"
    _log.error("defect in a turn: %s at %s", type(error).__name__, where)
