from __future__ import annotations

from typing import Any

import pytest

from segue.activation.listing import list_consequences, park, read_consequence, try_again
from segue.activation.preview import preview
from segue.core.database import Database
from segue.core.errors import ConflictError, NotFoundError
from segue.core.ids import new_id
from segue.evals.fakes.receiver import Receiver
from segue.evals.fakes.server import Answer
from tests.activation.world import World, webhook_settings


def in_transaction(world: World, call: Any, *arguments: Any) -> Any:
    async def work(database: Database) -> Any:
        async with database.transaction() as connection:
            return await call(connection, *arguments)

    return world.with_database(work)


def test_what_is_parked_is_shown_and_tried_again_under_its_id(world: World, receiver: Receiver) -> None:
    world.settings = webhook_settings(receiver.url)
    receiver.next_answers = [Answer(401)]
    made = world.set_off("send_it")
    world.work()
    (shown,) = in_transaction(world, list_consequences, "parked")
    assert (shown.consequence_id, shown.reason, shown.attempts) == (made, "127.0.0.1 answered 401", 1)
    again = in_transaction(world, try_again, made)
    assert (again.status, again.attempts) == ("waiting", 0)
    world.work()
    assert world.of(made)["status"] == "done" and list(receiver.taken) == [made]
    with pytest.raises(ConflictError, match="is done: it cannot be tried again"):
        in_transaction(world, try_again, made)


def test_what_waits_is_parked_by_hand_and_then_not_done(world: World, receiver: Receiver) -> None:
    world.settings = webhook_settings(receiver.url)
    made = world.set_off("send_it")
    assert in_transaction(world, park, made).status == "parked"
    world.work()
    assert world.of(made)["status"] == "parked" and receiver.asked == []
    with pytest.raises(ConflictError, match="is parked: it cannot be parked"):
        in_transaction(world, park, made)


def test_what_was_not_configured_is_done_once_it_is(world: World, receiver: Receiver) -> None:
    made = world.set_off("send_it")
    world.work()
    assert world.of(made)["reason"] == "not_configured"
    world.settings = webhook_settings(receiver.url)
    in_transaction(world, try_again, made)
    world.work()
    assert world.of(made)["status"] == "done"


def test_one_that_is_not_there_is_not_found(world: World) -> None:
    for call in (read_consequence, try_again, park):
        with pytest.raises(NotFoundError):
            in_transaction(world, call, new_id())


def test_a_list_is_of_a_status_and_an_account(world: World) -> None:
    world.know("b1", None, "B", heat=90)
    one, other = world.set_off("send_it"), world.set_off("join_list", "b1")
    world.work()
    assert [each.consequence_id for each in in_transaction(world, list_consequences)] == [other, one]
    assert [each.consequence_id for each in in_transaction(world, list_consequences, "done")] == [other]
    assert [each.consequence_id for each in in_transaction(world, list_consequences, None, "a1")] == [one]


def test_a_preview_says_what_would_be_done_and_does_nothing(world: World, receiver: Receiver) -> None:
    world.settings = webhook_settings(receiver.url)
    world.know("b1", None, "B", heat=10)
    made = [
        world.set_off("send_it"), world.set_off("route_it"), world.set_off("join_list"), world.set_off("tell_owner"),
        world.set_off("send_it", "b1"),
    ]  # fmt: skip
    tables = ("consequences", "deliveries", "rep_loads", "audience_members")
    before = [world.rows(f"SELECT * FROM segue.{table} ORDER BY 1") for table in tables]

    async def work(database: Database) -> list[tuple[str, Any, Any, Any]]:
        activation, told = world.activation(database), []
        for each in made:
            async with database.connection() as connection:
                found = await read_consequence(connection, each)
            seen = await preview(activation, found)
            told.append((seen.status, seen.reason, seen.connector, seen.would))
        return told

    assert world.with_database(work) == [
        ("done", None, "webhook", {"message": "Heat 90"}),
        ("done", None, "route", {"rep": "rep@example.com"}),
        ("done", None, "audience", {"join": "hot_ones"}),
        ("excluded", "not_configured", "slack", None),
        ("cancelled", "label_changed", None, None),
    ]
    assert [world.rows(f"SELECT * FROM segue.{table} ORDER BY 1") for table in tables] == before
    assert receiver.asked == []
