"""Whatever happens in whatever order: the stored label is that of the stored facts, and locks are taken in order."""

from __future__ import annotations

import asyncio
import itertools
from datetime import datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from segue.accounts.label_changes import Cause
from segue.accounts.labels import labels_of
from segue.accounts.reader import AccountKey, read_accounts
from segue.accounts.transitions import relabel
from segue.accounts.writer import TraitValue, put_traits
from segue.core.database import Database
from tests.accounts.labels.live import START, Live, defer

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
_VALUES = {
    "size": st.sampled_from([None, 5, 99, 100, 5000]),
    "intent": st.sampled_from([None, 0.0, 19.0, 20.0, 60.0]),
    "customer": st.sampled_from([None, True, False]),
    "seen_at": st.integers(-6, 6).map(lambda days: (START + days * DAY).isoformat()),
}
_facts = st.sampled_from(sorted(_VALUES)).flatmap(
    lambda name: st.tuples(st.just(name), _VALUES[name], st.sampled_from(["crm", "web"]), st.integers(-40, 3))
)
_steps = st.lists(st.tuples(_facts, st.integers(0, 30)), min_size=1, max_size=8)


async def _expected(database: Database, live: Live, account: str, now: datetime) -> list[tuple[Any, ...]]:
    async with database.connection() as connection:
        [stored] = await read_accounts(connection, [AccountKey(account)], 0.0, now)
    found = labels_of(stored, live.packs, now)
    whole = {pack.name: found[pack.name].label(pack) for pack in live.packs}
    return sorted((name, each.segment, each.status, list(each.missing)) for name, each in whole.items())


async def _stored(database: Database, account: str) -> list[tuple[Any, ...]]:
    async with database.connection() as connection:
        cursor = await connection.execute(
            "SELECT pack, segment, status, missing FROM segue.labels WHERE account_id = %s ORDER BY pack",
            (account,),
        )
        return await cursor.fetchall()


_names = itertools.count()


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(_steps)
def test_the_stored_label_is_that_of_the_stored_facts_and_holds_until_it_is_due(
    live: Live, steps: Any
) -> None:
    account = f"account-{next(_names)}"

    async def do(database: Database) -> None:
        now = START
        for (name, value, source, age), hours in steps:
            now += timedelta(hours=hours)
            said = [TraitValue(name, value, source, START + age * DAY)]
            await put_traits(database, account, None, said)
            async with database.transaction() as connection:
                await relabel(connection, [account], live.packs, now, Cause.TRAITS, defer)
            assert await _stored(database, account) == await _expected(database, live, account, now)
        async with database.connection() as connection:
            cursor = await connection.execute(
                "SELECT label_due_at FROM segue.accounts WHERE account_id = %s", (account,)
            )
            [due] = await cursor.fetchone() or [None]
        # nothing changes before the instant at which it is due, and after the last such instant nothing at all
        last = due - timedelta(microseconds=1) if due is not None else now + 3650 * DAY
        assert await _stored(database, account) == await _expected(database, live, account, last)

    live.over(do)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(_facts, min_size=2, max_size=4, unique_by=lambda fact: (fact[0], fact[2], fact[3])))
def test_the_order_in_which_facts_come_in_does_not_matter(live: Live, facts: Any) -> None:
    async def do(database: Database) -> None:
        ends = []
        for order in itertools.islice(itertools.permutations(facts), 6):
            account = f"account-{next(_names)}"
            for number, (name, value, source, age) in enumerate(order):
                said = [TraitValue(name, value, source, START + age * DAY)]
                await put_traits(database, account, None, said)
                async with database.transaction() as connection:
                    now = START + number * HOUR
                    await relabel(connection, [account], live.packs, now, Cause.TRAITS, defer)
            async with database.transaction() as connection:
                await relabel(connection, [account], live.packs, START + DAY, Cause.TIME, defer)
            ends.append(await _stored(database, account))
        assert all(end == ends[0] for end in ends)

    live.over(do)


def test_transactions_over_the_same_accounts_do_not_lock_each_other_out(live: Live) -> None:
    names = [f"account-{number}" for number in range(40)]
    for name in names:
        live.say(name, size=500, intent=80.0)

    async def do(database: Database) -> None:
        async def round_of(number: int) -> None:
            for turn in range(5):
                order = names[::-1] if (number + turn) % 2 else names
                async with database.transaction() as connection:
                    now = START + turn * HOUR
                    await relabel(connection, order, live.packs, now, Cause.EVENT, defer, set_off_first=True)

        await asyncio.gather(*(round_of(number) for number in range(4)))

    live.over(do)
    assert live.rows("SELECT count(*) FROM segue.transitions") == [(80,)]
    assert live.rows("SELECT count(*), count(DISTINCT (account_id, play)) FROM segue.consequences") == [
        (120, 120)
    ]


def test_a_thousand_accounts_are_few_statements(live: Live) -> None:
    live.rows(
        "INSERT INTO segue.accounts (account_id, traits) SELECT 'account-' || number, jsonb_build_object("
        "'intent', jsonb_build_object('web', jsonb_build_array(80, NULL, 1)),"
        "'size', jsonb_build_object('web', jsonb_build_array(500, NULL, 1793000000000000)))"
        " FROM generate_series(1, 1000) AS number"
    )
    statements = 0

    async def do(database: Database) -> None:
        nonlocal statements
        async with database.transaction() as connection:
            execute = connection.execute

            async def counted(*asked: Any, **options: Any) -> Any:
                nonlocal statements
                statements += 1
                return await execute(*asked, **options)

            connection.execute = counted  # type: ignore[method-assign]
            ids = [f"account-{number}" for number in range(1, 1001)]
            changed = await relabel(connection, ids, live.packs, START, Cause.IMPORT, defer)
            assert len(changed) == 2000

    live.over(do)
    assert statements <= 8
