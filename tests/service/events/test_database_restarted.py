"""PostgreSQL stopped at once in mid-batch, again and again: what got a 200 is stored, once, and nothing by half."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import psycopg
import pytest

from segue.core.private_server import PrivateServer
from segue.core.schema import migrate
from segue.core.server_places import server_folder
from segue.evals.served import Served, served

pytestmark = pytest.mark.trial

SIZE = 50
RESTARTS = 2


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """A data folder outside of pytest's own: as root the server is another user."""
    with tempfile.TemporaryDirectory(prefix="segue-test-") as folder:
        yield Path(folder)


def body(batch: int) -> bytes:
    """A batch whose visitors become known within it."""
    events = [
        {
            "type": "page",
            "messageId": f"{batch}-{n}",
            "anonymousId": f"v{batch % 7}",
            "properties": {"path": f"/{n}"},
        }
        for n in range(SIZE)
    ]
    who = {"userId": f"u{batch % 7}", "traits": {"email": f"u@restarted-{batch % 7}.com"}}
    return json.dumps({"batch": [*events[:-1], {**events[-1], "type": "identify", **who}]}).encode()


class Sender(threading.Thread):
    """Sends batches, each until it is answered with 200."""

    def __init__(self, service: Served, first: int, over: threading.Event) -> None:
        super().__init__()
        self.service, self.batch, self.over = service, first, over
        self.taken: list[int] = []
        self.statuses: set[int] = set()

    def run(self) -> None:
        headers = {"Authorization": f"Bearer {self.service.key}"}
        with httpx2.Client(timeout=30) as client:
            while not self.over.is_set():
                answer = client.post(
                    f"{self.service.url}/v1/batch", content=body(self.batch), headers=headers
                )
                self.statuses.add(answer.status_code)
                if answer.status_code == 200:
                    self.taken.append(self.batch)
                    self.batch += 4


def kill(server: PrivateServer, url: str) -> None:
    """End PostgreSQL as a failing machine would, at once, nothing written; wait until it was started again."""
    pid = int((server.folder / "postmaster.pid").read_text().splitlines()[0])
    os.kill(pid, signal.SIGQUIT)
    until = time.monotonic() + 60
    while time.monotonic() < until:
        time.sleep(0.1)
        with contextlib.suppress(psycopg.OperationalError), psycopg.connect(url, connect_timeout=5):
            return
    raise AssertionError("PostgreSQL did not come back")


def test_nothing_that_was_taken_is_lost(data_dir: Path) -> None:
    server = PrivateServer(server_folder(data_dir / "store"))
    url = server.start()
    try:
        migrate(url)
        (data_dir / "replica").mkdir()
        with served(["saas_pipeline"], data_dir / "replica", url) as service:
            over = threading.Event()
            senders = [Sender(service, number, over) for number in range(4)]
            for sender in senders:
                sender.start()
            for _ in range(RESTARTS):
                time.sleep(1)
                kill(server, url)
            time.sleep(1.5)
            over.set()
            for sender in senders:
                sender.join()
        with psycopg.connect(url) as connection:
            rows = connection.execute(
                "SELECT split_part(message_id, '-', 1)::int, count(*), count(account_id), min(account_id), max(account_id)"
                " FROM segue.events GROUP BY 1"
            ).fetchall()
        taken = {batch for sender in senders for batch in sender.taken}
        assert all(len(sender.taken) > 1 for sender in senders)
        assert taken <= {row[0] for row in rows}
        for batch, events, known, first, last in rows:
            assert (events, known) == (SIZE, SIZE) and first == last == f"restarted-{batch % 7}.com"
        assert set().union(*(sender.statuses for sender in senders)) <= {200, 503}
    finally:
        server.stop()
