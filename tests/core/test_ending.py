"""Tasks end when they are told to, though they miss it once."""

from __future__ import annotations

import asyncio

from segue.core.ending import end_tasks


def test_a_task_that_misses_its_cancellation_ends_all_the_same() -> None:
    missed = 0

    async def misses_it() -> None:
        nonlocal missed
        while True:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                missed += 1
                if missed == 3:
                    raise

    async def fails() -> None:
        raise ValueError("of itself")

    async def run() -> None:
        tasks = [asyncio.create_task(misses_it()), asyncio.create_task(fails())]
        await asyncio.sleep(0)
        await asyncio.wait_for(end_tasks(*tasks, again_after=0.01), 10)
        assert tasks[0].cancelled() and isinstance(tasks[1].exception(), ValueError)
        await end_tasks(*tasks)

    asyncio.run(run())
    assert missed == 3
