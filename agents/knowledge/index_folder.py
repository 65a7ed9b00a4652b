"""A folder for one process's index: Chroma's files are not made for two processes, so each takes one of its own.

Folders are numbered; the lowest that nobody holds is taken, so that a service that starts again finds what it
indexed before, and several workers never share one. The system lets go of the lock of a process that dies.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from segue.core.errors import UnavailableError

_MOST = 256
_PREFIX = "index-"


class IndexFolder:
    """A numbered folder that this process holds until `release`."""

    def __init__(self, root: Path) -> None:
        """Take a folder under `root`.

        Raises:
            UnavailableError: it cannot be written to.
        """
        self._handle: int | None = None
        try:
            root.mkdir(parents=True, exist_ok=True)
            for number in range(_MOST):
                handle = os.open(root / f"{number}.lock", os.O_RDWR | os.O_CREAT, 0o600)
                if _lock(handle):
                    self._handle, self._folder = handle, root / str(number)
                    self._folder.mkdir(exist_ok=True)
                    return
                os.close(handle)
        except OSError as error:
            raise UnavailableError(f"{root}: no folder for the index: {error.strerror}") from None
        raise UnavailableError(f"{root}: {_MOST} processes hold a folder there already")

    def current(self) -> Path:
        """Return where the index is, or is to be made."""
        found = sorted(
            self._folder.glob(f"{_PREFIX}*"), key=lambda each: int(each.name.removeprefix(_PREFIX))
        )
        return found[-1] if found else self._folder / f"{_PREFIX}1"

    def anew(self) -> Path:
        """Remove what is there, because it cannot be read, and return where the index is to be made.

        Under another name: Chroma remembers, within a process, that a folder failed.
        """
        before = self.current()
        number = int(before.name.removeprefix(_PREFIX)) + 1
        shutil.rmtree(before, ignore_errors=True)
        return self._folder / f"{_PREFIX}{number}"

    def release(self) -> None:
        """Let another process take the folder."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None


def _lock(handle: int) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
