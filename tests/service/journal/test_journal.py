"""The journal over a real PostgreSQL: what one caller sends costs nobody else anything."""

from __future__ import annotations

import asyncio
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from segue.agents.entry import Committed, Entry, LimitLost, Once, Repeated
from segue.agents.group_commit import COLUMNS, commit_group
from segue.api.services import Services
from segue.core.errors import InputError
from segue.core.ids import new_id
from segue.policies.models.segment import Limit
from tests.service.journal.conftest import Store

OVER = timedelta(days=7)
TAKEN = uuid.UUID(new_id())


def entry(account: str, *, play: str = "help", at: datetime | None = None, **changes: Any) -> Entry:
    now = at or datetime.now(UTC)
    about = {name: changes.pop(name) for name in tuple(changes) if name not in COLUMNS}
    row = dict.fromkeys(COLUMNS, "x") | {
        "decision_id": uuid.UUID(new_id()), "decided_at": now, "account_id": account, "play": play,
        "shadow": False, "beside": None, "latency_ms": 1.0, "facts": "{}", "proposal": None, "answer": "{}",
    } | changes  # fmt: skip
    return Entry(tuple(row[name] for name in COLUMNS), account, play, now, **about)


def stored(store: Store, account: str) -> int:
    return int(store.rows("SELECT count(*) FROM segue.decisions WHERE account_id = %s", account)[0][0])


async def all_of(parts: Services, entries: list[Entry]) -> list[Any]:
    return await asyncio.gather(*(parts.journal.commit(each) for each in entries), return_exceptions=True)


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param({"facts": '{"cut'}, id="cut JSON"),
        pytest.param({"visitor": "a\x00b"}, id="NUL"),
        pytest.param({"visitor": "\ud800"}, id="lone surrogate"),
        pytest.param({"account_id": "".join(map(chr, range(300, 9_000)))}, id="too large for an index"),
        pytest.param({"latency_ms": 1e300}, id="out of range"),
        pytest.param({"segment": None}, id="null"),
        pytest.param({"decision_id": TAKEN}, id="stored already"),
    ],
)
def test_a_row_that_cannot_be_stored_fails_alone(store: Store, bad: dict[str, Any]) -> None:
    account = store.new_account()
    first = entry("first", decision_id=TAKEN)

    async def commit(parts: Services) -> list[Any]:
        if "decision_id" in bad:
            await parts.journal.commit(first)
        group = [entry(account) for _ in range(20)]
        group.insert(7, entry(account, **bad))
        found = await all_of(parts, group)
        assert isinstance(await parts.journal.commit(entry(account)), Committed)
        return found

    found = store.run(commit)
    assert isinstance(found.pop(7), InputError)
    assert all(isinstance(each, Committed) for each in found)
    assert stored(store, account) == 21


def test_what_a_repeated_call_seemed_to_take_of_a_limit_stands_for_nobody(store: Store) -> None:
    account = store.new_account()
    twice = Limit(plays=["offer"], at_most=2, per="account", over=OVER)
    once = Once("key", account, b"digest", 200, b"answer")
    repeated = entry(account, play="offer", counted=True, limits=(twice,), once=once)
    other = entry(account, play="offer", counted=True, limits=(twice,))
    third = entry(account, play="offer", counted=True, limits=(twice,))

    async def commit(parts: Services) -> list[Any]:
        assert await commit_group(parts.database, [repeated]) == [Committed()]
        return await commit_group(parts.database, [repeated, other, third])

    first, second, last = store.run(commit)
    assert (first, second) == (Repeated(once), Committed())
    assert isinstance(last, LimitLost) and len(last.delivered) == 2
    assert stored(store, account) == 2


def test_one_who_lost_hears_of_every_delivery_that_some_limit_counts(store: Store) -> None:
    account = store.new_account()
    day = Limit(plays=["offer"], at_most=1, per="account", over=timedelta(days=1))
    now = datetime.now(UTC)
    older = entry(account, play="other", at=now - timedelta(days=20), counted=True)
    offers = [
        entry(account, play="offer", counted=True, limits=(day,), window=timedelta(days=30)) for _ in "12"
    ]

    async def commit(parts: Services) -> Any:
        await commit_group(parts.database, [older])
        return (await commit_group(parts.database, offers))[1]

    assert {each.play for each in store.run(commit).delivered} == {"offer", "other"}


def test_a_group_is_committed_at_once(store: Store) -> None:
    async def commit(parts: Services) -> tuple[int, int]:
        await all_of(parts, [entry("grouped") for _ in range(400)])
        return parts.journal.committed, parts.journal.groups

    committed, groups = store.run(commit)
    assert committed == 400 and groups <= 4


def test_an_account_that_cannot_be_asked_for_fails_alone(store: Store) -> None:
    from segue.accounts.reader import AccountKey

    async def read(parts: Services) -> list[Any]:
        keys = [AccountKey("fine"), AccountKey("a\x00b"), AccountKey("\ud800"), AccountKey("fine too")]
        return await asyncio.gather(*(parts.reader.read(key) for key in keys), return_exceptions=True)

    fine, nul, surrogate, too = store.run(read)
    assert (fine.account.id, too.account.id) == ("fine", "fine too")
    assert isinstance(nul, InputError) and isinstance(surrogate, InputError)
