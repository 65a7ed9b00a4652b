from __future__ import annotations

from segue.activation.drift import Drift, drift_of
from segue.core.database import Database
from tests.activation.test_crm import Crm, crm
from tests.activation.world import World

__all__ = ["crm"]


def label(world: World, account: str, segment: str) -> None:
    world.rows(
        "INSERT INTO segue.labels VALUES (%s, 'motion', %s, 'matched', '{}', %s, now(), now())",
        account, segment, world.pack.revision,
    )  # fmt: skip


def drift(world: World, crm: Crm) -> list[Drift]:
    async def work(database: Database) -> list[Drift]:
        async with database.connection() as connection:
            return await drift_of(connection, crm.connect(), [world.pack])

    found: list[Drift] = world.with_database(work)
    return found


def test_every_disagreement_is_listed_and_nothing_else(world: World, crm: Crm) -> None:
    for account, there, here in [
        ("a", "hot", "hot"),
        ("b", "hot", "rest"),
        ("c", None, "hot"),
        ("d", None, "rest"),
        ("e", "warm", "hot"),
    ]:
        world.know(account, f"{account}.example", account, heat=0)
        label(world, account, here)
        crm.add(f"record_{account}", f"{account}.example", there)
    crm.add("record_x", "stranger.example", "hot")
    world.set_off("tag_it", "c")
    field = crm.field
    assert drift(world, crm) == [
        Drift(field, "b", "b.example", "record_b", "hot", None, False),
        Drift(field, "c", "c.example", None, None, "hot", True),
        Drift(field, "e", "e.example", "record_e", "warm", "hot", False),
        Drift(field, None, "stranger.example", "record_x", "hot", None, False),
    ]
    assert crm.server.written == []


def test_more_tags_than_a_page_are_read(world: World, crm: Crm) -> None:
    for number in range(230):
        world.know(f"n{number}", f"n{number}.example", "N")
        label(world, f"n{number}", "hot")
        crm.add(f"r{number}", f"n{number}.example", "hot" if number != 229 else "warm")
    assert [each.account for each in drift(world, crm)] == ["n229"]
