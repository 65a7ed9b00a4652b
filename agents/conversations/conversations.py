"""Conversations: a turn is taken by whoever may, made by the graph, and remembered; any replica goes on with it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import psycopg
from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
from psycopg_pool import PoolTimeout

from segue.agents import telemetry
from segue.agents.choosers.model.tasks import Tasks
from segue.agents.conversations.checkpoints import Checkpoints
from segue.agents.conversations.exemplars import exemplars_of
from segue.agents.conversations.graph import conversation_graph
from segue.agents.conversations.making import Making
from segue.agents.conversations.means import Means
from segue.agents.conversations.memory import SaidTurn
from segue.agents.conversations.parts import Finished, Part, Started
from segue.agents.conversations.remembering import hand_over_json
from segue.agents.conversations.rows import Conversed, Floor
from segue.agents.conversations.turn_request import Speaker, TurnRequest
from segue.agents.conversations.words import cleaned, sentences
from segue.agents.decision_request import Mode
from segue.core.database import Database, as_unavailable
from segue.core.ending import end_tasks
from segue.core.errors import SegueError, UnavailableError

_log = logging.getLogger(__name__)

_PRUNED_EVERY = 8
"""Turns between two prunings of the memory: one takes some twenty statements, as many as the turn itself."""


@dataclass(frozen=True, slots=True)
class History:
    """A conversation as it was so far."""

    conversation_id: str
    turns: tuple[SaidTurn, ...]


class Conversations:
    """Holds the conversations of one replica. Open it within the loop that uses it."""

    def __init__(
        self,
        database: Database,
        means: Means,
        connections: int = 4,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._rows = Conversed(database)
        self._checkpoints = Checkpoints(database.url, connections)
        self._means = means
        self._clock = clock
        self._graph: Any = None
        self._saver: AsyncPostgresSaver | None = None
        self._warming: asyncio.Task[None] | None = None
        self._tasks = Tasks()

    async def open(self) -> None:
        """Open the connections of the memory."""
        self._saver = await self._checkpoints.open()
        self._graph = conversation_graph().compile(checkpointer=self._saver)
        self._warming = asyncio.create_task(self._warm())

    async def _warm(self) -> None:
        """Work out ahead what every turn compares with; whatever fails is tried again by the turns."""
        with suppress(SegueError):
            await exemplars_of(self._means.embedder).similarities(())

    async def warmed(self) -> None:
        """Wait until no turn has to wait for the embedder's start."""
        if self._warming is not None:
            await self._warming

    async def close(self) -> None:
        """Let the turns under way end, and let go of the memory."""
        if self._warming is not None:
            await end_tasks(self._warming)
        await self._tasks.finish()
        await self._checkpoints.close()

    async def settled(self) -> None:
        """Wait until no turn is under way."""
        await self._tasks.finish()

    async def turn(self, request: TurnRequest, speaker: Speaker) -> AsyncGenerator[Part, None]:
        """Give the parts of a turn, each once what it rests on is stored.

        The turn goes on to its end whoever stops listening. Raised before the first part:

        Raises:
            NotFoundError: no such conversation of theirs.
            ConflictError: the turn before has not ended in a while.
            InputError: a fact, the surface or the account is refused.
            UnavailableError: the database does not answer, or no policy is active.
        """
        ahead = self._tasks.run(self._read_ahead(request.text))
        request = await self._as_agreed(request)
        floor = await self._floor(request, speaker)
        if not request.personal:  # whose it is would be personal: its id is all that goes on with it
            request = request.without_person()
        if request.begins is not None:
            await self._begins(request.begins, floor)
        parts: asyncio.Queue[Part | BaseException | None] = asyncio.Queue()
        self._tasks.run(self._hold(self._making(floor, request, speaker, ahead), floor, parts))
        while (part := await parts.get()) is not None:
            if isinstance(part, BaseException):
                raise part
            yield part

    async def history(
        self,
        conversation_id: str,
        speaker: Speaker,
        visitor: str | None = None,
        contact_id: str | None = None,
    ) -> History:
        """Return what was said so far. A browser names its visitor, or its token the contact.

        Raises:
            NotFoundError: no such conversation of theirs.
            UnavailableError: the database does not answer.
        """
        row = await self._rows.find(conversation_id, speaker, visitor, contact_id)
        with as_unavailable():
            state = await self._graph.aget_state(_config(row.conversation_id))
        return History(row.conversation_id, tuple(state.values.get("turns", ())))

    async def is_under_way(self, conversation_id: str) -> bool:
        """Return True where a turn of a conversation is being made, on whichever replica.

        Raises:
            UnavailableError: the database does not answer.
        """
        return await self._rows.is_busy(conversation_id)

    async def _begins(self, told: Callable[[str, int], Awaitable[None]], floor: Floor) -> None:
        try:
            await told(floor.row.conversation_id, floor.turn)
        except BaseException:
            await self._rows.abandon(floor)
            raise

    async def _as_agreed(self, request: TurnRequest) -> TurnRequest:
        """Return a request that is not personal where the person of it denied that what is known is used."""
        if not request.personal or self._means.people is None:
            return request
        person = await self._means.people.read(request.visitor, request.contact_id)
        return replace(request, personal=False) if person.is_impersonal else request

    async def _floor(self, request: TurnRequest, speaker: Speaker) -> Floor:
        if self._graph is None:
            raise UnavailableError("conversations are not open yet; try again shortly")
        if request.conversation_id is None:
            return await self._rows.begin(request if request.personal else request.without_person(), speaker)
        row = await self._rows.find(request.conversation_id, speaker, request.visitor, request.contact_id)
        return await self._rows.take(row)

    async def _read_ahead(self, text: str) -> None:
        """Embed what was said while its conversation is looked up; what fails here is tried again by the turn."""
        with suppress(SegueError):
            await self._means.embedder.embed(sentences(cleaned(text)[0]))

    async def _hold(self, making: Making, floor: Floor, parts: asyncio.Queue[Any]) -> None:
        """Make one turn, whoever listens, and give the floor back whatever comes of it."""
        ended: Part | None = None
        try:
            with telemetry.agent("segue", making.conversation_id):
                begun: Part | None = Started(making.conversation_id, floor.turn)
                async for part in self._run(making):
                    if begun is not None:  # what is refused before anything was decided begins nothing
                        parts.put_nowait(begun)
                        begun = None
                    parts.put_nowait(part)
                if making.request.mode is Mode.MODEL:
                    await self._revise(making, parts)
            ended = Finished(making.ending)
        except Exception as error:
            parts.put_nowait(error)
        finally:
            try:
                await self._leave(floor, making, said=ended is not None)
            finally:
                if ended is not None:
                    parts.put_nowait(ended)
                parts.put_nowait(None)
            # of who denies, what was remembered before goes at once
            if floor.turn % _PRUNED_EVERY == 0 or not making.request.personal:
                await self._keep_newest(making.conversation_id)

    def _making(
        self, floor: Floor, request: TurnRequest, speaker: Speaker, ahead: asyncio.Task[None]
    ) -> Making:
        text, cut = cleaned(request.text)
        making = Making(request, speaker, floor.row.conversation_id, floor.turn, self._clock(), text, cut)
        making.ahead = ahead
        budget = request.budget_ms or self._means.default_budget_ms
        making.deadline = asyncio.get_running_loop().time() + budget / 1000
        return making

    async def _run(self, making: Making) -> AsyncIterator[Part]:
        """Run the graph over the memory of a conversation; what it adds is stored when this ends."""
        with as_unavailable():
            async for part in self._graph.astream(
                {"making": making}, _config(making.conversation_id), context=self._means, stream_mode="custom",
                durability="exit",
            ):  # fmt: skip
                yield part

    async def _revise(self, making: Making, parts: asyncio.Queue[Any]) -> None:
        """Let a model revise the reply, which stands whatever goes wrong."""
        making.revising = True
        making.model_deadline = asyncio.get_running_loop().time() + self._means.model_budget_ms / 1000
        try:
            async for part in self._run(making):
                parts.put_nowait(part)
        except Exception as error:  # its message may quote the visitor
            _log.warning("a reply was not revised: %s", type(error).__name__)

    async def _keep_newest(self, conversation_id: str) -> None:
        """Let go of the checkpoints that a newer one stands for; nobody waits for it."""
        assert self._saver is not None
        with suppress(psycopg.Error, PoolTimeout):  # the next turn tries again
            await self._saver.aprune([conversation_id], strategy="keep_latest")

    async def _leave(self, floor: Floor, making: Making, *, said: bool) -> None:
        try:
            if said:
                handed = hand_over_json(making.handed_over)
                await self._rows.leave(floor, making.request, turns=floor.turn, handed_over=handed)
            else:
                await self._rows.abandon(floor)
        except SegueError as error:  # the floor comes free by itself
            _log.warning("the floor of a conversation was not given back: %s", type(error).__name__)


def _config(conversation_id: str) -> dict[str, Any]:
    return {"configurable": {"thread_id": conversation_id}}
