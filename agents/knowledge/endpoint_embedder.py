"""Vectors of an OpenAI-compatible endpoint, bounded in what it may send back and in how long it may take."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Sequence
from typing import Any

import httpx2
from openai import APIConnectionError, AsyncOpenAI, OpenAIError
from pydantic import SecretStr

from segue.agents import telemetry
from segue.agents.knowledge.embedding import Vector, with_kept
from segue.agents.knowledge.kept_vectors import KeptVectors
from segue.core.errors import UnavailableError

_RETRIES = 1
_CHARACTERS = 8_000
"""Of one text; what follows is cut off."""
_BATCH = 64
"""Texts of one request."""
_BYTES_A_NUMBER = 32
_KEPT = 512


class EndpointEmbedder:
    """A model behind `/embeddings`. It is sent the texts: only an operator may say where it is."""

    def __init__(
        self, base_url: str, key: SecretStr | None, model: str, dimensions: int, timeout_seconds: float
    ) -> None:
        self.model = model
        self.dimensions = dimensions
        self._seconds = timeout_seconds
        self._kept = KeptVectors(_KEPT)
        self._client = AsyncOpenAI(
            # never None: the client would then take OPENAI_API_KEY, which may be meant for another host
            api_key=key.get_secret_value() if key else "none",
            base_url=base_url,
            max_retries=_RETRIES,
            timeout=timeout_seconds,
            default_headers={"Accept-Encoding": "identity"},
            http_client=httpx2.AsyncClient(timeout=timeout_seconds, follow_redirects=False),
        )

    async def embed(self, texts: Sequence[str]) -> list[Vector]:
        """Return a vector for each text.

        Raises:
            UnavailableError: it does not answer in time, or not with one vector of `dimensions` for each.
        """
        return await with_kept(self._kept, texts, self._embed)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.close()

    async def _embed(self, texts: list[str]) -> list[Vector]:
        found: list[Vector] = []
        for start in range(0, len(texts), _BATCH):
            found += await self._ask([_clean(text) for text in texts[start : start + _BATCH]])
        return found

    async def _ask(self, texts: list[str]) -> list[Vector]:
        with telemetry.model_call("embeddings", self.model, base_url=str(self._client.base_url)):
            return await self._asked(texts)

    async def _asked(self, texts: list[str]) -> list[Vector]:
        try:
            async with (
                asyncio.timeout(self._seconds),
                self._client.embeddings.with_streaming_response.create(
                    model=self.model, input=texts, encoding_format="float"
                ) as response,
            ):
                body = await self._body(response.http_response, len(texts))
        except (TimeoutError, APIConnectionError, httpx2.HTTPError):
            raise UnavailableError(f"the embedding endpoint did not answer in {self._seconds:g} s") from None
        except OpenAIError as error:
            status = getattr(error, "status_code", None)
            raise UnavailableError(f"the embedding endpoint refused the request (status {status})") from None
        return self._vectors(body, len(texts))

    async def _body(self, response: httpx2.Response, texts: int) -> bytes:
        most = 4_096 + texts * (self.dimensions * _BYTES_A_NUMBER + 256)
        found = bytearray()
        async for part in response.aiter_raw():
            found += part
            if len(found) > most:
                raise self._unfit(f"over {most} bytes")
        return bytes(found)

    def _vectors(self, body: bytes, count: int) -> list[Vector]:
        """Return the vectors of an answer at length 1. Nothing about its shape is taken on trust."""
        try:
            data = json.loads(body)["data"]
            rows = {each["index"]: each["embedding"] for each in data}
        except (ValueError, RecursionError, LookupError, TypeError):
            raise self._unfit("no JSON of embeddings") from None
        if len(data) != count or set(rows) != set(range(count)):
            raise self._unfit(f"{len(rows)} vectors for {count} texts")
        return [self._vector(rows[number]) for number in range(count)]

    def _vector(self, value: Any) -> Vector:
        if not isinstance(value, list) or len(value) != self.dimensions:
            length = len(value) if isinstance(value, list) else "no"
            raise self._unfit(f"{length} numbers, expected {self.dimensions} (SEGUE_EMBEDDING_DIMENSIONS)")
        if not all(type(each) in (int, float) and abs(each) < 1e6 for each in value):  # NaN fails too
            raise self._unfit("something that is no finite number")
        norm = math.hypot(*value)
        if norm == 0:
            raise self._unfit("a vector of zeros")
        return [each / norm for each in value]

    def _unfit(self, what: str) -> UnavailableError:
        return UnavailableError(f"the embedding endpoint answered with {what}")


def _clean(text: str) -> str:
    """Return a text that may be sent: no lone surrogates, and not empty, which endpoints refuse."""
    return text[:_CHARACTERS].encode("utf-8", "replace").decode().strip() or "-"
