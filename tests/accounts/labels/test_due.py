"""Labels that change with nothing new known: when their time comes, once, whoever looks."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from segue.accounts.due import DueRound, next_due, relabel_due
from segue.accounts.label_keeping import LabelKeeping
from segue.core.database import Connection, Database
from segue.policies.pack import Pack
from tests.accounts.labels.live import START, Live, defer

DAY, MICRO = timedelta(days=1), timedelta(microseconds=1)


def keeping_of(live: Live) -> LabelKeeping:
    return LabelKeeping(live.packs, defer)


def label_due(live: Live, now: datetime, limit: int = 100) -> DueRound:
    return live.over(lambda database: relabel_due(database, keeping_of(live), now, limit))


def test_a_value_goes_stale_and_the_label_goes_with_it(live: Live) -> None:
    live.move("a", START, intent=80.0, size=500)
    live.carry_out(START + DAY)
    assert label_due(live, START + 7 * DAY) == DueRound()
    assert label_due(live, START + 7 * DAY + MICRO) == DueRound(1, 1)
    assert live.label("a") == ("quiet", "provisional")
    [(cause, at)] = live.rows("SELECT cause, at FROM segue.transitions WHERE from_segment = 'hot'")
    assert (cause, at) == ("time", START + 7 * DAY + MICRO)
    assert [each[3] for each in live.consequences("a", "exit")] == ["waiting"] * 3


def test_an_instant_slides_out_of_a_window_over_now(live: Live) -> None:
    live.move("a", START, intent=0.0, size=5, seen_at=START.isoformat())
    assert live.label("a") == ("warm", "matched")
    assert label_due(live, START + 3 * DAY - MICRO) == DueRound()
    label_due(live, START + 3 * DAY)
    assert live.label("a") == ("warm", "matched")
    label_due(live, START + 3 * DAY + MICRO)
    assert live.label("a") == ("quiet", "residual")


def test_looking_for_nothing_is_counted_and_harmless(live: Live) -> None:
    live.move("a", START, intent=1.0, size=5, seen_at="2020-01-01T00:00:00Z")
    live.rows("UPDATE segue.accounts SET label_due_at = %s", START)
    found = label_due(live, START + DAY)
    assert (found.claimed, found.changed, found.spurious) == (1, 0, 1)
    assert live.rows("SELECT count(*) FROM segue.transitions") == [(2,)]


def test_the_next_instant_is_known(live: Live) -> None:
    live.move("a", START, size=500)
    live.move("b", START, intent=80.0)

    async def ask(database: Database) -> datetime | None:
        async with database.connection() as connection:
            return await next_due(connection)

    assert live.over(ask) == START + 7 * DAY + MICRO


def test_several_replicas_label_each_account_once(live: Live) -> None:
    for number in range(60):
        live.say(f"account-{number}", intent=80.0, size=500)
    live.relabel([f"account-{number}" for number in range(60)], START)
    live.carry_out(START + DAY)

    async def race(database: Database) -> Sequence[DueRound]:
        rounds = [relabel_due(database, keeping_of(live), START + 8 * DAY, 20) for _ in range(5)]
        return await asyncio.gather(*rounds)

    found = live.over(race)
    assert sum(each.changed for each in found) == 60
    assert live.rows("SELECT count(*) FROM segue.transitions WHERE cause = 'time'") == [(60,)]
    assert live.rows("SELECT count(*) FROM segue.consequences WHERE moment = 'exit'") == [(180,)]


def test_an_account_that_cannot_be_labelled_does_not_hold_the_others_up(
    live: Live, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("a", "b", "c"):
        live.move(name, START, intent=80.0, size=500)

    async def fail_for_b(
        connection: Connection, account_ids: Sequence[str], packs: Sequence[Pack], now: datetime
    ) -> None:
        if "b" in account_ids:
            raise ArithmeticError("a defect that one account provokes")

    keeping = replace(keeping_of(live), refresh=fail_for_b)
    now = START + 8 * DAY
    assert live.over(lambda database: relabel_due(database, keeping, now, 10)) == DueRound(3, 2, 1)
    assert [live.label(name)[0] for name in ("a", "b", "c")] == ["quiet", "hot", "quiet"]
    assert "account b cannot be labelled: ArithmeticError" in caplog.text
    assert label_due(live, now) == DueRound()
    assert label_due(live, now + DAY).changed == 1
