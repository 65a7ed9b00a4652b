"""Racing callers: one answer for one idempotency key, and limits that hold however many ask at once."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from typing import Any

import pytest

from segue.accounts.reader import AccountKey
from segue.agents.decision_request import Answer, Caller, DecisionRequest
from segue.api.services import Services
from segue.core.errors import InputError
from tests.service.journal.conftest import Store


def ask(parts: Services, account: str, surface: str = "chat", **caller: Any) -> Any:
    request = DecisionRequest(surface, AccountKey(account))
    return parts.decisions.decide(request, Caller(caller.pop("key_id", "key"), **caller))


async def race(store: Store, count: int, account: str, **asked: Any) -> list[Answer]:
    """Ask at once through two replicas, each with connections of its own."""
    async with store.replica() as one, store.replica() as other:
        return list(
            await asyncio.gather(
                *(ask((one, other)[number % 2], account, **asked) for number in range(count))
            )
        )


def plays(answers: list[Answer]) -> Counter[str]:
    return Counter(json.loads(each.body)["play"]["name"] for each in answers)


def decisions(store: Store, account: str) -> list[tuple[Any, ...]]:
    return store.rows("SELECT play, answer FROM segue.decisions WHERE account_id = %s", account)


def test_racing_callers_with_one_key_get_the_same_bytes(store: Store) -> None:
    account = store.new_account()
    answers = asyncio.run(race(store, 40, account, idempotency_key=f"once-{account}", body_digest=b"digest"))
    assert len({each.body for each in answers}) == 1
    assert sum(not each.repeated for each in answers) == 1
    assert len(decisions(store, account)) == 1


def test_one_key_with_two_bodies_decides_for_one(store: Store) -> None:
    account = store.new_account()

    async def both(parts: Services) -> list[Any]:
        calls = [
            ask(parts, account, idempotency_key=f"two-{account}", body_digest=digest)
            for digest in (b"a", b"b")
        ]
        return list(await asyncio.gather(*calls, return_exceptions=True))

    found = store.run(both)
    assert sorted(type(each).__name__ for each in found) == ["Answer", "InputError"]
    refused = next(each for each in found if isinstance(each, InputError))
    assert refused.status == 422 and "another body" in refused.message
    assert len(decisions(store, account)) == 1


def test_another_caller_may_use_the_same_key(store: Store) -> None:
    account = store.new_account()

    async def both(parts: Services) -> list[Answer]:
        return [
            await ask(parts, account, key_id=key_id, idempotency_key=f"shared-{account}", body_digest=key_id.encode())
            for key_id in ("one", "two")
        ]  # fmt: skip

    assert [each.repeated for each in store.run(both)] == [False, False]
    assert len(decisions(store, account)) == 2


@pytest.mark.parametrize(("hours", "repeated"), [(23.9, True), (24.1, False)])
def test_an_answer_is_kept_for_a_day(store: Store, hours: float, repeated: bool) -> None:
    account = store.new_account()
    once = f"day-{account}"

    async def call(parts: Services) -> Answer:
        found = await ask(parts, account, idempotency_key=once, body_digest=b"digest")
        assert isinstance(found, Answer)
        return found

    first = store.run(call)
    store.rows(
        "UPDATE segue.idempotency SET created_at = now() - make_interval(secs => %s) WHERE idempotency_key = %s",
        hours * 3600, once,
    )  # fmt: skip
    again = store.run(call)
    assert again.repeated is repeated
    assert (again.body == first.body) is repeated
    assert store.run(call).body == again.body
    assert len(decisions(store, account)) == (1 if repeated else 2)


def test_a_limit_of_one_delivers_once(store: Store) -> None:
    account = store.new_account()
    answers = asyncio.run(race(store, 60, account))
    assert plays(answers) == {"offer": 1, "help": 59}
    for each in answers:
        found = json.loads(each.body)
        if found["play"]["name"] == "help":
            assert [f["code"] for f in found["considered"] if f["play"] == "offer"] == ["limit_reached"]
    assert Counter(play for play, _ in decisions(store, account)) == {"offer": 1, "help": 59}
    assert store.rows(
        "SELECT count(*) FROM segue.deliveries WHERE account_id = %s AND play = 'offer'", account
    ) == [(1,)]


def test_a_rep_takes_no_more_than_the_daily_cap(store: Store) -> None:
    async def calls() -> list[Answer]:
        async with store.replica() as one, store.replica() as other:
            asked = [
                ask((one, other)[number % 2], store.new_account(), surface="web") for number in range(40)
            ]
            return list(await asyncio.gather(*asked))

    store.rows("DELETE FROM segue.rep_loads")
    assert plays(asyncio.run(calls())) == {"call": 3, "page": 37}
    assert store.rows("SELECT rep, assignments FROM segue.rep_loads") == [("a@example.com", 3)]
