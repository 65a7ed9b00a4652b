"""kill -9 under load, in short; the long form is `python -P -m segue.evals.crashes`."""

from __future__ import annotations

import asyncio
import hashlib
import socket
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
import pytest

from segue.evals.crashes.__main__ import show
from segue.evals.crashes.callers import Observed
from segue.evals.crashes.evidence import read_evidence
from segue.evals.crashes.trials import CrashResult, kill_database, kill_server
from segue.evals.killable import KillableService
from tests.api.conftest import lines_of
from tests.service.journal.conftest import Store

pytestmark = pytest.mark.trial


@pytest.fixture(scope="module")
def server_killed() -> CrashResult:
    return kill_server(2)


def told(found: CrashResult) -> str:
    return f"{found.evidence} {found.observed.others} back {found.back_after} defects {found.defects}"


def test_no_received_decision_is_lost_when_the_server_is_killed(server_killed: CrashResult) -> None:
    assert server_killed.kept, told(server_killed)
    assert server_killed.observed.cut > 0


def test_no_received_decision_is_lost_when_postgresql_is_killed() -> None:
    found = kill_database(1)
    assert found.kept, told(found)


def test_a_promise_that_is_not_kept_is_noticed(server_killed: CrashResult, store: Store) -> None:
    observed = Observed(received={1: "of no answer"})
    assert read_evidence(store.url, observed).lost == 1
    other = Observed(received={1: ""}, other_bytes=1)
    assert not replace(server_killed, observed=other).kept
    assert not replace(server_killed, ended=False).kept
    assert not replace(server_killed, evidence=replace(server_killed.evidence, twice=1)).kept


def test_the_table_fits_a_terminal(server_killed: CrashResult) -> None:
    lines = lines_of(show([server_killed]), 118)
    assert lines[-1].startswith("server") and lines[-1].endswith("yes")


def test_workers_do_not_outlive_the_process_that_was_killed(data_dir: Path) -> None:
    service = KillableService(data_dir, workers=2)

    async def killed_and_back() -> None:
        service.start()
        await service.ready()
        service.kill()
        until = time.monotonic() + 20
        while await asyncio.to_thread(_listens, service.port):
            assert time.monotonic() < until, "the workers of a killed process still answer"
            await asyncio.sleep(0.05)
        service.start()
        await service.ready()

    try:
        asyncio.run(killed_and_back())
    finally:
        service.stop()
    assert service.database_pid() is None


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_two_processes_over_one_folder_answer_one_key_alike(data_dir: Path, race_pack: Path) -> None:
    one, other = (KillableService(data_dir, str(race_pack)) for _ in "12")
    key = one.create_key()

    async def ask(number: int, account: str, once: str | None = None) -> httpx2.Response:
        headers = {"Authorization": f"Bearer {key}"} | ({"Idempotency-Key": once} if once else {})
        body = {"surface": "chat", "account": account}
        return await clients[number % 2].post("/v1/decisions", json=body, headers=headers)

    async def race() -> None:
        same = await asyncio.gather(*(ask(number, "same", "once") for number in range(30)))
        assert {each.status_code for each in same} == {200}
        assert len({hashlib.sha256(each.content).digest() for each in same}) == 1
        assert sum("idempotent-replayed" not in each.headers for each in same) == 1
        assert [(await ask(number, "another", "once")).status_code for number in (0, 1)] == [422, 422]
        limited = await asyncio.gather(*(ask(number, "limited") for number in range(30)))
        plays: list[Any] = [each.json()["play"]["name"] for each in limited]
        assert (plays.count("offer"), plays.count("help")) == (1, 29)

    async def run() -> None:
        one.start()
        await one.ready()
        other.start()
        await other.ready()
        try:
            await race()
        finally:
            for client in clients:
                await client.aclose()

    clients = [httpx2.AsyncClient(base_url=each.url, timeout=30) for each in (one, other)]
    try:
        asyncio.run(run())
    finally:
        one.stop()
        assert one.database_pid() is not None  # the other has it open
        other.stop()
    assert one.database_pid() is None
