"""Tasks that run until they are told to end."""

from __future__ import annotations

import asyncio


async def end_tasks(*tasks: asyncio.Task[None], again_after: float = 1.0) -> None:
    """Cancel tasks and return once they have ended, whatever they end with.

    They are cancelled again every `again_after` seconds until they do: a task may not hear of it. Before Python
    3.12 `asyncio.wait_for`, on which drivers of databases rest, drops a cancellation that comes just as what it
    waits for is done.
    """
    left = {task for task in tasks if not task.done()}
    while left:
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=again_after)
    await asyncio.gather(*tasks, return_exceptions=True)
