"""Run a long query in a thread, so that its progress is told and Ctrl-C is heard."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import duckdb

Progress = Callable[[float], None]
"""Told the share that is done, 0 to 1, never less than before."""

_POLL = 0.1
"""Seconds between two looks at the progress."""


def run_watched(
    connection: duckdb.DuckDBPyConnection, text: str, progress: Progress | None
) -> list[tuple[Any, ...]]:
    """Run a statement and return its rows. `progress` is called from this thread.

    When this thread is interrupted, by Ctrl-C or by what `progress` raises, the statement is stopped
    before the exception goes on. The connection must have `enable_progress_bar` on.

    Raises:
        duckdb.Error: as the statement does.
    """
    rows: list[tuple[Any, ...]] = []
    failed: list[BaseException] = []

    def run() -> None:
        try:
            rows.extend(connection.execute(text).fetchall())
        except BaseException as error:
            failed.append(error)

    worker = threading.Thread(target=run, name="segue-query", daemon=True)
    worker.start()
    done = 0.0
    try:
        while worker.is_alive():
            worker.join(_POLL)
            if progress is not None:
                done = max(done, min(1.0, connection.query_progress() / 100))
                progress(done)
    except BaseException:
        while worker.is_alive():
            connection.interrupt()
            worker.join(_POLL)
        raise
    if failed:
        raise failed[0]
    if progress is not None:
        progress(1.0)
    return rows
