"""The database gone for a while and back: 503 meanwhile, then answers again, by the same process.

`SEGUE_TEST_GAP=60` makes it a minute; three seconds otherwise.
"""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2
import pytest

from segue.core.private_server import PrivateServer
from segue.core.schema import migrate
from segue.core.server_places import server_folder
from segue.evals.served import Served, served

pytestmark = pytest.mark.trial

GAP = float(os.environ.get("SEGUE_TEST_GAP", "3"))


def ask(service: Served, number: int) -> httpx2.Response:
    return httpx2.post(
        f"{service.url}/v1/decisions",
        json={"surface": "chat", "account": f"gone-{number}"},
        headers={"Authorization": f"Bearer {service.key}", "Idempotency-Key": f"gone-{number}"},
        timeout=30,
    )


def status(service: Served, path: str) -> int:
    return httpx2.get(f"{service.url}{path}", timeout=30).status_code


def test_the_service_outlives_its_database(data_dir: Path) -> None:
    first = PrivateServer(server_folder(data_dir / "store"))
    url = first.start()
    second = PrivateServer(first.folder)
    try:
        migrate(url)
        (data_dir / "replica").mkdir()
        with served(["saas_pipeline"], data_dir / "replica", url) as service:
            before = [ask(service, number) for number in range(10)]
            assert {each.status_code for each in before} == {200}
            first.stop()
            refused: list[httpx2.Response] = []
            until = time.monotonic() + GAP
            with ThreadPoolExecutor(8) as threads:
                while time.monotonic() < until:
                    refused += threads.map(lambda number: ask(service, number), range(100, 108))
                assert status(service, "/readyz") == 503
                assert status(service, "/healthz") == 200
            assert {each.status_code for each in refused} == {503}
            for each in refused:
                assert each.headers["content-type"] == "application/problem+json"
                assert int(each.headers["retry-after"]) >= 1
                assert each.json()["code"] == "unavailable"
                assert each.elapsed.total_seconds() < 10
            assert second.start() == url
            started = time.monotonic()
            while ask(service, 0).status_code != 200:
                assert time.monotonic() - started < 10
            assert [ask(service, number).content for number in range(10)] == [each.content for each in before]
            assert ask(service, 100).status_code == 200
            log = (data_dir / "replica" / "serve.log").read_text()
            assert "Traceback" not in log and "defect" not in log, log
    finally:
        first.stop()
        second.stop()
