"""A turn goes on to its end whoever listens, and can be followed from its first part by whoever comes later."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from segue.agents.conversations.parts import Part
from segue.api.running_turns import RunningTurns, TurnFailedError
from segue.core.errors import InputError, SegueError
from tests.service.chat.parts import TURN

pytestmark = pytest.mark.trial

Release = Callable[[], None]


def said(until: asyncio.Event, *, error: BaseException | None = None, after: int = 3) -> AsyncIterator[Part]:
    async def parts() -> AsyncIterator[Part]:
        for number, part in enumerate(TURN):
            if number == after:
                await until.wait()
                if error is not None:
                    raise error
            yield part

    return parts()


def test_it_is_followed_from_its_beginning_by_everybody() -> None:
    async def run() -> None:
        turns, until = RunningTurns(), asyncio.Event()
        turn, started = await turns.begin(said(until))
        assert turns.of(started.conversation_id) is turn
        readers = [asyncio.create_task(collected(turn.parts())) for _ in range(3)]
        await asyncio.sleep(0)
        late = turns.of(started.conversation_id)
        assert late is not None
        until.set()
        assert [await each for each in readers] == [list(TURN)] * 3
        assert await collected(late.parts()) == list(TURN)
        await turns.close()
        assert turns.of(started.conversation_id) is None

    asyncio.run(run())


def test_it_ends_though_nobody_listens() -> None:
    async def run() -> None:
        turns, until = RunningTurns(), asyncio.Event()
        turn, _ = await turns.begin(said(until))
        reader = asyncio.create_task(collected(turn.parts()))
        await asyncio.sleep(0)
        reader.cancel()
        until.set()
        await turns.close()
        assert await collected(turn.parts()) == list(TURN)

    asyncio.run(run())


@pytest.mark.parametrize("after", [0, 1])
def test_what_is_refused_never_begins(after: int) -> None:
    async def run() -> None:
        turns, until = RunningTurns(), asyncio.Event()
        until.set()
        with pytest.raises(InputError, match="nonsense"):
            await turns.begin(said(until, error=InputError("nonsense"), after=after))
        await turns.close()

    asyncio.run(run())


def test_a_defect_says_nothing_of_what_was_sent(caplog: pytest.LogCaptureFixture) -> None:
    async def run() -> SegueError:
        turns, until = RunningTurns(), asyncio.Event()
        until.set()
        turn, _ = await turns.begin(said(until, error=RuntimeError("private words")))
        with pytest.raises(TurnFailedError) as found:
            await collected(turn.parts())
        return found.value

    assert "private" not in str(asyncio.run(run())) and "private" not in caplog.text
    assert "RuntimeError" in caplog.text


async def collected(parts: AsyncIterator[Part]) -> list[Part]:
    return [part async for part in parts]
