"""Two accounts that are one: merged by a pointer, counted together, and as they were once it is taken away."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.types.json import Jsonb

from segue.accounts.event_state import refresh_states
from segue.accounts.label_changes import Cause
from segue.accounts.label_keeping import LabelKeeping
from segue.accounts.labels import labels_of
from segue.accounts.merging import Merged, merge_accounts, undo_merge
from segue.accounts.population import label_population
from segue.accounts.reader import AccountReader, account_key
from segue.accounts.stored import StoredAccount
from segue.agents.event_upkeep import let_events_go
from segue.agents.moves import stored_accounts
from segue.core.database import Connection, Database
from segue.core.errors import ConflictError, InputError, NotFoundError
from segue.core.retention import event_retention
from tests.accounts.labels.live import START, Live, defer, plays
from tests.accounts.labels.packs import MOTION, live_packs

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
HOT: dict[str, Any] = {"intent": 80.0, "size": 500}
COUNTING = live_packs(
    traits=MOTION["traits.yaml"]
    + "visits: {type: integer, layer: behavioral, count: {event: page, over: 5d}}\n",
    segments__warm=MOTION["segments/warm.yaml"].replace("recent", "recent OR visits >= 3"),
)


def in_transaction(live: Live, do: Callable[[Connection, LabelKeeping], Any]) -> Any:
    keeping = LabelKeeping(live.packs, defer, refresh_states)

    async def run(database: Database) -> Any:
        async with database.transaction() as connection:
            return await do(connection, keeping)

    return live.over(run)


def merge(live: Live, account: str, into: str, at: datetime) -> Merged:
    found: Merged = in_transaction(
        live, lambda c, k: merge_accounts(c, k, account, into, reason="The same company", by="test", now=at)
    )
    return found


def undo(live: Live, account: str, at: datetime) -> Merged:
    found: Merged = in_transaction(live, lambda c, k: undo_merge(c, k, account, now=at))
    return found


def label(live: Live, accounts: list[str], at: datetime, cause: Cause = Cause.EVENT) -> None:
    in_transaction(live, lambda c, k: k.relabel(c, accounts, at, cause, set_off_first=True))


def read(live: Live, account: str) -> StoredAccount:
    return live.over(lambda database: AccountReader(database).read(account_key(account)))


def visit(live: Live, account: str, number: int, at: datetime) -> None:
    live.rows(
        "INSERT INTO segue.events (source, message_id, kind, at, visitor, account_id)"
        " VALUES ('k', %s, 'page', %s, 'v', %s)",
        f"{account}-{number}", at, account,
    )  # fmt: skip


def state(live: Live, *accounts: str) -> list[tuple[Any, ...]]:
    return live.rows(
        "SELECT alias_of, traits, event_traits, event_traits_until, label_due_at,"
        " (SELECT jsonb_agg(jsonb_build_array(pack, segment, status, missing) ORDER BY pack) FROM segue.labels"
        "   WHERE labels.account_id = accounts.account_id)"
        " FROM segue.accounts JOIN unnest(%s::text[]) WITH ORDINALITY AS asked(account_id, number)"
        " USING (account_id) ORDER BY number",
        list(accounts),
    )


def test_what_is_known_of_both_counts_for_the_one_that_stays(live: Live) -> None:
    live.say("a", START, intent=80.0, size=20)
    live.say("b", START, size=500)
    live.rows("UPDATE segue.accounts SET domain = 'acme.example', owner = 'jo' WHERE account_id = 'a'")
    live.relabel(["a", "b"], START)
    assert (live.label("a")[0], live.label("b")[0]) == ("warm", "quiet")
    done = merge(live, "a", "b", START + HOUR)
    assert live.label("b") == ("hot", "matched")
    moves = [(each.account_id, each.pack, each.from_segment, each.to_segment) for each in done.transitions]
    assert moves == [
        ("a", "tiers", "small", None),
        ("a", "motion", "warm", None),
        ("b", "motion", "quiet", "hot"),
    ]
    assert {each.cause for each in done.transitions} == {Cause.MERGE}
    assert live.rows("SELECT DISTINCT account_id FROM segue.labels") == [("b",)]
    for asked in ("a", "b", "acme.example"):
        found = read(live, asked)
        assert (found.account.id, found.aliases) == ("b", ("a",))
        assert (found.account.domain, found.account.owner) == ("acme.example", "jo"), "where b says nothing"
        assert found.asked_as == (None if asked == "b" else "a")
        assert {name: said["web"][0] for name, said in found.traits.items()} == {"intent": 80.0, "size": 500}


def test_of_one_source_the_newest_counts_and_of_equals_the_own(live: Live) -> None:
    for account, size, at in (("a", 1, START), ("b", 2, START), ("c", 3, START)):
        live.say(account, at, size=size)
    live.say("c", START + DAY, "crm", size=30)
    live.say("b", START, "crm", size=20)
    merge(live, "a", "b", START)
    merge(live, "c", "b", START)
    assert {source: said[0] for source, said in read(live, "b").traits["size"].items()} == {
        "web": 2,
        "crm": 30,
    }

    async def then(database: Database) -> StoredAccount:
        return await AccountReader(database).read_as_of(account_key("a"), live.rows("SELECT now()")[0][0])

    known = {source: tuple(said) for source, said in read(live, "b").traits["size"].items()}
    assert dict(live.over(then).traits["size"]) == known


def test_chains_come_to_their_end_and_loops_are_refused(live: Live) -> None:
    for account in "abcd":
        live.say(account, size=500)
    live.relabel("abcd", START)
    merge(live, "a", "b", START)
    merge(live, "b", "c", START)
    assert merge(live, "d", "a", START).merge.alias_of == "c"
    pointers = "SELECT account_id, alias_of FROM segue.accounts ORDER BY 1"
    assert live.rows(pointers) == [("a", "c"), ("b", "c"), ("c", None), ("d", "c")]
    for account, into, error, told in (
        ("c", "a", ConflictError, "'a' is merged into 'c'"),
        ("a", "c", ConflictError, "'a' is merged into 'c' already"),
        ("c", "c", InputError, "expected another account than 'c'"),
        ("x", "c", NotFoundError, "no account 'x'"),
        ("c", "x", NotFoundError, "no account 'x'"),
    ):
        with pytest.raises(error, match=told):
            merge(live, account, into, START)
    undo(live, "b", START + HOUR)
    assert live.rows(pointers) == [("a", "b"), ("b", None), ("c", None), ("d", "b")], "d was merged into a"
    assert live.rows("SELECT account_id FROM segue.labels WHERE pack = 'tiers' ORDER BY 1") == [
        ("b",),
        ("c",),
    ]
    with pytest.raises(NotFoundError, match="'b' is merged into no other"):
        undo(live, "b", START)


def test_what_was_left_behind_is_taken_back_and_given_again(live: Live) -> None:
    live.move("a", START, **HOT)
    live.move("b", START, **HOT)
    live.carry_out(START + 2 * HOUR)
    merge(live, "a", "b", START + DAY)
    exits = live.consequences("a", "exit")
    assert plays(exits, "waiting") == {"untag", "stop"}
    assert [each[2:] for each in exits if each[3] == "excluded"] == [("tell", "excluded", "merged")]
    assert live.consequences("b", "exit") == [], "the one that stays is as hot as ever"
    label(live, ["a"], START + DAY + HOUR)
    assert plays(live.consequences("a", "exit"), "waiting") == {"untag", "stop"}, (
        "an event of it cancels nothing"
    )
    live.carry_out(START + 2 * DAY)
    undo(live, "a", START + 3 * DAY)
    again = live.consequences("a", "enter")[3:]
    assert plays(again, "waiting") == {"tag", "start"}
    assert [each[2:] for each in again if each[3] == "excluded"] == [("route", "excluded", "still_in_effect")]
    since = "SELECT account_id, since FROM segue.labels WHERE pack = 'motion' ORDER BY 1"
    assert live.rows(since) == [("a", START), ("b", START)]


def test_undone_at_once_nothing_was_taken_back(live: Live) -> None:
    live.move("a", START, **HOT)
    live.say("b", **HOT)
    live.carry_out(START + 2 * HOUR)
    merge(live, "a", "b", START + DAY)
    undo(live, "a", START + DAY + HOUR)
    assert plays(live.consequences("a", "exit"), "waiting") == set()
    assert {each[4] for each in live.consequences("a", "enter")[3:]} == {"still_in_effect"}


def test_what_waits_for_an_account_that_goes_is_cancelled(live: Live) -> None:
    live.move("a", START, **HOT)
    live.say("b", **HOT)
    merge(live, "a", "b", START + timedelta(minutes=5))
    assert {each[3:] for each in live.consequences("a", "enter")} == {("cancelled", "merged")}
    assert {each[3:] for each in live.consequences("a", "exit")} == {("excluded", "never_in_effect")}
    assert plays(live.consequences("b"), "waiting") == {"tag", "route", "start"}


def test_undone_all_is_as_if_never_merged(live: Live) -> None:
    """One story of two pairs of accounts; one pair is merged for a part of it."""
    live.packs = COUNTING

    @given(st.randoms(use_true_random=False))
    @settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    def check(random: Random) -> None:
        live.rows("TRUNCATE segue.accounts, segue.events, segue.trait_values, segue.transitions CASCADE")
        live.rows("INSERT INTO segue.accounts (account_id) VALUES ('a'), ('b'), ('c'), ('d')")
        steps = random.randint(3, 8)
        merged, undone = sorted(random.sample(range(steps + 1), 2))
        for step in range(steps + 1):
            at = START + step * 8 * HOUR
            if step == merged:
                merge(live, "a", "b", at)
            if step == undone:
                undo(live, "a", at)
            happen(live, random, step, at)
        end = START + steps * 8 * HOUR + HOUR
        label(live, ["a", "b", "c", "d"], end)
        assert state(live, "a", "b") == state(live, "c", "d")

    def happen(live: Live, random: Random, step: int, at: datetime) -> None:
        number = random.randrange(2)
        value: dict[str, Any] = random.choice(
            [{"intent": random.choice([10.0, 30.0, 90.0])}, {"size": random.choice([5, 500])}, {}]
        )
        for account in (("a", "c"), ("b", "d"))[number]:
            if value:
                live.say(account, at, random.choice(["web"]), **value)
            else:
                for each in range(3):
                    visit(live, account, 10 * step + each, at - each * HOUR)
            label(live, [account], at)

    check()


def test_the_whole_store_by_sql_and_one_by_one_agree_where_accounts_are_merged(live: Live) -> None:
    live.packs = COUNTING
    random = Random(3)
    for number in range(60):
        for source in random.sample(["web", "crm"], random.randint(0, 2)):
            at = START - random.randint(0, 40) * DAY
            values: dict[str, Any] = {
                "size": random.choice([5, 500]),
                "intent": random.choice([None, 10.0, 90.0]),
            }
            live.say(
                f"a{number}", at, source, **dict(random.sample(sorted(values.items()), random.randint(1, 2)))
            )
        live.rows("INSERT INTO segue.accounts (account_id) VALUES (%s) ON CONFLICT DO NOTHING", f"a{number}")
        for each in range(random.choice([0, 0, 2, 4])):
            visit(live, f"a{number}", each, START - random.randint(0, 9) * DAY)
    label(live, [f"a{number}" for number in range(60)], START - HOUR)
    for number in random.sample(range(10, 60), 30):
        live.rows(
            "UPDATE segue.accounts SET alias_of = %s WHERE account_id = %s", f"a{number % 10}", f"a{number}"
        )

    async def both(connection: Connection, keeping: LabelKeeping) -> tuple[dict[Any, Any], ...]:
        streamed: dict[Any, Any] = {}
        batch: dict[Any, Any] = {}
        await refresh_states(connection, [f"a{number}" for number in range(10)], live.packs, START)
        async for stored in stored_accounts(connection, START, live.packs):
            for name, found in labels_of(stored, live.packs, START).items():
                streamed[stored.account.id, name] = (found.segment, found.status.value)
        for pack, table in zip(
            live.packs, await label_population(connection, live.packs, START), strict=True
        ):
            cursor = await connection.execute(f"SELECT account_id, segment, status FROM {table}".encode())
            batch |= {(row[0], pack.name): (row[1], row[2]) for row in await cursor.fetchall()}
        return streamed, batch

    streamed, batch = in_transaction(live, both)
    alone: dict[Any, Any] = {}

    async def one_by_one(database: Database) -> None:
        reader = AccountReader(database)
        for account in {account for account, _ in streamed}:
            stored = await reader.with_events(await reader.read(account_key(account)), live.packs, START)
            for name, found in labels_of(stored, live.packs, START).items():
                alone[account, name] = (found.segment, found.status.value)

    live.over(one_by_one)
    assert len(streamed) == 2 * 30
    assert streamed == batch == alone
    assert len(set(streamed.values())) > 4


def test_events_that_come_to_an_alias_label_the_account_that_counts(live: Live) -> None:
    live.packs = COUNTING
    live.rows("INSERT INTO segue.accounts (account_id, traits) VALUES ('a', %s), ('b', '{}')", Jsonb({}))
    label(live, ["a", "b"], START)
    merge(live, "a", "b", START)
    for number in range(3):
        visit(live, "a", number, START + number * HOUR)
    label(live, ["a"], START + 3 * HOUR)
    assert live.label("b")[0] == "warm"


def test_what_an_alias_loses_makes_the_account_that_counts_due(live: Live) -> None:
    live.packs = COUNTING
    live.rows("INSERT INTO segue.accounts (account_id) VALUES ('a'), ('b')")
    label(live, ["a", "b"], START)
    for number in range(3):
        visit(live, "a", number, START)
    merge(live, "a", "b", START)
    now = live.rows("SELECT now() + interval '400 days'")[0][0]

    async def retire(database: Database) -> None:
        async with database.connection() as connection:
            await let_events_go(connection, event_retention("30"), now)

    live.over(retire)
    due = "SELECT account_id, label_due_at FROM segue.accounts ORDER BY 1"
    assert live.rows(due) == [("a", None), ("b", now)]
