"""A service of one's own for as long as a command runs: started, asked over HTTP, and ended."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlencode
from urllib.request import Request, urlopen

from segue.core.errors import UnavailableError

_START_WITHIN = 60.0
"""Seconds that a service has to answer for the first time."""


@dataclass(frozen=True, slots=True)
class Served:
    """A running service and a secret key for it."""

    url: str
    key: str
    port: int

    def post(self, path: str, body: Mapping[str, Any]) -> Any:
        """Send JSON and return the JSON of the answer.

        Raises:
            UnavailableError: it is refused; the message is that of the problem.
        """
        return self._call(path, json.dumps(body).encode())

    def import_file(self, path: Path, pack: str, source: str) -> Any:
        """Import a file of accounts and return what was stored."""
        query = urlencode({"filename": path.name, "pack": pack, "source": source})
        return self._call(f"/v1/accounts:import?{query}", path.read_bytes())

    def _call(self, path: str, body: bytes) -> Any:
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        request = Request(self.url + quote(path, safe="/:?=&%+"), body, headers)  # noqa: S310 - our own service
        try:
            with urlopen(request, timeout=60) as response:  # noqa: S310
                return json.load(response)
        except HTTPError as error:
            raise UnavailableError(f"{path}: {json.load(error)['detail']}") from None


@contextlib.contextmanager
def served(
    packs: Sequence[str], data_dir: Path, database: str | None = None, workers: int = 1
) -> Iterator[Served]:
    """Start a service on a free port, and end it afterwards.

    It is over the database at the URL `database`, or over a private one in the data folder.

    Raises:
        UnavailableError: it does not start; the message is its last line.
    """
    port = free_port()
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    environment |= {"SEGUE_DATA_DIR": str(data_dir)} | ({"DATABASE_URL": database} if database else {})
    segue = str(Path(sys.executable).with_name("segue"))
    command = [segue, "serve", "--port", str(port), "--workers", str(workers)]
    command += [part for pack in packs for part in ("--pack", pack)]
    log = data_dir / "serve.log"
    with log.open("wb") as output:
        process = subprocess.Popen(command, env=environment, stdout=output, stderr=output)  # noqa: S603
    try:
        url = f"http://127.0.0.1:{port}"
        _wait(process, url, log)
        made = subprocess.run(  # noqa: S603
            [segue, "keys", "create", "--kind", "secret", "--name", "demo", "--json"],
            env=environment, check=True, capture_output=True,
        )  # fmt: skip
        key = json.loads(made.stdout)["key"]
        wait_for_key(url, key)
        yield Served(url, key, port)
    finally:
        process.terminate()
        process.wait(30)


def free_port() -> int:
    """Return a port on loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    until = time.monotonic() + _START_WITHIN
    while time.monotonic() < until:
        if process.poll() is not None:
            break
        with contextlib.suppress(URLError, OSError), urlopen(f"{url}/readyz", timeout=1) as found:  # noqa: S310
            if found.status == 200:
                return
        time.sleep(0.05)
    lines = log.read_text(errors="replace").strip().splitlines() or ["it says nothing"]
    raise UnavailableError(f"the service does not start: {lines[-1]}")


def wait_for_key(url: str, key: str) -> None:
    """Wait until the service has heard of a secret key, which takes a moment, and so of every one made before.

    Raises:
        UnavailableError: it has not within a minute.
    """
    until = time.monotonic() + _START_WITHIN
    request = Request(f"{url}/v1/switches", headers={"Authorization": f"Bearer {key}"})  # noqa: S310
    while time.monotonic() < until:
        with contextlib.suppress(HTTPError), urlopen(request, timeout=5):  # noqa: S310
            return
        time.sleep(0.05)
    raise UnavailableError("the service does not take its key")
