"""The index of proof points by meaning: a collection for each pack revision, its stored proof and an embedder."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import orjson

from segue.agents.knowledge.chroma_collections import ChromaPlace, Collections, Neighbour
from segue.agents.knowledge.embedding import Embedder, Vector
from segue.core.errors import UnavailableError
from segue.policies.artifact import PROOF_SLOT
from segue.policies.artifacts import artifact_ids
from segue.policies.models.proof import ProofPoint
from segue.policies.pack import Pack
from segue.policies.proof import proof_of

T = TypeVar("T")
_FORMAT = 1
"""Changed when what is indexed of a proof point changes."""
_BATCH = 64
_CALL_SECONDS = 30.0
"""Longer than the first call takes, which imports Chroma, on a busy machine."""


def indexed_text(point: ProofPoint) -> str:
    """Return what is indexed of a proof point. Its tags are policy's and would blur what it says."""
    return f"{point.claim}. {' '.join(point.body.split())}"


class ProofIndex:
    """Collections of the proof points of packs. The source is the packs; what is lost here is made again.

    `installation`, which tells the collections of one store from those of another at the same server, may be
    set until the first is built.
    """

    def __init__(self, embedder: Embedder, place: ChromaPlace, installation: str = "local") -> None:
        self._embedder = embedder
        self._collections = Collections(place)
        self.installation = installation
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="chroma")
        self._built: set[str] = set()

    def name_of(self, pack: Pack) -> str:
        """Return the name of a pack's collection: by all that what is in it depends on."""
        content = [
            _FORMAT, pack.revision, artifact_ids(pack).get(PROOF_SLOT), self._embedder.model,
            self._embedder.dimensions,
        ]  # fmt: skip
        digest = hashlib.sha256(orjson.dumps(content)).hexdigest()[:16]
        return f"{self._prefix}{pack.name}.{digest}"

    @property
    def _prefix(self) -> str:
        return f"segue.{self.installation}."

    def is_built(self, pack: Pack) -> bool:
        """Return True when a pack can be searched."""
        return self.name_of(pack) in self._built

    async def build(self, pack: Pack) -> None:
        """Index the proof points of a pack, unless a collection has them all.

        Raises:
            UnavailableError: Chroma or the embedder does not do its part.
            InputError: the local model is not the one that is pinned.
        """
        name, points = self.name_of(pack), list(proof_of(pack).values())
        if name in self._built:
            return
        if points and await self._call(lambda: self._collections.count(name)) != len(points):
            vectors: list[Vector] = []
            for start in range(0, len(points), _BATCH):
                texts = [indexed_text(each) for each in points[start : start + _BATCH]]
                vectors += await self._embedder.embed(texts)
            about = {"pack": pack.name, "revision": pack.revision, "model": self._embedder.model}
            ids = [each.id for each in points]
            await self._call(lambda: self._collections.put(name, ids, vectors, about))
        self._built.add(name)

    async def near(self, pack: Pack, ids: Sequence[str], vector: Vector, most: int) -> list[Neighbour]:
        """Return the proof points among `ids`, all of them the pack's, nearest to a vector, the nearest first.

        Raises:
            UnavailableError: Chroma does not answer, or lost the collection: it is then built again.
        """
        if not ids:
            return []
        name = self.name_of(pack)
        try:
            return await self._call(lambda: self._collections.near(name, vector, ids, most))
        except Exception:
            self._built.discard(name)
            raise

    async def remove_others(self, packs: Sequence[Pack]) -> list[str]:
        """Remove this store's collections that are of none of some packs; return their names.

        Raises:
            UnavailableError: Chroma does not answer.
        """
        keep = [self.name_of(pack) for pack in packs]
        self._built &= set(keep)
        return await self._call(lambda: self._collections.remove_others(self._prefix, keep))

    async def close(self) -> None:
        """Let go of the index.

        Raises:
            UnavailableError: what is under way does not end.
        """
        await self._call(self._collections.close)
        self._thread.shutdown(wait=False)

    async def _call(self, work: Callable[[], T]) -> T:
        try:
            async with asyncio.timeout(_CALL_SECONDS):
                return await asyncio.get_running_loop().run_in_executor(self._thread, work)
        except TimeoutError:
            raise UnavailableError(f"Chroma did not answer in {_CALL_SECONDS:g} s") from None
