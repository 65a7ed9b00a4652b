"""Clocks that jump, months without a partition, and the upkeep of the store."""

from __future__ import annotations

import asyncio
import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from segue.accounts.reader import AccountKey
from segue.agents.decision_log import read_decision
from segue.agents.decision_request import Caller, DecisionRequest
from segue.agents.group_commit import commit_group
from segue.agents.maintenance import Maintained, maintain
from segue.agents.service import DecisionService
from segue.api.services import Services
from segue.core.database import Connection, Database
from tests.service.journal.conftest import Store
from tests.service.journal.test_journal import entry


def set_clock(monkeypatch: pytest.MonkeyPatch, ahead: timedelta) -> None:
    """Put the clock of the ids off by some time."""
    real, nanoseconds = time.time_ns, int(ahead.total_seconds() * 1e9)
    monkeypatch.setattr(time, "time_ns", lambda: real() + nanoseconds)


def service_at(parts: Services, ahead: timedelta) -> DecisionService:
    """A service on the parts of a replica whose clock is off by some time."""
    return DecisionService(
        parts.reader, parts.policies, parts.state, parts.journal, parts.chooser, 1_000,
        lambda: datetime.now(UTC) + ahead,
    )  # fmt: skip


async def ask(service: DecisionService, account: str, count: int) -> list[dict[str, Any]]:
    request = DecisionRequest("chat", AccountKey(account))
    answers = await asyncio.gather(*(service.decide(request, Caller("key")) for _ in range(count)))
    return [json.loads(each.body) for each in answers]


def partition_of(store: Store, decision_id: str) -> str:
    query = "SELECT tableoid::regclass::text FROM segue.decisions WHERE decision_id = %s"
    return str(store.rows(query, decision_id)[0][0])


def first_id(store: Store, instant: datetime, number: int = 1) -> UUID:
    return UUID(int=store.rows("SELECT segue.first_id(%s)", instant)[0][0].int + number)


def upkeep(store: Store, days: int = 400, now: datetime | None = None) -> Maintained | None:
    return store.over(lambda database: maintain(database, days, now or datetime.now(UTC)))


def test_a_clock_that_jumps_back_an_hour_changes_nothing(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    account, back = store.new_account(), timedelta(hours=-1)

    async def jump(parts: Services) -> list[dict[str, Any]]:
        before = await ask(service_at(parts, timedelta(0)), account, 20)
        set_clock(monkeypatch, back)
        return before + await ask(service_at(parts, back), account, 20)

    found = store.run(jump)
    assert len({each["decision_id"] for each in found}) == 40
    assert store.rows("SELECT count(*) FROM segue.decisions WHERE account_id = %s", account) == [(40,)]
    assert sum(each["play"]["name"] == "offer" for each in found) == 1  # what is delivered still counts


def test_a_month_without_a_partition_is_stored_and_found_and_moves_when_it_gets_one(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    account, ahead = store.new_account(), timedelta(days=31 * 8)

    async def later(parts: Services) -> dict[str, Any]:
        set_clock(monkeypatch, ahead)
        return (await ask(service_at(parts, ahead), account, 1))[0]

    found = store.run(later)
    decision_id = found["decision_id"]
    assert partition_of(store, decision_id) == "segue.decisions_rest"
    month = datetime.now(UTC) + ahead
    assert store.rows("SELECT segue.add_partitions((%s AT TIME ZONE 'UTC')::date, 1)", month) == [(1,)]
    assert partition_of(store, decision_id) == f"segue.decisions_{month:%Y_%m}"
    read = store.run(lambda parts: read_decision(parts.database, UUID(decision_id)))
    assert json.loads(read) == found
    store.rows(f"DROP TABLE segue.decisions_{month:%Y_%m}")


def test_upkeep_makes_and_drops_partitions_by_whole_months(store: Store) -> None:
    now = datetime.now(UTC)
    kept, past = now - timedelta(days=400), now - timedelta(days=435)
    for month in (past, kept):
        store.rows("SELECT segue.add_partitions((%s AT TIME ZONE 'UTC')::date, 1)", month)
    newest = store.rows("SELECT max(relname) FROM pg_class WHERE relname ~ '^decisions_\\d{4}_\\d{2}$'")
    store.rows(f"DROP TABLE segue.{newest[0][0]}")
    found = upkeep(store)
    assert found is not None
    assert found.partitions_made == 1
    assert found.partitions_dropped == (f"decisions_{past:%Y_%m}",)
    assert store.rows("SELECT to_regclass(%s) IS NOT NULL", f"segue.decisions_{kept:%Y_%m}") == [(True,)]
    store.rows(f"DROP TABLE segue.decisions_{kept:%Y_%m}")


def test_upkeep_deletes_what_has_expired_and_nothing_else(store: Store) -> None:
    account, now = store.new_account(), datetime.now(UTC)
    old = now - timedelta(days=500)
    upkeep(store)
    insert = "INSERT INTO segue.idempotency VALUES (%s, %s, '', 200, '', now() - make_interval(hours => %s))"
    for hours in (23, 26):
        store.rows(insert, account, f"{hours}", hours)
    for at in (now - timedelta(days=100), old):
        store.rows(
            "INSERT INTO segue.deliveries VALUES (%s, NULL, 'offer', %s, %s)", account, at, UUID(int=1)
        )
    for day in (now, now - timedelta(days=31)):
        store.rows("INSERT INTO segue.rep_loads VALUES (%s, %s, 1)", account, day.date())

    store.over(lambda database: commit_group(database, [entry(account, decision_id=first_id(store, old))]))
    found = upkeep(store)
    assert found == Maintained(0, (), 1, 1, 1, 1)
    assert store.rows("SELECT idempotency_key FROM segue.idempotency WHERE key_id = %s", account) == [("23",)]
    assert store.rows("SELECT count(*) FROM segue.deliveries WHERE account_id = %s", account) == [(1,)]


def test_deliveries_that_a_limit_still_counts_are_kept(store: Store) -> None:
    account, now = store.new_account(), datetime.now(UTC)
    for days in (5, 8):
        at = now - timedelta(days=days)
        store.rows(
            "INSERT INTO segue.deliveries VALUES (%s, NULL, 'offer', %s, %s)", account, at, UUID(int=1)
        )
    upkeep(store, days=1)
    assert store.rows("SELECT count(*) FROM segue.deliveries WHERE account_id = %s", account) == [(1,)]


def test_a_clock_that_is_ahead_deletes_nothing(store: Store) -> None:
    account, now = store.new_account(), datetime.now(UTC)
    store.rows("INSERT INTO segue.deliveries VALUES (%s, NULL, 'offer', %s, %s)", account, now, UUID(int=1))
    store.rows("INSERT INTO segue.idempotency VALUES (%s, 'a', '', 200, '', now())", account)
    found = upkeep(store, now=now + timedelta(days=3_000))
    assert found is not None and not found.partitions_dropped
    assert (found.deliveries_deleted, found.answers_deleted) == (0, 0)


def test_one_replica_does_it(store: Store) -> None:
    async def meanwhile(database: Database) -> Maintained | None:
        async with database.transaction() as connection:
            await connection.execute("SELECT pg_advisory_xact_lock(%s)", (0x5E60A,))
            return await maintain(database, 400, datetime.now(UTC))

    assert store.over(meanwhile) is None
    assert upkeep(store) is not None


def test_two_replicas_make_the_same_partitions_at_once(store: Store) -> None:
    day = datetime(2031, 1, 5, tzinfo=UTC)

    async def make(database: Database) -> int:
        async with database.connection() as connection:
            cursor = await connection.execute("SELECT segue.add_partitions(%s::date, 3)", (day,))
            return int((await cursor.fetchone() or (0,))[0])

    async def all_of(database: Database) -> list[int]:
        return list(await asyncio.gather(*(make(database) for _ in range(4))))

    assert sorted(store.over(all_of)) == [0, 0, 0, 3]
    for month in ("01", "02", "03"):
        store.rows(f"DROP TABLE segue.decisions_2031_{month}")


def test_a_decision_that_waits_while_its_month_gets_a_partition_is_stored_in_it(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    account, ahead = store.new_account(), timedelta(days=31 * 20)
    month = (datetime.now(UTC) + ahead).date()

    async def meanwhile(parts: Services) -> list[dict[str, Any]]:
        set_clock(monkeypatch, ahead)
        service = service_at(parts, ahead)
        async with parts.database.transaction() as connection:
            await connection.execute("SELECT segue.add_partitions(%s, 1)", (month,))
            asked = asyncio.create_task(ask(service, account, 3))
            async with parts.database.connection() as looking:
                while not await _waits(looking):
                    await asyncio.sleep(0.01)
        return await asked

    for each in store.run(meanwhile):
        assert partition_of(store, each["decision_id"]) == f"segue.decisions_{month:%Y_%m}"


async def _waits(connection: Connection) -> bool:
    cursor = await connection.execute("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)")
    return await cursor.fetchone() == (True,)
