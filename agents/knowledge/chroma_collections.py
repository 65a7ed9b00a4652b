"""Chroma as the index needs it: collections of vectors by name, whoever keeps them.

Synchronous: `ProofIndex` calls it in a thread. Whatever Chroma raises becomes one error.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx2
from pydantic import SecretStr

from segue.agents.knowledge.index_folder import IndexFolder
from segue.core.errors import UnavailableError, first_line

if TYPE_CHECKING:
    from chromadb import Collection
    from chromadb.api import ClientAPI
    from numpy.typing import NDArray

_BATCH = 2_000
"""Vectors of one addition: Chroma takes at most 5,461 at once."""
_SERVER_SECONDS = 5.0
_SPACE: Any = {"hnsw": {"space": "cosine"}}


@dataclass(frozen=True, slots=True)
class Neighbour:
    """What is near to a vector: its id, how near (1 is the same), and its own vector."""

    id: str
    similarity: float
    vector: Sequence[float] | NDArray[Any]


@dataclass(frozen=True, slots=True)
class ChromaPlace:
    """Where the collections are kept: at a server, else under a folder of this process's own."""

    folder: Path
    url: str = ""
    token: SecretStr | None = None

    def __str__(self) -> str:
        return self.url or str(self.folder)


class Collections:
    """The collections of one place, opened at first use.

    Every method raises `UnavailableError` where Chroma does not do what it is asked.
    """

    def __init__(self, place: ChromaPlace) -> None:
        self._place = place
        self._folder: IndexFolder | None = None
        self._client: ClientAPI | None = None
        self._handles: dict[str, Collection] = {}
        """Collections that were found lately: to find one takes as long as to ask it."""
        self._failed = False

    def count(self, name: str) -> int:
        """Return how many vectors a collection has; none where there is no such collection."""
        with self._asked() as client:
            return (
                client.get_collection(name, embedding_function=None).count() if name in self._names() else 0
            )

    def put(
        self, name: str, ids: Sequence[str], vectors: Sequence[Sequence[float]], about: dict[str, str]
    ) -> None:
        """Add vectors to a collection, made where it is missing; those that are there already are replaced."""
        with self._asked() as client:
            found = client.get_or_create_collection(
                name, embedding_function=None, configuration=_SPACE, metadata=about
            )
            for start in range(0, len(ids), _BATCH):
                end = start + _BATCH
                some: Any = [list(each) for each in vectors[start:end]]
                found.upsert(ids=list(ids[start:end]), embeddings=some)

    def near(self, name: str, vector: Sequence[float], ids: Sequence[str], most: int) -> list[Neighbour]:
        """Return those of `ids`, all of them in the collection, that are nearest to a vector, the nearest first."""
        asked: Any = [list(vector)]
        with self._asked() as client:
            found = self._handle(client, name).query(
                query_embeddings=asked, ids=list(ids), n_results=min(most, len(ids)),
                include=["embeddings", "distances"],
            )  # fmt: skip
            vectors, distances = found["embeddings"], found["distances"]
            assert vectors is not None and distances is not None
            return [
                Neighbour(each, 1.0 - float(distance), its)
                for each, distance, its in zip(found["ids"][0], distances[0], vectors[0], strict=True)
            ]

    def remove_others(self, prefix: str, keep: Sequence[str]) -> list[str]:
        """Remove the collections whose names begin so, but for those to keep; return their names."""
        with self._asked() as client:
            others = [name for name in self._names() if name.startswith(prefix) and name not in keep]
            for name in others:
                self._handles.pop(name, None)
                client.delete_collection(name)
            return others

    def _handle(self, client: ClientAPI, name: str) -> Collection:
        found = self._handles.get(name)
        if found is None:
            found = self._handles[name] = client.get_collection(name, embedding_function=None)
        return found

    def close(self) -> None:
        """Let go of the files or the connections."""
        self._let_go()
        if self._folder is not None:
            self._folder.release()
            self._folder = None

    def _let_go(self) -> None:
        client: Any = self._client
        self._client = None
        self._handles.clear()
        if client is not None:
            with suppress(Exception):  # what does not close is not asked again either
                if self._place.url:
                    for session in _sessions(client):
                        session.close()  # which Chroma's own close leaves open
                client.close()

    def _names(self) -> list[str]:
        assert self._client is not None
        return [each.name for each in self._client.list_collections()]

    @contextmanager
    def _asked(self) -> Iterator[ClientAPI]:
        try:
            if self._client is None:
                self._client = self._at_server() if self._place.url else self._in_folder()
            yield self._client
        except UnavailableError:
            raise
        except BaseException as error:  # Chroma raises its own, httpx's, ValueError, and panics of its engine
            if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
                raise
            self._handles.clear()
            if not _is_missing(error):
                self._let_go()
                self._failed = True
            raise UnavailableError(f"Chroma at {self._place}: {first_line(error)[:200]}") from None

    def _at_server(self) -> ClientAPI:
        import chromadb
        from chromadb.config import Settings

        parts, token = urlsplit(self._place.url), self._place.token
        headers = {"Authorization": f"Bearer {token.get_secret_value()}"} if token else {}
        # Chroma's own client waits for ever: it is asked only where somebody answers, and then bounded
        with httpx2.Client(timeout=_SERVER_SECONDS, headers=headers) as first:
            first.get(f"{self._place.url.rstrip('/')}/api/v2/heartbeat").raise_for_status()
        is_secure = parts.scheme == "https"
        found = chromadb.HttpClient(
            host=parts.hostname or "",
            port=parts.port or (443 if is_secure else 8000),
            ssl=is_secure,
            headers=headers,
            settings=Settings(anonymized_telemetry=False),
        )
        for session in _sessions(found):
            session.timeout = _SERVER_SECONDS
        return found

    def _in_folder(self) -> ClientAPI:
        if self._folder is None:
            self._folder = IndexFolder(self._place.folder)
        if self._failed:
            self._failed = False
            return _opened(self._folder.anew())
        try:
            return _opened(self._folder.current())
        except Exception:  # cut off in the middle of a write, or by a later Chroma: it is made again
            return _opened(self._folder.anew())


def _sessions(client: Any) -> list[Any]:
    """Return the HTTP clients inside of a client of a server: its own, and that for its database."""
    return [client._server._session, client._admin_client._server._session]


def _is_missing(error: BaseException) -> bool:
    from chromadb.errors import NotFoundError

    return isinstance(error, NotFoundError)


def _opened(path: Path) -> ClientAPI:
    # two seconds and 80 MB, which those who never search need not spend
    import chromadb
    from chromadb.config import Settings

    client = chromadb.PersistentClient(path, settings=Settings(anonymized_telemetry=False))
    client.list_collections()
    return client
