"""Work on the log or the accounts cut into parts, done by as many processes as there are processors."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from typing import Any, TypeVar

Part = TypeVar("Part")
Found = TypeVar("Found")

_AHEAD = 3
"""Parts that wait for each process, so that none is idle and what is read ahead stays small."""


def processes_for(parts: int) -> int:
    """Return how many processes serve so many parts: one for each processor that this process may use."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(usable, parts))


def in_processes(
    work: Callable[[Part], Found],
    parts: Iterable[Part],
    processes: int,
    start: Callable[..., None] | None = None,
    given: tuple[Any, ...] = (),
) -> Iterator[Found]:
    """Yield what `work` finds in each part, in no order. One process is this one.

    `start` is called with `given` once in each process, before its first part. What they take and
    give has to pickle. An error of one ends all.
    """
    if processes == 1:
        if start is not None:
            start(*given)
        yield from map(work, parts)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, context, _started, (start, given)) as pool:
        waiting: set[Future[Found]] = set()
        try:
            for part in parts:
                waiting.add(pool.submit(work, part))
                if len(waiting) >= _AHEAD * processes:
                    done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                    yield from (each.result() for each in done)
            while waiting:
                done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                yield from (each.result() for each in done)
        finally:
            pool.shutdown(cancel_futures=True)


def _started(start: Callable[..., None] | None, given: tuple[Any, ...]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who interrupts means the process that waits for this one
    if start is not None:
        start(*given)
