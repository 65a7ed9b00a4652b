"""After a change of policy every account is labelled again: once, with progress, and on after a kill."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from segue.accounts.label_keeping import LabelKeeping
from segue.agents.live_policies import LivePolicies
from segue.agents.policy_relabelling import PolicyProgress, policy_progress, relabel_batch
from segue.agents.policy_store import Deployed, deploy, store_pack
from segue.agents.relabelling import Relabelling
from segue.core.database import Database
from tests.accounts.labels.live import START, Live, defer, plays
from tests.accounts.labels.packs import MOTION, TIERS, live_packs

HOUR = timedelta(hours=1)
STRICTER: dict[str, Any] = {"segments__hot": MOTION["segments/hot.yaml"].replace(">= 60", ">= 90")}
ON_ENTER, ON_EXIT = {"tag", "route", "start"}, {"untag", "stop", "tell"}


@dataclass
class Deployments:
    """Deploys chains of the two packs in a store of live accounts."""

    live: Live
    deployment: int = 0

    def deploy(self, *, set_off: bool = False, only_tiers: bool = False, **changes: str) -> None:
        packs = live_packs(**changes)
        changed = {f"{name.replace('__', '/')}.yaml": text for name, text in changes.items()}
        texts = (TIERS, {**MOTION, **changed})

        async def do(database: Database) -> int:
            async with database.transaction() as connection:
                for pack, files in zip(packs, texts, strict=True):
                    await store_pack(
                        connection, pack, {name: text.encode() for name, text in files.items()}, "test"
                    )
            wanted = [Deployed(pack.name, pack.revision) for pack in packs[: 1 if only_tiers else 2]]
            return (await deploy(database, wanted, "activate", "test", set_off=set_off)).deployment_id

        self.live.packs = packs[: 1 if only_tiers else 2]
        self.deployment = self.live.over(do)

    def run(self, limit: int = 3, at: datetime = START + HOUR) -> list[int]:
        """Label batch by batch as one replica until nothing is left, and return how many each had."""
        keeping = LabelKeeping(self.live.packs, defer)

        async def do(database: Database) -> list[int]:
            found = []
            chain = LivePolicies(database).chain
            while done := await relabel_batch(database, keeping, chain, self.deployment, at, limit):
                found.append(done)
            return found

        return self.live.over(do)

    def heard(self) -> None:
        """Let the time pass in which a replica may not have heard of the deployment."""
        self.live.rows("UPDATE segue.deployments SET made_at = made_at - INTERVAL '1 minute'")

    def progress(self) -> PolicyProgress:
        async def ask(database: Database) -> PolicyProgress | None:
            async with database.connection() as connection:
                return await policy_progress(connection)

        found = self.live.over(ask)
        assert found is not None
        return found


@pytest.fixture
def deployments(store: str) -> Deployments:
    found = Deployments(Live(store))
    for number in range(10):
        found.live.say(f"account-{number}", intent=80.0 if number % 2 else 95.0, size=500)
    return found


def hot(live: Live) -> list[str]:
    return [
        each[0] for each in live.rows("SELECT account_id FROM segue.labels WHERE segment = 'hot' ORDER BY 1")
    ]


def test_every_account_gets_its_first_label_and_nothing_is_set_off(deployments: Deployments) -> None:
    deployments.deploy()
    assert deployments.run() == [3, 3, 3, 1]
    found = deployments.progress()
    assert (found.accounts, found.done, found.moved, found.finished_at) == (10, 10, 0, None)
    assert len(hot(deployments.live)) == 10
    assert deployments.live.rows("SELECT count(*) FROM segue.consequences") == [(0,)]
    deployments.heard()
    assert deployments.run() == []
    assert deployments.progress().finished_at is not None


def test_what_moves_sets_off_only_what_was_asked_for(deployments: Deployments) -> None:
    live = deployments.live
    deployments.deploy(set_off=True)
    deployments.run()
    assert plays(live.consequences("account-1"), "waiting") == ON_ENTER
    live.carry_out(START + 2 * HOUR)
    deployments.deploy(**STRICTER)
    deployments.run()
    assert deployments.progress().moved == 5
    assert hot(live) == [f"account-{number}" for number in (0, 2, 4, 6, 8)]
    assert live.consequences("account-1", "exit") == []
    deployments.deploy()
    deployments.run()
    deployments.deploy(set_off=True, **STRICTER)
    deployments.run()
    assert {each[4] for each in live.consequences("account-1", "exit")} == {"never_in_effect"}


@pytest.mark.parametrize("changes", [{}, STRICTER], ids=["the same policy", "a stricter one"])
def test_what_time_has_done_before_the_policy_came_to_it_sets_off_what_it_does(
    deployments: Deployments, changes: dict[str, Any]
) -> None:
    live = deployments.live
    deployments.deploy(set_off=True)
    deployments.run()
    live.carry_out(START + 2 * HOUR)
    deployments.deploy(**changes)
    deployments.run(at=START + timedelta(days=8))  # intent is stale for a day
    assert hot(live) == []
    assert live.rows("SELECT DISTINCT cause FROM segue.transitions WHERE from_segment = 'hot'") == [("time",)]
    for number in (0, 1):
        assert plays(live.consequences(f"account-{number}", "exit"), "waiting") == ON_EXIT
    assert live.rows("SELECT count(DISTINCT revision) FROM segue.labels WHERE pack = 'motion'") == [(1,)]


def test_what_the_policy_alone_does_to_one_that_is_due_sets_nothing_off(deployments: Deployments) -> None:
    live = deployments.live
    deployments.deploy(set_off=True)
    deployments.run()
    live.carry_out(START + 2 * HOUR)
    live.rows("UPDATE segue.accounts SET label_due_at = %s", START)
    deployments.deploy(**STRICTER)
    deployments.run(at=START + 3 * HOUR)
    assert live.rows("SELECT DISTINCT cause FROM segue.transitions WHERE from_segment = 'hot'") == [
        ("policy",)
    ]
    assert live.consequences("account-1", "exit") == []


def test_one_that_was_labelled_by_the_packs_before_meanwhile_is_labelled_again(
    deployments: Deployments,
) -> None:
    live = deployments.live
    deployments.deploy()
    before = live.packs
    deployments.deploy(**STRICTER)
    deployments.run()
    after, live.packs = live.packs, before
    live.relabel("account-1", START + 2 * HOUR)
    assert live.label("account-1")[0] == "hot"
    live.packs = after
    deployments.heard()
    assert deployments.run() == [1]
    assert live.label("account-1")[0] == "warm"
    assert deployments.progress().finished_at is not None


def test_the_labels_of_a_pack_that_goes_go_too(deployments: Deployments) -> None:
    live = deployments.live
    deployments.deploy(set_off=True)
    deployments.run()
    deployments.deploy(only_tiers=True)
    deployments.run()
    assert live.rows("SELECT DISTINCT pack FROM segue.labels") == [("tiers",)]
    assert {each[3:] for each in live.consequences("account-1")} == {("cancelled", "pack_removed")}


def test_two_replicas_share_the_work_and_do_none_of_it_twice(deployments: Deployments) -> None:
    deployments.deploy(set_off=True)
    live = deployments.live

    async def race(database: Database) -> Sequence[int]:
        total = 0

        async def replica() -> int:
            nonlocal total
            done = 0
            while total < 10:
                keeping = LabelKeeping(live.packs, defer)
                chain = LivePolicies(database).chain
                found = await relabel_batch(database, keeping, chain, deployments.deployment, START + HOUR, 2)
                done += found
                total += found
            return done

        return await asyncio.wait_for(asyncio.gather(replica(), replica(), replica()), 60)

    assert sum(live.over(race)) == 10
    assert deployments.progress().done == 10
    assert live.rows("SELECT count(*), count(DISTINCT (account_id, play)) FROM segue.consequences") == [
        (30, 30)
    ]


def test_a_running_replica_follows_deployments_and_time(deployments: Deployments) -> None:
    live = deployments.live
    deployments.deploy()

    async def do(database: Database) -> Relabelling:
        policies = LivePolicies(database)
        await policies.refresh()
        now = [START + HOUR]
        relabelling = Relabelling(
            database, policies, lambda: LabelKeeping(policies.live.packs, defer), lambda: now[0]
        )
        while await relabelling.label_for_policy() == 0:
            pass
        assert relabelling.progress is not None
        assert relabelling.progress.done == 10
        assert await relabelling.label_due() > 0
        now[0] = START + timedelta(days=8)
        while not relabelling.claimed:
            await relabelling.label_due()
        return relabelling

    found = live.over(do)
    assert (found.claimed, found.changed, found.spurious, found.failed) == (10, 10, 0, 0)


@pytest.mark.trial
def test_killed_in_the_middle_another_goes_on_where_it_was(deployments: Deployments, tmp_path: Path) -> None:
    live = deployments.live
    live.rows(
        "INSERT INTO segue.accounts (account_id, traits) SELECT 'more-' || number, traits"
        " FROM segue.accounts, generate_series(1, 3000) AS number WHERE account_id = 'account-1'"
    )
    deployments.deploy(set_off=True)
    script = tmp_path / "replica.py"
    script.write_text(
        "import sys\n"
        "from tests.agents.test_relabelling import Deployments\n"
        "from tests.accounts.labels.live import Live\n"
        "Deployments(Live(sys.argv[1]), int(sys.argv[2])).run(5)\n"
    )
    root = Path(__file__).parents[2]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    for _ in range(3):
        before = deployments.progress().done
        command = [sys.executable, "-P", str(script), live.url, str(deployments.deployment)]
        process = subprocess.Popen(command, env=environment, cwd=tmp_path)
        until = time.monotonic() + 60
        while deployments.progress().done < before + 50 and time.monotonic() < until:
            assert process.poll() is None
        process.send_signal(signal.SIGKILL)
        process.wait(30)
        assert before < deployments.progress().done < 3010
    deployments.run(500)
    found = deployments.progress()
    assert (found.done, found.failed) == (3010, 0)
    with psycopg.connect(live.url) as connection:
        query = (
            "SELECT (SELECT count(*) FROM segue.labels), (SELECT count(*) FROM segue.transitions),"
            " (SELECT count(*) FROM segue.consequences), (SELECT count(*) FROM noted_jobs)"
        )
        assert connection.execute(query).fetchone() == (6020, 6020, 9030, 9030)
