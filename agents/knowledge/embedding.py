"""Texts as vectors: what an embedder is, which one the settings name, and what a text is nearest to."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Protocol
from weakref import WeakKeyDictionary

from segue.agents.knowledge.kept_vectors import KeptVectors
from segue.core.settings import Settings

Vector = list[float]


class Embedder(Protocol):
    """Turns texts into vectors of length 1, so that a dot product is their cosine similarity."""

    @property
    def model(self) -> str:
        """Its name; vectors of embedders of the same name may be compared, of others never."""
        ...

    @property
    def dimensions(self) -> int:
        """How many numbers a vector has."""
        ...

    async def embed(self, texts: Sequence[str]) -> list[Vector]:
        """Return a vector for each text, in their order.

        Raises:
            InputError: the local model is not the one that is pinned.
            UnavailableError: the endpoint does not answer as it should.
        """
        ...

    async def aclose(self) -> None:
        """Let go of threads and connections."""
        ...


def open_embedder(settings: Settings) -> Embedder:
    """Return the embedder that the settings name: an endpoint where a model is named, else the local one.

    Nothing is loaded or called before the first text.
    """
    if not settings.embedding_model:
        from segue.agents.knowledge.local_embedder import LocalEmbedder

        return LocalEmbedder()
    # openai takes a second to import, which those without an endpoint need not wait for
    from segue.agents.knowledge.endpoint_embedder import EndpointEmbedder

    own = bool(settings.embedding_url)
    key = settings.embedding_api_key or (None if own else settings.openai_api_key)
    return EndpointEmbedder(
        settings.embedding_url if own else settings.openai_base_url,
        key,
        settings.embedding_model,
        settings.embedding_dimensions,
        settings.embedding_timeout,
    )


async def with_kept(
    kept: KeptVectors, texts: Sequence[str], embed: Callable[[list[str]], Awaitable[list[Vector]]]
) -> list[Vector]:
    """Return the vectors of texts: those that are kept, and the others, each asked for once."""
    found = {text: kept.get(text) for text in dict.fromkeys(texts)}
    missing = [text for text, vector in found.items() if vector is None]
    if missing:
        for text, vector in zip(missing, await embed(missing), strict=True):
            found[text] = vector
            kept.put(text, vector)
    return [vector for vector in (found[text] for text in texts) if vector is not None]


def similarities(one: Sequence[float], others: Sequence[Sequence[float]]) -> list[float]:
    """Return the cosine of a vector with each of some others, all of length 1, from -1 to 1."""
    import numpy  # comes with the model that made the vectors

    if not others:
        return []
    found: list[float] = (numpy.asarray(others) @ numpy.asarray(one)).tolist()
    return found


_EXEMPLARS: WeakKeyDictionary[Embedder, KeptVectors] = WeakKeyDictionary()
_MOST_EXEMPLARS = 4_096


async def nearest(
    embedder: Embedder, text: str, exemplars: Mapping[str, Sequence[str]]
) -> list[tuple[str, float]]:
    """Return each label with the similarity of the text to its nearest exemplar, the nearest label first.

    The vectors of the exemplars are kept as long as the embedder is; the text's are not. Equal labels
    stay in the order given; a label without exemplars is left out.

    Raises:
        InputError, UnavailableError: as `Embedder.embed`.
    """
    kept = _EXEMPLARS.get(embedder)
    if kept is None:
        kept = _EXEMPLARS[embedder] = KeptVectors(_MOST_EXEMPLARS)
    named = [(label, each) for label, texts in exemplars.items() for each in texts]
    vectors = await with_kept(kept, [each for _, each in named], embedder.embed)
    [asked] = await embedder.embed([text])
    best: dict[str, float] = {}
    for (label, _), near in zip(named, similarities(asked, vectors), strict=True):
        best[label] = max(best.get(label, -1.0), near)
    return sorted(best.items(), key=lambda each: -each[1])
