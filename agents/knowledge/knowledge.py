"""Search over the proof points of the packs that serve: the index kept up with them, and what happens without it."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence

from segue.agents.knowledge.embedding import Embedder, Vector
from segue.agents.knowledge.index import ProofIndex
from segue.agents.knowledge.search import (
    CANDIDATES,
    FAULTS,
    FoundProof,
    NoMeaning,
    ProofSearch,
    by_policy,
    diverse,
    source_of,
)
from segue.core.ending import end_tasks
from segue.core.errors import SegueError
from segue.policies.models.proof import ProofPoint
from segue.policies.pack import Pack
from segue.policies.proof import proof_of

_log = logging.getLogger(__name__)
_SETTLE_SECONDS = 5.0
"""After the start, in which a replica has better things to do; the first search ends the wait."""
_AGAIN_SECONDS = 10.0
"""Between two tries of what did not answer."""


class Knowledge:
    """Finds proof for a question. With no index, or no embedder, it gives what policy ranks first, and says so."""

    def __init__(
        self,
        embedder: Embedder,
        index: ProofIndex,
        packs: Callable[[], Sequence[Pack]] = tuple,
        installation: Callable[[], Awaitable[str]] | None = None,
    ) -> None:
        """`packs` are those that serve, as `refresh` finds them; `installation` says whose collections these are."""
        self.embedder = embedder
        self._index = index
        self._packs = packs
        self._installation = installation
        self._embedder_rests_until = 0.0
        self._task: asyncio.Task[None] | None = None
        self._tried_for: tuple[str, ...] | None = None
        self._wait_until = 0.0
        self.degraded: str | None = None
        """Why the packs that serve are not all indexed."""
        self._search_failed: NoMeaning | None = None

    @property
    def lacking(self) -> NoMeaning | None:
        """Why proof is ranked by policy alone, as of the last try to index or to search; None where it is not."""
        return NoMeaning.NOT_INDEXED if self.degraded is not None else self._search_failed

    def reasons(self) -> dict[str, bool]:
        """Return every reason that `lacking` may give, and whether it does."""
        return {each.value: each is self.lacking for each in FAULTS}

    async def search(
        self,
        pack: Pack,
        permitted: Sequence[ProofPoint],
        query: str,
        at_most: int = 3,
        within: float | None = None,
    ) -> ProofSearch:
        """Return those of `permitted` that answer a question best, at most so many, the best first.

        `permitted` is all that policy permits, in its order (`Situation.all_proof`): nothing else is ever
        returned. `within` is how many seconds it may take. Never raises for what Chroma or an endpoint does.
        The question is neither stored nor logged; a configured embedding endpoint is sent it.
        """
        if not permitted or at_most < 1:
            return ProofSearch(())
        if not query.strip():
            return by_policy(pack, permitted, at_most, NoMeaning.EMPTY_QUERY)
        if not self._index.is_built(pack):
            self._begin(is_asked=True)
            return by_policy(pack, permitted, at_most, NoMeaning.NOT_INDEXED)
        try:
            async with asyncio.timeout(within):
                return await self._by_meaning(pack, permitted, query, at_most)
        except TimeoutError:
            return by_policy(pack, permitted, at_most, NoMeaning.OUT_OF_TIME)

    async def prepare(self, *packs: Pack) -> None:
        """Index packs now, for callers that search at once, such as a command.

        Raises:
            UnavailableError: Chroma, the embedder or the database does not do its part.
            InputError: the local model is not the one that is pinned.
        """
        await self._know_installation()
        for pack in packs:
            await self._index.build(pack)

    async def refresh(self) -> None:
        """Begin to index the packs that serve now, in the background, if they are others than before.

        Raises:
            UnavailableError: the database does not answer.
        """
        await self._know_installation()
        self._begin()

    def _begin(self, is_asked: bool = False) -> None:
        """Begin to index what serves, unless that is done, under way or tried lately; a search does not wait."""
        if self._installation is not None or (self._task is not None and not self._task.done()):
            return
        packs, now = tuple(self._packs()), time.monotonic()
        names = tuple(self._index.name_of(pack) for pack in packs)
        if not packs or (names == self._tried_for and all(self._index.is_built(pack) for pack in packs)):
            return
        if self._tried_for is None:
            self._wait_until = self._wait_until or now + _SETTLE_SECONDS
            waits = now < self._wait_until and not is_asked
        else:
            waits = now < self._wait_until and names == self._tried_for
        if not waits:
            self._tried_for, self._wait_until = names, now + _AGAIN_SECONDS
            self._task = asyncio.create_task(self._build(packs))

    async def _know_installation(self) -> None:
        if self._installation is not None:
            self._index.installation = await self._installation()
            self._installation = None

    async def close(self) -> None:
        """End what is under way, and let go of the index."""
        if self._task is not None:
            await end_tasks(self._task)
        try:
            await self._index.close()
        except SegueError as error:
            _log.warning("%s", error.message)

    async def _build(self, packs: Sequence[Pack]) -> None:
        try:
            await self.prepare(*packs)
            await self._index.remove_others(packs)
            self.degraded = None
        except SegueError as error:
            if error.message != self.degraded:
                _log.warning("proof points are ranked by policy alone: %s", error.message)
            self.degraded = error.message
        except Exception as error:  # whatever it is, decisions go on without it
            _log.error("proof points are ranked by policy alone: %s", type(error).__name__)
            self.degraded = type(error).__name__

    async def _by_meaning(
        self, pack: Pack, permitted: Sequence[ProofPoint], query: str, at_most: int
    ) -> ProofSearch:
        if time.monotonic() < self._embedder_rests_until:
            return by_policy(pack, permitted, at_most, NoMeaning.EMBEDDER_UNAVAILABLE)
        try:
            vector: Vector = (await self.embedder.embed([query]))[0]
        except SegueError as error:
            self._embedder_rests_until = time.monotonic() + _AGAIN_SECONDS
            return self._failed(pack, permitted, at_most, NoMeaning.EMBEDDER_UNAVAILABLE, error)
        known = proof_of(pack)
        points = {each.id: each for each in permitted if each.id in known}
        try:
            near = await self._index.near(pack, list(points), vector, max(CANDIDATES, 4 * at_most))
        except SegueError as error:
            return self._failed(pack, permitted, at_most, NoMeaning.INDEX_UNAVAILABLE, error)
        self._search_failed = None
        return ProofSearch(
            tuple(
                FoundProof(points[each.id], source_of(pack, points[each.id]), round(each.similarity, 4))
                for each in diverse(near, at_most)
            )
        )

    def _failed(
        self, pack: Pack, permitted: Sequence[ProofPoint], at_most: int, why: NoMeaning, error: SegueError
    ) -> ProofSearch:
        """Return what policy ranks first, and remember that meaning had no say."""
        _log.warning("a search goes without meaning: %s", error.message)
        self._search_failed = why
        return by_policy(pack, permitted, at_most, why)
