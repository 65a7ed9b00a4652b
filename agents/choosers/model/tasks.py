"""Work that must be done by a deadline, whatever it takes to end it."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class Tasks:
    """The tasks that are under way, kept until they end: asyncio itself holds on to none."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[Any]] = set()

    async def done_by(self, deadline: float, work: Coroutine[Any, Any, T]) -> T:
        """Return what the work gives; at the deadline end it, and do not wait for its end.

        Work that is cancelled may take time to close its connection, and that time is not the caller's.

        Raises:
            TimeoutError: it was not done by the deadline, an instant on the event loop's clock.
        """
        task = self.run(work)
        try:
            await asyncio.wait({task}, timeout=deadline - asyncio.get_running_loop().time())
            if task.done():
                return task.result()
            raise TimeoutError
        finally:
            task.cancel()

    def run(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Start work that nobody need wait for."""
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._ended)
        return task

    async def finish(self) -> None:
        """Wait until what is under way has ended by itself."""
        while self._running:
            await asyncio.gather(*self._running, return_exceptions=True)

    async def aclose(self) -> None:
        """End what is under way, and wait for that."""
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._running.discard(task)
        if not task.cancelled():
            task.exception()  # taken note of, or asyncio reports it as lost
