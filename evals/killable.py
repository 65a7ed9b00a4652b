"""A service over a private PostgreSQL, whose processes may be killed."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from segue.core.errors import UnavailableError
from segue.core.server_places import server_folder
from segue.evals.served import free_port

_START_WITHIN = 60.0
"""Seconds that a service has to be ready."""


class KillableService:
    """`segue serve` on a port of its own, over a data folder; started again as often as it is killed."""

    def __init__(
        self,
        data_dir: Path,
        pack: str = "saas_pipeline",
        workers: int = 1,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = data_dir / "serve.log"
        self.folder = server_folder(data_dir)
        """Where PostgreSQL keeps its data."""
        self._pack = pack
        self._workers = workers
        self._environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
        self._environment |= {"SEGUE_DATA_DIR": str(data_dir)} | dict(settings or {})
        self._process: subprocess.Popen[bytes] | None = None

    def create_key(self, kind: str = "secret") -> str:
        """Make a key and return it."""
        made = subprocess.run(  # noqa: S603
            [*_SEGUE, "keys", "create", "--kind", kind, "--json"],
            env=self._environment, check=True, capture_output=True,
        )  # fmt: skip
        found: str = json.loads(made.stdout)["key"]
        return found

    def start(self) -> None:
        """Start the service and return at once."""
        options = ["--port", str(self.port), "--pack", self._pack, "--workers", str(self._workers)]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603
                [*_SEGUE, "serve", *options], env=self._environment, stdout=log, stderr=log
            )

    async def ready(self) -> None:
        """Wait until `/readyz` says so.

        Raises:
            UnavailableError: it ended, or it takes a minute; the message is the log's last line.
        """
        until = time.monotonic() + _START_WITHIN
        while time.monotonic() < until and self._running().poll() is None:
            if await asyncio.to_thread(_is_ready, self.url):
                return
            await asyncio.sleep(0.05)
        lines = self.log.read_text(errors="replace").strip().splitlines() or ["it says nothing"]
        raise UnavailableError(f"the service does not start: {lines[-1]}")

    def kill(self) -> None:
        """End the service by SIGKILL. Its PostgreSQL runs on."""
        self._running().kill()
        self._running().wait()

    def stop(self) -> int:
        """End the service as an operator does, and return its exit code."""
        self._running().terminate()
        return self._running().wait(60)

    def database_pid(self) -> int | None:
        """Return the process id of PostgreSQL, or None when none runs over the folder."""
        with contextlib.suppress(OSError, ValueError, IndexError):
            pid = int((self.folder / "postmaster.pid").read_text().splitlines()[0])
            os.kill(pid, 0)
            return pid
        return None

    def kill_database(self) -> None:
        """End PostgreSQL by SIGKILL."""
        self._signal_database(signal.SIGKILL)

    def stop_database_at_once(self) -> None:
        """End PostgreSQL by an immediate stop, as `pg_ctl stop -m immediate` does: nothing more is written."""
        self._signal_database(signal.SIGQUIT)

    def _signal_database(self, number: int) -> None:
        pid = self.database_pid()
        if pid is None:
            raise UnavailableError("no PostgreSQL runs that could be ended")
        os.kill(pid, number)

    def defects(self) -> int:
        """Return how often the service's log tells of a defect."""
        text = self.log.read_text(errors="replace")
        return text.count("defect:") + text.count("Traceback")

    def _running(self) -> subprocess.Popen[bytes]:
        assert self._process is not None
        return self._process


_SEGUE = (str(Path(sys.executable).with_name("segue")),)


def _is_ready(url: str) -> bool:
    with contextlib.suppress(URLError, OSError), urlopen(f"{url}/readyz", timeout=10) as found:  # noqa: S310
        return bool(found.status == 200)
    return False
