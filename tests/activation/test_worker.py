from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from procrastinate import exceptions

from segue.activation.worker import Worker, _lost_ends_are_told
from segue.agents.live_policies import LivePolicies
from segue.core.database import Database
from segue.evals.fakes.receiver import SECRET, Receiver
from segue.evals.fakes.server import Answer
from tests.activation.world import FILES, World, webhook_settings

SEGUE = str(Path(sys.executable).parent / "segue")


def wait_for(holds: Callable[[], object], seconds: float = 30.0) -> None:
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until, "it did not come to it"
        time.sleep(0.02)


@pytest.fixture
def stored(world: World, tmp_path: Path) -> World:
    """The world with its pack active in the store, as a process finds it."""
    for name, text in FILES.items():
        path = tmp_path / "motion" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    world.with_database(lambda database: LivePolicies(database).start([str(tmp_path / "motion")], [], "test"))
    return world


def process(world: World, receiver: Receiver, *arguments: str) -> subprocess.Popen[bytes]:
    environment = {
        **os.environ, "DATABASE_URL": world.url, "SEGUE_WEBHOOK_URL": receiver.url, "SEGUE_WEBHOOK_SECRET": SECRET,
        "SEGUE_ALLOW_PRIVATE_TARGETS": "127.0.0.1",
    }  # fmt: skip
    return subprocess.Popen([SEGUE, "worker", *arguments], env=environment, stderr=subprocess.PIPE)


def test_a_worker_hears_of_jobs_and_ends_when_it_is_told_to(stored: World, receiver: Receiver) -> None:
    running = process(stored, receiver)
    try:
        made = [stored.set_off("send_it") for _ in range(2)]
        wait_for(lambda: stored.of(made[1])["status"] == "done")
        made += [stored.set_off("send_it") for _ in range(2)]
        wait_for(lambda: stored.of(made[3])["status"] == "done")
    finally:
        running.terminate()
        _, said = running.communicate(timeout=30)
    assert running.returncode == 0, said
    assert list(receiver.taken) == made and not receiver.repeated
    assert stored.rows("SELECT count(*) FROM segue_jobs.procrastinate_workers") == [(0,)]


def test_once_does_what_is_due_and_leaves(stored: World, receiver: Receiver) -> None:
    made = stored.set_off("send_it")
    running = process(stored, receiver, "--once")
    running.communicate(timeout=60)
    assert running.returncode == 0
    assert stored.of(made)["status"] == "done"


def test_what_a_killed_worker_was_at_is_sent_again_under_its_id_and_what_came_after_follows(
    stored: World, receiver: Receiver
) -> None:
    receiver.next_answers = [Answer(204, hang=30)]
    made = stored.set_off("send_it")
    after = stored.set_off("send_it")
    running = process(stored, receiver)
    wait_for(lambda: receiver.asked)
    running.send_signal(signal.SIGKILL)
    running.communicate(timeout=30)
    assert stored.of(made)["status"] == "doing"
    stored.settings = webhook_settings(receiver.url)

    async def work(database: Database) -> None:
        worker = Worker(
            stored.url, stored.activation(database), 4, heartbeat=0.2, dead_after=1.0, look_every=0.2
        )
        worker.start()
        try:
            await asyncio.to_thread(wait_for, lambda: stored.of(after)["status"] == "done")
        finally:
            await worker.close()

    stored.with_database(work)
    assert [each.headers["webhook-id"] for each in receiver.asked] == [made, made, after]
    assert (stored.of(made)["status"], stored.of(made)["attempts"]) == ("done", 2)
    assert stored.rows("SELECT count(*) FROM segue.deliveries") == [(2,)]


def test_a_worker_that_begins_takes_up_at_once_what_one_that_died_long_ago_was_at(
    world: World, receiver: Receiver
) -> None:
    world.settings = webhook_settings(receiver.url)
    made = world.set_off("send_it")
    world.rows(
        "INSERT INTO segue_jobs.procrastinate_workers (last_heartbeat) VALUES (now() - interval '1 minute')"
    )
    world.rows(
        "UPDATE segue_jobs.procrastinate_jobs SET status = 'doing', worker_id = id_of.id"
        " FROM segue_jobs.procrastinate_workers AS id_of"
    )

    async def work(database: Database) -> None:
        worker = Worker(world.url, world.activation(database), 2, look_every=0.1)
        worker.start()
        try:
            await asyncio.to_thread(wait_for, lambda: world.of(made)["status"] == "done")
        finally:
            await worker.close()

    started = time.monotonic()
    world.with_database(work)
    assert time.monotonic() - started < 10.0  # the time between two looks


def test_a_worker_outlives_the_loss_of_its_connections(world: World, receiver: Receiver) -> None:
    world.settings = webhook_settings(receiver.url)

    async def work(database: Database) -> None:
        worker = Worker(
            world.url, world.activation(database), 2, heartbeat=0.2, dead_after=1.0, look_every=0.2
        )
        worker.start()
        try:
            for _ in range(3):
                made = await asyncio.to_thread(world.set_off, "send_it")
                await asyncio.to_thread(wait_for, lambda made=made: world.of(made)["status"] == "done")  # type: ignore[misc]
                with psycopg.connect(world.url, autocommit=True) as connection:
                    connection.execute(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                    )
        finally:
            await worker.close()

    world.with_database(work)
    assert len(receiver.taken) == 3


def test_a_worker_tries_again_by_itself(world: World, receiver: Receiver) -> None:
    from segue.activation.carrying import Retries

    world.settings, world.retries = webhook_settings(receiver.url), Retries(5, 0.1, 1.0)
    receiver.next_answers = [Answer(500), Answer(503, b"", {"Retry-After": "1"}), Answer(500)]
    made = world.set_off("send_it")

    async def work(database: Database) -> None:
        worker = Worker(world.url, world.activation(database), 2, look_every=0.1)
        worker.start()
        try:
            await asyncio.to_thread(wait_for, lambda: world.of(made)["status"] == "done")
        finally:
            await worker.close()

    started = time.monotonic()
    world.with_database(work)
    assert time.monotonic() - started > 1.0  # it was asked to wait a second
    assert world.of(made)["attempts"] == 4 and len(receiver.asked) == 4


def test_the_end_of_a_job_that_could_not_be_written_is_a_line_and_no_defect(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def work() -> None:
        loop = asyncio.get_running_loop()
        with _lost_ends_are_told():
            loop.call_exception_handler({"message": "lost", "exception": exceptions.ConnectorException()})
            loop.call_exception_handler({"message": "another", "exception": ValueError()})
        assert loop.get_exception_handler() is None

    asyncio.run(work())
    told = [(each.name, each.levelname, each.getMessage().split("\n")[0]) for each in caplog.records]
    assert told == [
        ("segue.activation.worker", "WARNING", "the end of a job could not be written: it is looked for"),
        ("asyncio", "ERROR", "another"),
    ]
