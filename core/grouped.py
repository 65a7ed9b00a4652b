"""Calls that come in together are worked on together: reads share one query, writes one commit.

While one group is under way the next gathers, so that a busy process makes large groups and an idle one
waits for nobody. A group that fails for one of its items is tried again item by item: that one fails alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar, cast

Item = TypeVar("Item")
Result = TypeVar("Result")


_TURNS = 8
"""Turns of the loop that a group gathers for, at most."""


@dataclass(eq=False, slots=True)
class _Waiting(Generic[Item, Result]):
    item: Item
    future: asyncio.Future[Result] = field(repr=False)


def _of_no_item(_: Exception) -> bool:
    return False


def _as_it_is(error: Exception) -> Exception:
    return error


class Grouped(Generic[Item, Result]):
    """Does `work` on groups of items, and gives each caller the result of theirs.

    `work` takes items in the order in which they came and returns as many results. Of a group at most
    `most` items are taken, by their `size`, but always one; and of items with the same `key` one, in whose
    group the others would need its result. At most `at_once` groups are under way. What `gathers` lets what is
    ready to run come first, for as long as that brings more: larger groups, for a turn of the loop, which pays
    for what every request begins with, and not further on, where all would wait in step.

    An error of which `is_of_the_item` says that one item can be blamed parts the group; for an item alone
    `alone` has the last word, where there is one. What a caller is raised is what `told` makes of the error.
    """

    def __init__(
        self,
        work: Callable[[Sequence[Item]], Awaitable[Sequence[Result]]],
        most: int,
        *,
        at_once: int = 2,
        is_of_the_item: Callable[[Exception], bool] = _of_no_item,
        told: Callable[[Exception], Exception] = _as_it_is,
        alone: Callable[[Item], Awaitable[Result]] | None = None,
        size: Callable[[Item], int] | None = None,
        key: Callable[[Item], Hashable | None] | None = None,
        gathers: bool = False,
    ) -> None:
        self._work = work
        self._most = most
        self._at_once = at_once
        self._is_of_the_item = is_of_the_item
        self._told = told
        self._alone = alone
        self._size = size
        self._key = key
        self._gathers = gathers
        self._waiting: list[_Waiting[Item, Result]] = []
        self._working: set[asyncio.Task[None]] = set()

    def begin(self, item: Item) -> asyncio.Future[Result]:
        """Begin work on an item, together with those that come meanwhile; what is returned may be left alone."""
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(item, future))
        if len(self._working) < self._at_once:
            task = asyncio.create_task(self._work_off())
            self._working.add(task)
            task.add_done_callback(self._ended)
        return future

    async def __call__(self, item: Item) -> Result:
        """Return the result of an item, worked on with those that came meanwhile."""
        return await self.begin(item)

    async def close(self) -> None:
        """Wait for what is under way."""
        await asyncio.gather(*self._working, return_exceptions=True)

    async def _work_off(self) -> None:
        try:
            while self._waiting:
                if self._gathers:
                    await self._gather()
                await self._work_next()
        finally:
            # at once, not by a callback: whoever came before that ran would wait for a task that is over
            self._working.discard(cast("asyncio.Task[None]", asyncio.current_task()))

    def _ended(self, task: asyncio.Task[None]) -> None:
        """See to it that nobody waits for a task that was cancelled, be it before its first step."""
        self._working.discard(task)
        if self._waiting and not self._working:
            left, self._waiting = self._waiting, []
            _fail(left, asyncio.CancelledError())

    async def _gather(self) -> None:
        """Let what is ready to run come first: it may bring items of this group."""
        for _ in range(_TURNS):
            before = len(self._waiting)
            if self._is_full():
                return
            await asyncio.sleep(0)
            if len(self._waiting) == before:
                return

    def _is_full(self) -> bool:
        if self._size is None:
            return len(self._waiting) >= self._most
        return self._fitting(self._size) < len(self._waiting)

    async def _work_next(self) -> None:
        group = self._next_group()
        if not group:  # another took what was here while this one gathered
            return
        try:
            await self._work_on(group)
        except Exception as error:  # whatever it is, those who come after are still served
            _fail(group, error)
        except BaseException as error:
            _fail(group, error)
            raise

    def _next_group(self) -> list[_Waiting[Item, Result]]:
        if self._key is not None:
            return self._next_apart(self._key)
        count = self._most if self._size is None else self._fitting(self._size)
        group, self._waiting = self._waiting[:count], self._waiting[count:]
        return group

    def _fitting(self, size_of: Callable[[Item], int]) -> int:
        count = size = 0
        for each in self._waiting:
            size += size_of(each.item)
            if count and size > self._most:
                break
            count += 1
        return count

    def _next_apart(self, key_of: Callable[[Item], Hashable | None]) -> list[_Waiting[Item, Result]]:
        group: list[_Waiting[Item, Result]] = []
        left: list[_Waiting[Item, Result]] = []
        taken: set[Hashable] = set()
        for each in self._waiting:
            key = key_of(each.item)
            if len(group) >= self._most or (key is not None and key in taken):
                left.append(each)
                continue
            if key is not None:
                taken.add(key)
            group.append(each)
        self._waiting = left
        return group

    async def _work_on(self, group: Sequence[_Waiting[Item, Result]]) -> None:
        try:
            results = await self._work([each.item for each in group])
        except Exception as error:
            of_the_item = self._is_of_the_item(error)
            if of_the_item and len(group) > 1:
                await self._one_by_one(group)
                return
            if not of_the_item or self._alone is None:
                told = self._told(error)
                raise told from (None if told is error else error)
            results = [await self._alone(group[0].item)]
        for each, result in zip(group, results, strict=True):
            if not each.future.done():  # its caller may have gone away
                each.future.set_result(result)

    async def _one_by_one(self, group: Sequence[_Waiting[Item, Result]]) -> None:
        for each in group:
            try:
                await self._work_on([each])
            except Exception as error:
                _fail([each], error)


def _fail(group: Sequence[_Waiting[Item, Result]], error: BaseException) -> None:
    for each in group:
        if not each.future.done():
            each.future.set_exception(error)
            each.future.exception()  # taken note of: nobody may come for it, and asyncio would report it as lost
