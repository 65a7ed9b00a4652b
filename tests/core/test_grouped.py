"""Grouped calls: each caller gets its own result, and what one item breaks, breaks for it alone."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segue.core.grouped import Grouped


class Broken(Exception):
    pass


class Doubling:
    """Doubles numbers in groups; refuses negative ones, with all that come with them."""

    def __init__(self) -> None:
        self.groups: list[list[int]] = []
        self.sizes: list[int] = []
        self.under_way = self.most_under_way = 0

    async def __call__(self, numbers: Sequence[int]) -> list[int]:
        self.sizes.append(len(numbers))
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        await asyncio.sleep(0)
        self.under_way -= 1
        if min(numbers) < 0:
            raise Broken(*numbers)
        self.groups.append(list(numbers))
        return [2 * each for each in numbers]


def is_broken(error: Exception) -> bool:
    return isinstance(error, Broken)


NUMBERS = st.lists(st.integers(-3, 50), max_size=40)


@given(NUMBERS, st.integers(1, 7), st.integers(1, 3))
def test_everybody_gets_their_own(numbers: list[int], most: int, at_once: int) -> None:
    async def run() -> None:
        work = Doubling()
        grouped = Grouped(work, most, at_once=at_once, is_of_the_item=is_broken)
        found = await asyncio.gather(*map(grouped, numbers), return_exceptions=True)
        await grouped.close()
        for number, each in zip(numbers, found, strict=True):
            assert each == 2 * number if number >= 0 else isinstance(each, Broken) and each.args == (number,)
        assert sorted(each for group in work.groups for each in group) == sorted(
            each for each in numbers if each >= 0
        )
        assert all(len(group) <= most for group in work.groups) and work.most_under_way <= at_once

    asyncio.run(run())


@given(NUMBERS)
def test_of_one_key_no_two_are_in_a_group(numbers: list[int]) -> None:
    async def run() -> None:
        work = Doubling()
        grouped = Grouped(work, 9, key=lambda each: each % 5 if each else None)
        wanted = [abs(each) for each in numbers]
        assert await asyncio.gather(*map(grouped, wanted)) == [2 * each for each in wanted]
        for group in work.groups:
            keys = [each % 5 for each in group if each]
            assert len(keys) == len(set(keys))

    asyncio.run(run())


@given(NUMBERS)
def test_a_group_holds_what_fits_and_always_one(numbers: list[int]) -> None:
    async def run() -> None:
        work = Doubling()
        grouped = Grouped(work, 20, size=lambda each: each)
        wanted = [abs(each) for each in numbers]
        assert await asyncio.gather(*map(grouped, wanted)) == [2 * each for each in wanted]
        assert all(sum(group) <= 20 or len(group) == 1 for group in work.groups)

    asyncio.run(run())


def test_what_no_item_is_to_blame_for_fails_for_all_and_the_next_are_served() -> None:
    async def run() -> None:
        grouped = Grouped(Doubling(), 9, told=lambda error: ValueError(str(error)))
        for found in await asyncio.gather(*map(grouped, [1, -1, 2]), return_exceptions=True):
            assert isinstance(found, ValueError) and isinstance(found.__cause__, Broken)
        assert await grouped(4) == 8

    asyncio.run(run())


def test_an_item_alone_has_a_last_word() -> None:
    async def halved(number: int) -> int:
        if number == -1:
            raise KeyError(number)
        return -number

    async def run() -> None:
        grouped = Grouped(Doubling(), 9, is_of_the_item=is_broken, alone=halved)
        found = await asyncio.gather(*map(grouped, [1, -2, -1, 3]), return_exceptions=True)
        assert found[:2] == [2, 2] and isinstance(found[2], KeyError) and found[3] == 6

    asyncio.run(run())


def test_a_caller_who_goes_away_stops_nobody() -> None:
    async def run() -> None:
        grouped = Grouped(Doubling(), 9)
        first, second = asyncio.create_task(grouped(1)), asyncio.create_task(grouped(2))
        await asyncio.sleep(0)
        first.cancel()
        assert await second == 4
        with pytest.raises(asyncio.CancelledError):
            await first

    asyncio.run(run())


def test_a_cancelled_group_leaves_nobody_waiting() -> None:
    async def for_ever(_: Sequence[int]) -> list[int]:
        await asyncio.Event().wait()
        return []

    async def run() -> None:
        grouped = Grouped(for_ever, 9, at_once=1)
        waiting = asyncio.create_task(grouped(1))
        await asyncio.sleep(0.01)
        for task in grouped._working:
            task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(waiting, 5)

    asyncio.run(run())


def test_whoever_comes_as_the_last_one_is_answered_is_worked_on_too() -> None:
    async def do() -> list[int]:
        grouped = Grouped(Doubling(), 9, at_once=1)
        async with asyncio.timeout(5):
            return [await grouped(each) for each in range(3)]

    assert asyncio.run(do()) == [0, 2, 4]


def test_what_is_ready_comes_into_the_same_group() -> None:
    async def run() -> None:
        work = Doubling()
        grouped = Grouped(work, 50, at_once=1, gathers=True)

        async def after(turns: int) -> int:
            for _ in range(turns):
                await asyncio.sleep(0)
            return await grouped(turns)

        assert await asyncio.gather(*map(after, range(6))) == [0, 2, 4, 6, 8, 10]
        assert work.groups == [[0, 1, 2, 3, 4, 5]]
        assert await asyncio.wait_for(grouped(7), 1) == 14, "who comes alone is not kept waiting"

    asyncio.run(run())


@pytest.mark.parametrize("turns", range(3))
def test_who_is_cancelled_before_or_while_a_group_gathers_leaves_nobody_waiting(turns: int) -> None:
    async def run() -> None:
        grouped = Grouped(Doubling(), 50, at_once=1, gathers=True)
        before = asyncio.all_tasks()
        waiting = [grouped.begin(number) for number in range(3)]
        (working,) = asyncio.all_tasks() - before
        for _ in range(turns):
            await asyncio.sleep(0)
        working.cancel()
        done, left = await asyncio.wait(waiting, timeout=1)
        assert len(done) == 3 and not left
        assert all(isinstance(each.exception(), asyncio.CancelledError) for each in done)
        assert await asyncio.wait_for(grouped(4), 1) == 8

    asyncio.run(run())


def test_a_full_group_gathers_no_more() -> None:
    async def run(grouped: Grouped[int, int]) -> int:
        loop, turns = asyncio.get_running_loop(), 0

        def turn() -> None:
            nonlocal turns
            turns += 1
            grouped.begin(turns)
            if not found.done():
                loop.call_soon(turn)

        for number in range(3):
            grouped.begin(number)
        found = grouped.begin(7)
        loop.call_soon(turn)
        assert await found == 14
        taken = turns
        await grouped.close()
        return taken

    def size_of(_: int) -> int:
        return 1

    few = [
        asyncio.run(run(Grouped(Doubling(), 2, at_once=1, size=size, gathers=True)))
        for size in (None, size_of)
    ]
    assert max(few) < 8 < asyncio.run(run(Grouped(Doubling(), 500, at_once=1, gathers=True)))


def test_two_who_gather_at_once_work_on_no_empty_group() -> None:
    async def run() -> None:
        work = Doubling()
        grouped = Grouped(work, 50, at_once=2, gathers=True)
        assert list(await asyncio.gather(grouped(1), grouped(2))) == [2, 4]
        await grouped.close()
        assert work.sizes == [2]

    asyncio.run(run())
