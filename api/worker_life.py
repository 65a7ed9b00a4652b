"""A worker of `segue serve --workers N` ends with the process that started it, however that one ends."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading


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
