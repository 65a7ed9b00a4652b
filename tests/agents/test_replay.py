"""What cannot be replayed is counted as that; what differs is named by its first field."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import psycopg
import pytest

from segue.agents.replay import Period, first_difference
from segue.agents.replay_log import replay_log
from segue.core.database import open_database
from segue.evals.logged_world import log_decisions, store_world


async def fill(url: str, decisions: int) -> list[str]:
    async with open_database(url, 4) as database:
        return await log_decisions(database, await store_world(database, 50), decisions)


def test_what_is_missing_is_counted_and_is_no_difference(store: str) -> None:
    revisions = asyncio.run(fill(store, 90))
    with psycopg.connect(store) as connection:
        connection.execute("DELETE FROM segue.policy_revisions WHERE revision = %s", (revisions[0],))
        connection.execute(
            "UPDATE segue.decisions SET facts = '{}' WHERE decision_id IN"
            " (SELECT decision_id FROM segue.decisions WHERE revision = %s LIMIT 7)",
            (revisions[1],),
        )
    found = replay_log(store, Period())
    assert (found.same, found.different, found.erased, found.revision_gone) == (53, 0, 7, 30)
    assert replay_log(store, Period(limit=30)).same == 30, "the newest are all of the last revision"
    assert replay_log(store, Period(pack="security_maturity")).decisions == 0
    assert replay_log(store, Period(until=datetime(2020, 1, 1, tzinfo=UTC))).decisions == 0


def test_changed_facts_are_a_difference(store: str) -> None:
    asyncio.run(fill(store, 9))
    with psycopg.connect(store) as connection:
        connection.execute(
            "UPDATE segue.decisions SET facts = jsonb_set(facts::jsonb, '{surface}', '\"nowhere\"')::json"
            " WHERE decision_id = (SELECT decision_id FROM segue.decisions LIMIT 1)"
        )
    found = replay_log(store, Period())
    assert (found.different, found.same) == (1, 8)
    assert found.differences[0].field == "facts" and "nowhere" in found.differences[0].replayed


@pytest.mark.parametrize(
    ("logged", "replayed", "path"),
    [
        ({"a": [1, {"b": 2}]}, {"a": [1, {"b": 3}]}, "a[1].b"),
        ({"a": 1}, {"a": True}, "a"),
        ({"a": 1}, {"a": 1.0}, "a"),
        ({"a": []}, {"a": [1]}, "a[0]"),
        ({"a": None}, {}, "a"),
        ({"a": {}}, {"a": []}, "a"),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, None),
    ],
)
def test_the_first_place_that_differs_is_named(logged: object, replayed: object, path: str | None) -> None:
    found = first_difference(logged, replayed)
    assert (found and found[0]) == path
