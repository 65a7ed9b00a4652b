"""Events into the store: once each, to whom they belong, in any order."""

from __future__ import annotations

import asyncio
import itertools
import random
from datetime import timedelta
from typing import Any

import pytest

from segue.accounts.event_marks import InternalTraffic
from segue.accounts.events import Event, EventKind, Mark
from segue.accounts.intake_queue import BusyError, Intake
from segue.accounts.segment_spec import Sender, read_batch
from segue.core.database import Database
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


def test_contradicting_group_calls_end_with_the_newest(store: Store) -> None:
    calls = [event("group", n, 60 - n, userId="ada", groupId=f"company-{n}.com") for n in range(6)]
    for order in (calls, calls[::-1]):
        store.empty()
        store.take(*([each] for each in order))
        assert {row[0] for row in store.rows("SELECT account_id FROM segue.events")} == {"company-5.com"}


def test_an_account_is_found_by_its_domain_before_one_is_made(store: Store) -> None:
    store.rows("INSERT INTO segue.accounts (account_id, domain) VALUES ('crm-17', 'acme.com')")
    taken = store.take(STORY[:3])
    assert taken[0].touched == ("crm-17",)
    assert store.rows("SELECT account_id FROM segue.accounts") == [("crm-17",)]


def test_an_event_that_cannot_be_stored_fails_alone(store: Store) -> None:
    """Its id is past what an index takes, which only the database finds out."""
    good = [Event("s", f"m{n}", EventKind.PAGE, NOW, visitor="v") for n in range(20)]
    bad = Event(
        "s",
        "".join(random.Random(1).choices("abcdefghijklmnopqrstuvwxyz0123456789", k=20_000)),
        EventKind.PAGE,
        NOW,
        visitor="v",
    )

    async def take(database: Database) -> None:
        intake = Intake(database, lambda: [store.pack])
        await asyncio.gather(intake.take([*good[:7], bad, *good[7:10]]), intake.take(good[10:]))
        await intake.close()
        assert (intake.stored, intake.parked) == (20, 1)

    store.run(take)
    assert store.rows("SELECT count(*) FROM segue.events") == [(20,)]
    assert store.rows("SELECT message_id = %s, reason FROM segue.parked_events", bad.message_id) == [
        (True, "it cannot be stored: ProgramLimitExceeded")
    ]


def test_too_many_waiting_are_refused(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("segue.accounts.intake_queue._MOST_WAITING", 50)
    events = [Event("s", f"m{n}", EventKind.PAGE, NOW, visitor="v") for n in range(100)]

    async def take(database: Database) -> list[object]:
        intake = Intake(database, lambda: ())
        return list(
            await asyncio.gather(
                *(intake.take(events[n : n + 10]) for n in range(0, 100, 10)), return_exceptions=True
            )
        )

    found = store.run(take)
    assert [type(each) for each in found] == [type(None)] * 5 + [BusyError] * 5
    assert store.rows("SELECT count(*) FROM segue.events") == [(50,)]


def test_internal_traffic_is_marked() -> None:
    internal = InternalTraffic.of("ours.com, our-lab.io", "192.0.2.0/24 2001:db8::1")
    sender = Sender("k", True, NOW, None, internal)

    def mark(**more: Any) -> object:
        events, _ = read_batch({"batch": [event("identify", 1, anonymousId="v", **more)]}, None, sender)
        return events[0].mark

    assert mark(traits={"email": "me@mail.ours.com"}) is Mark.INTERNAL
    assert mark(context={"ip": "192.0.2.77"}) is mark(context={"ip": "2001:db8::1"}) is Mark.INTERNAL
    assert mark(userId="a@our-lab.io") is Mark.INTERNAL
    assert mark(traits={"email": "me@theirs.com"}, context={"ip": "192.0.3.1"}) is None
    assert mark(context={"ip": "not one"}) is None
