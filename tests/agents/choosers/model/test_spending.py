"""A day's limit holds however many calls reserve at once."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta, timezone

from segue.agents.choosers.model.kept_answers import KeptAnswers
from segue.agents.choosers.model.spending import Allowance, Amount, Prices, SpendingHere

DAY = date(2026, 11, 23)


def test_prices_are_of_a_million_tokens_and_costs_are_rounded_up() -> None:
    assert Prices(0.4, 1.6).amount(1_000_000, 1_000_000) == Amount(2_000_000, 2_000_000)
    assert Prices(0.4, 1.6).amount(1, 0) == Amount(1, 1)
    assert Prices(0, 0).amount(5, 5) == Amount(10, 0)


def test_what_is_reserved_never_passes_the_limit() -> None:
    async def run() -> tuple[int, Amount]:
        spending = SpendingHere()
        got = await asyncio.gather(
            *(spending.reserve(DAY, Amount(10, 7), Amount(95, 10**9)) for _ in range(50))
        )
        return sum(got), await spending.spent(DAY)

    assert asyncio.run(run()) == (9, Amount(90, 63))


def test_either_limit_holds() -> None:
    async def run() -> None:
        spending = SpendingHere()
        assert not await spending.reserve(DAY, Amount(11, 0), Amount(10, 10))
        assert not await spending.reserve(DAY, Amount(0, 11), Amount(10, 10))
        assert await spending.reserve(DAY, Amount(10, 10), Amount(10, 10))
        await spending.settle(DAY, Amount(10, 10), Amount(4, 2))
        assert await spending.spent(DAY) == Amount(4, 2)
        assert not await spending.reserve(DAY, Amount(7, 0), Amount(10, 10))
        assert await spending.reserve(DAY + timedelta(days=1), Amount(7, 0), Amount(10, 10))

    asyncio.run(run())


def test_a_day_is_one_of_utc() -> None:
    late = datetime(2026, 11, 23, 20, 0, tzinfo=timezone(timedelta(hours=-8)))
    allowance = Allowance(SpendingHere(), Amount(), Prices(0, 0), lambda: late)
    assert allowance.today() == date(2026, 11, 24)
    assert Allowance(SpendingHere(), Amount(), Prices(0, 0)).today() == datetime.now(UTC).date()


def test_kept_answers_are_bounded_in_number_and_time() -> None:
    now = 0.0
    kept = KeptAnswers(2, 10, lambda: now)
    keys = [KeptAnswers.key("r", "p", "m", str(n)) for n in range(3)]
    for key in keys[:2]:
        kept.keep(key, {"option": 0})
    assert kept.get(keys[0]) == {"option": 0}
    kept.keep(keys[2], {"option": 2})
    assert (kept.get(keys[1]), len(kept)) == (None, 2) and kept.get(keys[0])
    now = 10
    assert kept.get(keys[0]) is None and len(kept) == 1


def test_questions_do_not_run_into_each_other() -> None:
    assert KeptAnswers.key("ab", "c") != KeptAnswers.key("a", "bc") != KeptAnswers.key("a", "b", "c")


def test_none_are_kept_where_none_are_wanted() -> None:
    for kept in (KeptAnswers(0, 10), KeptAnswers(10, 0)):
        kept.keep(b"k", {})
        assert len(kept) == 0
