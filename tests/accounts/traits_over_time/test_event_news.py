"""What is kept of accounts as events come in is what reading all of their events gives."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any

import orjson
import pytest

from segue.accounts import event_news
from segue.accounts.event_news import EventNews, expire_states, fold_news
from segue.accounts.event_state import refresh_states, states_of, values_at
from segue.accounts.event_values import EventState
from segue.core.database import Connection, open_database
from segue.evals.differential_event_cases import NOW, random_event
from segue.policies.event_traits import event_traits_of
from segue.policies.load import load_files
from segue.policies.pack import Pack
from tests.accounts.traits_over_time.packs import FILES, clock_pack
from tests.accounts.traits_over_time.test_event_state import _INSERT as INSERT
from tests.accounts.traits_over_time.test_event_state import page

WITH_RFM = clock_pack()
PACK = load_files(
    {
        name: re.sub(
            r"rfm: {.*?quantiles: 4}", "latest: {event: track, of: tier, over: 30d}",
            re.sub(r"rfm: {.*?part: recency}", "count: {event: track, over: 14d}", text),
        ).encode()
        for name, text in FILES.items()
    },
    "clock",
)  # fmt: skip
"""The same without RFM, for which all events are read again."""
_CELLS = (
    "kind", "at", "visitor", "contact_id", "name", "path", "url", "title", "referrer", "search",
)  # fmt: skip
_RESET = "TRUNCATE segue.accounts, segue.events CASCADE"
_PUT = "INSERT INTO segue.accounts (account_id, alias_of) VALUES ('a', NULL), ('b', NULL), ('old', 'a')"


class Story:
    """Accounts a and b, old that is an alias of a, and events of theirs that come in."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.number = 0

    async def begin(self) -> None:
        await self.connection.execute(_RESET)
        await self.connection.execute(_PUT)

    async def store(
        self, events: Sequence[Mapping[str, Any]], now: datetime, marks: float = 0.1
    ) -> EventNews:
        """Store events, some of them as a bot's, and return what is new."""
        random, news = Random(self.number), dict[str, list[Mapping[str, Any]]]()
        for event in events:
            self.number += 1
            mark = "bot" if random.random() < marks else None
            cells = [*(event[each] for each in _CELLS), orjson.dumps(event["properties"]).decode()]
            await self.connection.execute(
                INSERT.encode(), (str(self.number), event["account_id"], mark, now, *cells)
            )
            if mark is None:
                news.setdefault(event["account_id"], []).append({**event, "key": ("key", str(self.number))})
        return EventNews(news)

    async def move(self, random: Random) -> frozenset[str]:
        """Give some events to another account, as a link that changes does."""
        was, now = random.sample(("a", "b", "old"), 2)
        cursor = await self.connection.execute(
            "UPDATE segue.events SET account_id = %s WHERE account_id = %s AND visitor = %s", (now, was, "v1")
        )
        return frozenset((was, now)) if cursor.rowcount else frozenset()

    async def kept(self) -> dict[str, EventState]:
        cursor = await self.connection.execute(
            "SELECT account_id, event_traits, event_traits_at, event_traits_until FROM segue.accounts"
            " WHERE alias_of IS NULL"
        )
        return {row[0]: EventState(*row[1:]) for row in await cursor.fetchall()}


def tell(store: str, story: Any) -> None:
    """Run a story over one connection, in a transaction that is rolled back."""

    async def run() -> None:
        async with (
            open_database(store, 2) as database,
            database.connection() as connection,
            connection.transaction(force_rollback=True),
        ):
            await story(Story(connection))

    asyncio.run(run())


async def same_as_anew(connection: Connection, kept: Mapping[str, EventState], packs: Sequence[Pack]) -> None:
    for account, state in kept.items():
        assert state.at is not None
        expected = (await states_of(connection, [account], packs, state.at))[account]
        assert (state.until, state.has_events) == (expected.until, expected.has_events)
        assert values_at(PACK, state.kept, state.at, state.at) == values_at(
            PACK, expected.kept, expected.at, state.at
        )


@pytest.mark.parametrize("pack", [PACK, WITH_RFM], ids=["folded", "with RFM"])
def test_events_that_come_in_any_parts_come_to_what_all_of_them_do(
    store: str, monkeypatch: pytest.MonkeyPatch, pack: Pack
) -> None:
    anew: list[Sequence[str]] = []

    async def refreshed(connection: Connection, accounts: Sequence[str], *rest: Any) -> None:
        anew.extend(accounts)
        await refresh_states(connection, accounts, *rest)

    monkeypatch.setattr(event_news, "refresh_states", refreshed)
    rounds = 0

    async def story(told: Story) -> None:
        nonlocal rounds
        for seed in range(25):
            random, now = Random(seed), NOW
            await told.begin()
            await refresh_states(told.connection, ["a", "b"], [pack], now)
            for _ in range(random.randint(2, 8)):
                accounts = random.choice((("a",), ("a", "b"), ("a", "old", "b")))
                events = [
                    random_event(random, random.choice(accounts), now) for _ in range(random.randint(1, 5))
                ]
                now += timedelta(seconds=random.choice((0, 0, 5, 3_000, 100_000)))
                news = await told.store(events, now)
                moved = await told.move(random) if random.random() < 0.15 else frozenset[str]()
                await fold_news(told.connection, ["a", "b"], [pack], now, EventNews(news.events, moved))
                rounds += 2
                await same_as_anew(told.connection, await told.kept(), [pack])

    tell(store, story)
    assert 0 < len(anew) < rounds * (0.5 if pack is PACK else 1), "most are folded"


def test_two_transactions_of_which_the_later_looked_at_the_clock_first(store: str) -> None:
    async def story(told: Story) -> None:
        await told.begin()
        await refresh_states(told.connection, ["a"], [PACK], NOW)
        for seconds in (5, 3):
            now = NOW + timedelta(seconds=seconds)
            news = await told.store([page("a", NOW)], now, marks=0)
            await fold_news(told.connection, ["a"], [PACK], now, news)
        kept = (await told.kept())["a"]
        assert kept.at == NOW + timedelta(seconds=5)
        assert kept.kept[event_traits_of(PACK)["views"].key] == 2
        await same_as_anew(told.connection, {"a": kept}, [PACK])

    tell(store, story)


@pytest.mark.parametrize("packs", [(), (PACK,)])
def test_a_state_that_lacks_a_trait_or_expired_is_worked_out_from_all_events(
    store: str, packs: Sequence[Pack]
) -> None:
    async def story(told: Story) -> None:
        await told.begin()
        await told.store([page("a", NOW)], NOW, marks=0)
        await refresh_states(told.connection, ["a"], packs, NOW - timedelta(days=1))
        await expire_states(told.connection, ["a"])
        await fold_news(told.connection, ["a"], [PACK], NOW, await told.store([page("a", NOW)], NOW, marks=0))
        kept = (await told.kept())["a"]
        assert kept.kept[event_traits_of(PACK)["views"].key] == 2

    tell(store, story)


def test_a_value_is_new_only_once(store: str) -> None:
    """Also where more events lie between than the latest that are looked through first."""

    async def story(told: Story) -> None:
        await told.begin()
        await refresh_states(told.connection, ["a"], [PACK], NOW - timedelta(days=1))
        people = event_traits_of(PACK)["people"].key
        events = [{**page("a", NOW - timedelta(hours=1)), "contact_id": "ada"}]
        events += [{**page("a", NOW - timedelta(minutes=1)), "contact_id": "bob"}] * 205
        for part, expected in ((events, 2), (events[:1], 2), ([{**events[0], "contact_id": "eve"}], 3)):
            news = await told.store(part, NOW, marks=0)
            await fold_news(told.connection, ["a"], [PACK], NOW, news)
            assert (await told.kept())["a"].kept[people] == expected

    tell(store, story)
