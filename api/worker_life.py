"""A worker of `segue serve --workers N` ends with the process that started it, however that one ends."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any


def end_with_parent() -> None:
    """End this process as told by SIGTERM once its parent is gone; one that has none is left alone.

    A parent that is killed tells its workers nothing: they would answer on, and hold the port.
    """
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch() -> None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="end-with-parent", daemon=True).start()


def when_ending(call: Callable[[], None]) -> None:
    """Call something when this process is told to end, before what it serves is waited for.

    A stream would be waited for until its time is over. To be called where the server's own handlers are set.
    """
    if threading.current_thread() is not threading.main_thread():
        return
    for number in (signal.SIGTERM, signal.SIGINT):
        before = signal.getsignal(number)
        if not callable(before):
            continue

        def handle(found: int, frame: FrameType | None, before: Callable[[int, Any], Any] = before) -> None:
            call()
            before(found, frame)

        signal.signal(number, handle)
