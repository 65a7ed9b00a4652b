"""A model on loopback, in a thread of its own, that answers when a test lets it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from segue.evals.model_faults.server import Asked, ModelServer, answering

LEAD = "You asked about your first decisions. Here is what I can show you."


@dataclass
class HeldModel:
    """Where it is reached, and whether it answers yet."""

    url: str = ""
    may_answer: threading.Event = field(default_factory=threading.Event)
    asked: threading.Event = field(default_factory=threading.Event)


@contextmanager
def held_model() -> Iterator[HeldModel]:
    """Run a model that leads up to the first proof point of the first option that it is shown."""
    model, ready, end = HeldModel(), threading.Event(), threading.Event()

    def answer(asked: Asked) -> Any:
        if "traits" in asked.content:
            unsaid = dict.fromkeys(
                ("intent_words", "objection", "objection_words", "urgency", "urgency_words")
            )
            return {"intent": "other", "facts": [], **unsaid}
        return {
            "option": 0, "proof": [each["id"] for each in asked.content["proof_points"]][:1], "lead": LEAD,
        }  # fmt: skip

    async def held(asked: Asked, writer: asyncio.StreamWriter) -> None:
        model.asked.set()
        while not model.may_answer.is_set():
            await asyncio.sleep(0.01)
        await answering(answer)(asked, writer)

    async def serve() -> None:
        async with ModelServer(held) as server:
            model.url = server.url
            ready.set()
            while not end.is_set():
                await asyncio.sleep(0.02)

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    ready.wait(10)
    try:
        yield model
    finally:
        model.may_answer.set()
        end.set()
        thread.join()
