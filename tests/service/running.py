"""A replica as a process of its own, and how tests talk to it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import httpx2
import psycopg

from segue.api.keys import Kind, create_key
from segue.core.database import Database
from segue.evals.served import free_port
from tests.core.databases import with_database

T = TypeVar("T")
LAUNCH = Path(__file__).with_name("launch.py")
ACCOUNT = "acme.example"
"""An account that the store knows, with an owner and traits that no page may learn of."""
OWNER = "rep-of-acme@example.com"
PAGE = "https://www.example.com"
"""The page that the publishable key is for."""


@dataclass
class Service:
    """A running replica. `keys` are secrets by kind."""

    url: str
    database: str
    log: Path
    keys: dict[str, str] = field(default_factory=dict)
    client: httpx2.Client = field(default_factory=lambda: httpx2.Client(timeout=30))
    process_id: int = 0

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        key: str | None = "secret",
        content: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx2.Response:
        """Send a request with the key of a kind, or with none."""
        sent = dict(headers or {})
        if key is not None:
            sent.setdefault("Authorization", f"Bearer {self.keys[key]}")
        if body is not None:
            return self.client.request(method, self.url + path, json=body, headers=sent)
        return self.client.request(method, self.url + path, content=content, headers=sent)

    def put(self, path: str, body: Any, **more: Any) -> httpx2.Response:
        """Send a PUT."""
        return self.call("PUT", path, body, **more)

    def post(self, path: str, body: Any, **more: Any) -> httpx2.Response:
        """Send a POST."""
        return self.call("POST", path, body, **more)

    def decide(self, *, key: str | None = "secret", **asked: Any) -> httpx2.Response:
        """Ask for a decision, on the chat where no surface is named."""
        return self.post("/v1/decisions", {"surface": "chat"} | asked, key=key)

    def rows(self, query: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """Ask the database."""
        with psycopg.connect(self.database, autocommit=True) as connection:
            found = connection.execute(query, parameters)
            return found.fetchall() if found.description else []

    def new_key(
        self,
        kind: str,
        origins: tuple[str, ...] = (),
        expires_at: datetime | None = None,
        may_act: bool = False,
    ) -> tuple[str, str]:
        """Make a key and return its id and its secret."""

        async def make(database: Database) -> tuple[str, str]:
            return await create_key(database, Kind(kind), "test", origins, expires_at, may_act)

        return with_database(self.database, make)

    def heard_of(self, secret: str, *, status: int = 401, within: float = 20.0) -> float:
        """Wait until a key is answered otherwise than with a status, and return the seconds that it took."""
        started = time.monotonic()
        while time.monotonic() - started < within:
            headers = {"Authorization": f"Bearer {secret}"}
            if self.call("GET", "/v1/switches", key=None, headers=headers).status_code != status:
                return time.monotonic() - started
            time.sleep(0.05)
        raise AssertionError(f"still {status} after {within} s")


def know_acme(service: Service) -> None:
    """Store what is known of the account that tests name."""
    said = [
        {"trait": "employees", "value": 7431, "source": "crm"},
        {"trait": "industry", "value": "fintech", "source": "crm"},
    ]
    assert service.put(f"/v1/accounts/{ACCOUNT}/traits", {"traits": said}).status_code == 200
    until = (datetime.now(UTC) + timedelta(days=30)).isoformat()
    pin = {"kind": "owner", "value": OWNER, "reason": "A test", "expires_at": until}
    assert service.put(f"/v1/accounts/{ACCOUNT}/pin", pin).status_code == 200


@contextmanager
def known_replica(database: str, folder: Path) -> Iterator[Service]:
    """Run a replica that knows one account and has a key of every kind; no limit of a rate is in the way."""
    limits = {"SEGUE_RATE_ADDRESS": "1000000/minute", "SEGUE_RATE_PUBLISHABLE": "1000000/minute"}
    with replica(database, folder, **limits) as found:
        revoked, found.keys["revoked"] = found.new_key("secret")
        found.rows("UPDATE segue.keys SET revoked_at = now() WHERE key_id = %s", revoked)
        for kind in ("secret", "write"):
            _, found.keys[kind] = found.new_key(kind)
        _, found.keys["publishable"] = found.new_key("publishable", (PAGE,))
        _, found.keys["expired"] = found.new_key("secret", (), datetime.now(UTC) - timedelta(seconds=1))
        found.keys["rubbish"] = "segue_sk_0123456789abcdef_0123"
        _, found.keys["anywhere"] = found.new_key("publishable")
        found.heard_of(found.keys["anywhere"])
        know_acme(found)
        yield found


@contextmanager
def replica(database: str, folder: Path, **settings: str) -> Iterator[Service]:
    """Run a replica over a database, with settings of its own, until the block ends."""
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    service = Service(f"http://127.0.0.1:{port}", database, folder / "serve.log")
    environment = {**os.environ, "DATABASE_URL": database, "SEGUE_DATA_DIR": str(folder), **settings}
    command = [sys.executable, "-P", str(LAUNCH), "serve", "--pack", "saas_pipeline", "--port", str(port)]
    with service.log.open("wb") as output:
        process = subprocess.Popen(command, env=environment, stdout=output, stderr=output, cwd=folder)
        service.process_id = process.pid
        try:
            _wait(service, process)
            yield service
        finally:
            service.client.close()
            process.terminate()
            process.wait(30)


def _wait(service: Service, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until and process.poll() is None:
        try:
            if service.call("GET", "/readyz", key=None).status_code == 200:
                return
        except httpx2.TransportError:
            time.sleep(0.05)
    raise AssertionError(service.log.read_text("utf-8", "replace"))
