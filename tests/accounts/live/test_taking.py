"""Events into the store: once each, to whom they belong, in any order."""

from __future__ import annotations

import itertools
import random
from datetime import timedelta
from typing import Any

from tests.accounts.live.conftest import NOW, Store


def event(kind: str, number: int, minutes: float = 0, **more: Any) -> dict[str, Any]:
    """An event of some minutes ago."""
    at = (NOW - timedelta(minutes=minutes)).isoformat()
    return {"type": kind, "messageId": f"m{number}", "timestamp": at, **more}


STORY = [
    event("page", 1, 90, anonymousId="v1", properties={"path": "/pricing"}),
    event("page", 2, 80, anonymousId="v2", properties={"path": "/compare"}),
    event(
        "identify",
        3,
        70,
        anonymousId="v1",
        userId="ada",
        traits={"email": "ada@acme.com", "size": 10, "name": "Ada"},
    ),
    event("track", 4, 60, userId="ada", event="Clicked"),
    event("group", 5, 50, userId="bob", groupId="beta.com", traits={"size": 20, "industry": "Hospitals"}),
    event("identify", 6, 40, userId="ada", traits={"email": "ada@beta.com", "size": 30, "title": "CTO"}),
    event("identify", 7, 35, anonymousId="v2", userId="eve", traits={"email": "eve@acme.com", "size": 40}),
]


def test_any_order_ends_in_the_same_state(store: Store) -> None:
    store.take(STORY)
    expected = store.state()
    assert [row[7] for row in expected["events"]] == [
        "beta.com",
        "acme.com",
        "beta.com",
        "beta.com",
        "beta.com",
        "beta.com",
        "acme.com",
    ]
    assert dict(expected["traits"])["beta.com"]["size"]["declared"][0] == 30
    assert dict(expected["traits"])["acme.com"]["size"]["declared"][0] == 40
    orders = list(itertools.permutations(STORY))
    for order in random.Random(4).sample(orders, 30):
        store.empty()
        cuts = sorted(random.Random(str(order)).sample(range(1, 7), 2))
        store.take(order[: cuts[0]], order[cuts[0] : cuts[1]], order[cuts[1] :], order[:3])
        assert store.state() == expected


def test_what_comes_twice_is_stored_once(store: Store) -> None:
    taken = store.take(STORY, [*STORY, STORY[0]], [*STORY, event("page", 99, anonymousId="v9")])
    assert [(each.stored, each.repeated) for each in taken] == [(7, 0), (0, 8), (1, 7)]
    assert store.rows("SELECT count(*) FROM segue.events") == [(8,)]


def test_a_forged_group_call_of_a_browser_moves_nothing(store: Store) -> None:
    store.take(
        [
            event("page", 1, 5, anonymousId="v1"),
            event("group", 2, 4, anonymousId="v1", groupId="victim.com", traits={"size": 9}),
        ],
        trusted=False,
    )
    assert store.rows("SELECT account_id FROM segue.events") == [(None,), (None,)]
    assert store.rows("SELECT count(*) FROM segue.accounts") == [(0,)]
    assert store.rows("SELECT to_id, method FROM segue.links") == [("victim.com", "browser_group")]
