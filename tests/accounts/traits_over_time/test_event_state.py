"""What an account keeps of its events is what the events come to, at every instant until it says otherwise."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

import orjson
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from segue.accounts.event_state import refresh_states, states_of, values_at, with_current_events
from segue.accounts.event_values import EventState
from segue.accounts.reader import AccountReader, account_key
from segue.accounts.stored import known_of
from segue.core.database import Connection, open_database
from segue.evals.differential_event_cases import NOW, random_event
from segue.policies.event_fold import fold
from segue.policies.event_traits import event_traits_of
from segue.policies.pack import Pack
from tests.accounts.traits_over_time.packs import clock_pack, state_of

PACK = clock_pack()
MICRO = timedelta(microseconds=1)
_COLUMNS = (
    "kind", "at", "visitor", "contact_id", "name", "path", "url", "title", "referrer", "search", "properties",
)  # fmt: skip
_INSERT = f"""
INSERT INTO segue.events (source, message_id, account_id, mark, received_at, {", ".join(_COLUMNS)})
VALUES ('key', %s, %s, %s, %s, {", ".join("%s" for _ in _COLUMNS)})
"""


def put_event(
    connection: psycopg.Connection[Any], number: int, event: Mapping[str, Any], mark: str | None = None,
    received_at: datetime = NOW,
) -> None:  # fmt: skip
    cells = [orjson.dumps(event[each]).decode() if each == "properties" else event[each] for each in _COLUMNS]
    connection.execute(_INSERT, (str(number), event["account_id"], mark, received_at, *cells))


def put_accounts(connection: psycopg.Connection[Any], *accounts: str | tuple[str, str]) -> None:
    for each in accounts:
        row = each if isinstance(each, tuple) else (each, None)
        connection.execute("INSERT INTO segue.accounts (account_id, alias_of) VALUES (%s, %s)", row)


def truth(events: Sequence[Mapping[str, Any]], now: datetime) -> dict[str, Any]:
    return {name: fold(trait, events, now) for name, trait in event_traits_of(PACK).items()}


def on_connection(url: str, ask: Callable[[Connection], Awaitable[Any]]) -> Any:
    async def run() -> Any:
        async with open_database(url, 2) as database, database.transaction() as connection:
            return await ask(connection)

    return asyncio.run(run())


def read(url: str, account: str, now: datetime, as_of: bool = False, packs: Sequence[Pack] = (PACK,)) -> Any:
    async def run() -> Any:
        async with open_database(url, 2) as database:
            reader = AccountReader(database)
            if as_of:
                return await reader.read_as_of(account_key(account), now, packs)
            return await reader.with_events(await reader.read(account_key(account)), packs, now)

    return asyncio.run(run())


def kept(url: str) -> dict[str, EventState]:
    with psycopg.connect(url) as connection:
        rows = connection.execute(
            "SELECT account_id, event_traits, event_traits_at, event_traits_until FROM segue.accounts"
        ).fetchall()
    return {row[0]: EventState(*row[1:]) for row in rows}


def test_the_state_is_what_the_events_come_to(store: str) -> None:
    """Over random events, those of aliases included and those with a mark left out; until the state expires."""

    @given(st.randoms(use_true_random=False))
    @settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    def check(random: Random) -> None:
        with psycopg.connect(store) as connection:
            connection.execute("TRUNCATE segue.accounts, segue.events CASCADE")
            put_accounts(connection, "a", "b", ("old", "a"))
            events = [
                random_event(random, random.choice(("a", "b", "old", "x")))
                for _ in range(random.randint(0, 25))
            ]
            counted = [(each, random.random() < 0.9) for each in events]
            for number, (event, counts) in enumerate(counted):
                put_event(connection, number, event, None if counts else "bot")
        own = {
            account: [event for event, counts in counted if counts and event["account_id"] in members]
            for account, members in {"a": ("a", "old"), "b": ("b",)}.items()
        }
        on_connection(store, lambda connection: refresh_states(connection, ["old", "b", "x"], [PACK], NOW))
        states = kept(store)
        assert states["old"].at is None, "an alias keeps nothing: what it points to does"
        for account, rows in own.items():
            state, expected = states[account], state_of([PACK], rows, NOW)
            assert state.until == (expected.until or None), "exactly when the first event enters or leaves"
            assert state.has_events == expected.has_events
            end = state.until or NOW + timedelta(days=40)
            for instant in (NOW, NOW + MICRO, NOW + (end - NOW) / 2, end - MICRO):
                if instant < end:
                    assert values_at(PACK, state.kept, state.at, instant) == truth(rows, instant)
            fresh = on_connection(store, lambda connection: states_of(connection, ["a", "b"], [PACK], end))  # noqa: B023
            assert values_at(PACK, fresh[account].kept, end, end) == truth(rows, end)

    check()


def test_the_order_in_which_events_come_does_not_matter(store: str) -> None:
    random = Random(3)
    events = [random_event(random, "a") for _ in range(30)]
    found = []
    for turn in range(4):
        random.shuffle(events)
        with psycopg.connect(store) as connection:
            connection.execute("TRUNCATE segue.accounts, segue.events CASCADE")
            put_accounts(connection, "a")
        for number, event in enumerate(events):
            with psycopg.connect(store) as connection:
                put_event(connection, number, event)
            if number % (turn + 2) == 0 or number == len(events) - 1:
                on_connection(store, lambda connection: refresh_states(connection, ["a"], [PACK], NOW))
        found.append(kept(store)["a"])
    values = [values_at(PACK, each.kept, each.at, NOW) for each in found]
    assert all(each == values[0] for each in values)
    assert {each.until for each in found} == {found[0].until}


def page(account: str, at: datetime, path: str = "/pricing") -> dict[str, Any]:
    return {
        **dict.fromkeys(_COLUMNS),
        "account_id": account,
        "kind": "page",
        "at": at,
        "path": path,
        "properties": {},
    }


def test_traits_are_unknown_before_the_first_event_of_the_deployment_and_zero_after(store: str) -> None:
    with psycopg.connect(store) as connection:
        put_accounts(connection, "a", "b")
    assert known_of(read(store, "a", NOW), PACK, NOW).values == {}
    with psycopg.connect(store) as connection:
        put_event(connection, 1, page("b", NOW))
    values = known_of(read(store, "a", NOW), PACK, NOW).values
    assert values == {
        "views": 0, "people": 0, "spent": 0.0, "intent": 0.0, "freshness": 0, "standing": "000",
    }  # fmt: skip
    assert known_of(read(store, "nobody", NOW), PACK, NOW).values == {}, "of a stranger nothing is known"


def test_what_a_source_states_counts_until_the_account_has_an_event_of_its_own(store: str) -> None:
    with psycopg.connect(store) as connection:
        put_accounts(connection, "a")
        connection.execute("UPDATE segue.accounts SET traits = %s", ('{"intent": {"crm": [80, 0.5, 0]}}',))
        put_event(connection, 1, page("b", NOW))
    known = known_of(read(store, "a", NOW), PACK, NOW)
    assert known.values["intent"] == 80.0 and known.believed["intent"] == 0.4
    with psycopg.connect(store) as connection:
        put_event(connection, 2, page("a", NOW), "bot")
    on_connection(store, lambda connection: refresh_states(connection, ["a"], [PACK], NOW))
    assert known_of(read(store, "a", NOW), PACK, NOW).values["intent"] == 80.0, "a bot is nobody"
    with psycopg.connect(store) as connection:
        put_event(connection, 3, page("a", NOW))
    on_connection(store, lambda connection: refresh_states(connection, ["a"], [PACK], NOW))
    known = known_of(read(store, "a", NOW), PACK, NOW)
    assert known.values["intent"] == 15.0 and "intent" not in known.believed


def test_as_of_takes_what_had_happened_and_was_known_by_then(store: str) -> None:
    day = timedelta(days=1)
    with psycopg.connect(store) as connection:
        put_accounts(connection, "a")
        put_event(connection, 1, page("a", NOW - 5 * day), received_at=NOW - 5 * day)
        put_event(connection, 2, page("a", NOW - 4 * day), received_at=NOW - 1 * day)
        put_event(connection, 3, page("a", NOW - 1 * day), received_at=NOW - 1 * day)
    on_connection(store, lambda connection: refresh_states(connection, ["a"], [PACK], NOW))
    views = {days: known_of(read(store, "a", NOW - days * day, True), PACK, NOW - days * day).values.get("views")
             for days in (0, 2, 6)}  # fmt: skip
    assert views == {0: 3, 2: 1, 6: 0}


def test_a_state_that_expired_or_lacks_a_trait_is_read_anew(store: str) -> None:
    with psycopg.connect(store) as connection:
        put_accounts(connection, "a", "b")
        put_event(connection, 1, page("a", NOW))
    on_connection(store, lambda connection: refresh_states(connection, ["a", "b"], [PACK], NOW))
    later = NOW + timedelta(days=7)
    assert known_of(read(store, "a", later - MICRO), PACK, later - MICRO).values["views"] == 1
    assert known_of(read(store, "a", later), PACK, later).values["views"] == 0
    on_connection(store, lambda connection: refresh_states(connection, ["a", "b"], [], NOW))
    assert known_of(read(store, "a", NOW), PACK, NOW).values["views"] == 1, (
        "the packs asked then read nothing"
    )


def test_only_what_expired_is_asked_for_again(store: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with psycopg.connect(store) as connection:
        put_accounts(connection, "a", "b")
        put_event(connection, 1, page("a", NOW))
    on_connection(store, lambda connection: refresh_states(connection, ["a", "b"], [PACK], NOW))
    asked: list[Sequence[str]] = []

    async def counted(connection: Connection, accounts: Sequence[str], *rest: Any) -> Any:
        asked.append(accounts)
        return await states_of(connection, accounts, *rest)

    monkeypatch.setattr("segue.accounts.event_state.states_of", counted)
    both = [read(store, each, NOW) for each in ("a", "b")]
    for now, expected in ((NOW, []), (NOW + timedelta(days=8), [["a"]])):
        found = on_connection(store, lambda connection: with_current_events(connection, both, [PACK], now))  # noqa: B023
        assert [replace(each, events=None) for each in found] == [replace(each, events=None) for each in both]
        assert asked == expected
