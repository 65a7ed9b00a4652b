"""A bar on standard error for work of which the size is known; nothing where no terminal shows it."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from segue.api.cli.console import ERR


class Bar:
    """A bar that is gone when the work is done."""

    def __init__(self, what: str) -> None:
        columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
        self._progress = Progress(*columns, console=ERR, transient=True, disable=not ERR.is_terminal)
        self._task = self._progress.add_task(what, total=None)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def at(self, done: int, total: int | None = None) -> None:
        """Show how far it is."""
        self._progress.update(self._task, completed=done, total=total)
