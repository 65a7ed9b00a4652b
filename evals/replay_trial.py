"""`python -P -m segue.evals.replay_trial [--decisions 100000]`: log decisions and replay every one of them.

A private PostgreSQL of its own, decisions across three revisions, all replayed: 0 differences. Then one
stored answer is changed, and found. Exit code 1 where either is not so.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass

import psycopg

from segue.agents.replay import Period, Replayed
from segue.agents.replay_log import replay_log
from segue.core.database import open_database
from segue.core.schema import migrate
from segue.evals.differential_servers import postgres_server
from segue.evals.logged_world import log_decisions, store_world


@dataclass(frozen=True, slots=True)
class Trial:
    """What a trial saw."""

    logged_per_second: float
    replayed_per_second: float
    replayed: Replayed
    planted: str
    """The decision whose stored answer was changed."""
    found: Replayed
    """The replay after that."""

    @property
    def holds(self) -> bool:
        """True when nothing differed at first, and then just the decision that was changed."""
        first, second = self.replayed, self.found
        return (
            first.decisions > 0 and first.same == first.decisions and len(first.revisions) == 3
            and [each.decision_id for each in second.differences] == [self.planted]
        )  # fmt: skip


def run_trial(url: str, decisions: int, accounts: int = 5_000) -> Trial:
    """Log decisions in the empty database at `url`, replay them, change one and replay again."""
    migrate(url)
    started = time.perf_counter()
    asyncio.run(_log(url, decisions, accounts))
    logged = time.perf_counter()
    replayed = replay_log(url, Period())
    ended = time.perf_counter()
    planted = plant(url)
    rates = decisions / (logged - started), replayed.decisions / (ended - logged)
    return Trial(*rates, replayed, planted, replay_log(url, Period()))


def plant(url: str) -> str:
    """Change the play in one stored answer, and return the decision's id."""
    with psycopg.connect(url) as connection:
        row = connection.execute(
            "UPDATE segue.decisions SET answer = jsonb_set(answer::jsonb, '{play,name}', '\"planted\"')::json"
            " WHERE decision_id = (SELECT decision_id FROM segue.decisions ORDER BY decision_id"
            " OFFSET (SELECT count(*) / 2 FROM segue.decisions) LIMIT 1) RETURNING decision_id"
        ).fetchone()
    assert row is not None
    return str(row[0])


async def _log(url: str, decisions: int, accounts: int) -> None:
    async with open_database(url, 6) as database:
        await log_decisions(database, await store_world(database, accounts), decisions)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the trial of the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--decisions", type=int, default=100_000)
    given = parser.parse_args(arguments)
    with postgres_server() as url:
        trial = run_trial(url, given.decisions)
    first = trial.replayed
    sys.stdout.write(
        f"logged {first.decisions:,} at {trial.logged_per_second:,.0f} a second, of {len(first.revisions)}"
        f" revisions; replayed at {trial.replayed_per_second:,.0f} a second: {first.different} differences,"
        f" {first.erased + first.revision_gone} not replayable; a changed answer was"
        f" {'found' if trial.holds else 'NOT found as it should'}\n"
    )
    return 0 if trial.holds else 1


if __name__ == "__main__":
    raise SystemExit(main())
