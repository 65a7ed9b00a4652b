"""The queue's length: what is planned, due, under way and given up, and how old the first of it is."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from segue.activation.queue_length import QueueLength, queue_length
from segue.api.queue_gauges import QueueGauges
from segue.core.database import Database, open_database
from tests.activation.world import World


def length(world: World) -> QueueLength:
    async def read(database: Database) -> QueueLength:
        async with database.connection() as connection:
            return await queue_length(connection)

    found: QueueLength = world.with_database(read)
    return found


def test_each_is_counted_where_it_stands(world: World) -> None:
    assert length(world) == QueueLength(0, 0, 0, 0, 0.0)
    world.set_off("send_it", due=timedelta(hours=1))
    world.set_off("send_it", due=timedelta(minutes=-10))
    for status in ("doing", "parked", "done"):
        made = world.set_off("send_it", due=timedelta(minutes=-5))
        world.rows("UPDATE segue.consequences SET status = %s WHERE consequence_id = %s", status, made)
    found = length(world)
    assert (found.planned, found.waiting, found.doing, found.parked) == (1, 1, 1, 1)
    assert found.oldest == pytest.approx(600, abs=5)


def test_a_database_that_is_away_is_no_length() -> None:
    registry = CollectorRegistry()

    async def read() -> None:
        async with open_database("postgresql://127.0.0.1:9/nothing", 3) as database:
            await QueueGauges(registry, database).refresh()

    asyncio.run(read())
    assert b"segue_consequences_parked NaN" in generate_latest(registry)
