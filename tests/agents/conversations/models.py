"""A model on loopback for conversations: it answers both prompts in form, with what a test would have it say."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

from segue.agents.choosers.model.breaker import Breaker
from segue.evals.model_faults.server import Asked, Behaviour, ModelServer, answering
from segue.evals.model_faults.trials import open_chooser
from tests.agents.conversations.talking import Talk, talk

T = TypeVar("T")


def saying_both(understanding: Mapping[str, Any], reply: Callable[[Asked], Mapping[str, Any]]) -> Behaviour:
    """Answer the prompt that understands with one thing, and the one that leads up with another."""

    def answer(asked: Asked) -> Any:
        if "traits" in asked.content:
            return {
                "intent": "other", "intent_words": None, "objection": None, "objection_words": None, "urgency": None,
                "urgency_words": None, "facts": [], **understanding,
            }  # fmt: skip
        return reply(asked)

    return answering(answer)


def replying(
    lead: str | None, option: int = 0, proof: tuple[str, ...] | None = None
) -> Callable[[Asked], Any]:
    """Choose an option and the first proof point, unless other is named, with a lead."""

    def reply(asked: Asked) -> Any:
        shown = [each["id"] for each in asked.content["proof_points"]]
        return {"option": option, "proof": list(proof) if proof is not None else shown[:1], "lead": lead}

    return reply


def talking_with(
    url: str, behaviour: Behaviour, do: Callable[[Talk, ModelServer], Awaitable[T]], **more: Any
) -> T:
    """Do something with conversations that a model takes part in."""

    async def run() -> T:
        async with ModelServer(behaviour) as server:
            chooser = open_chooser(server.url, Breaker(5, 20, 30))
            async with talk(url, chooser=chooser, **more) as found:
                return await do(found, server)

    return asyncio.run(run())


def said_to(server: ModelServer) -> list[dict[str, Any]]:
    """Return what the model was sent, as JSON."""
    return [json.loads(each.body["messages"][1]["content"]) for each in server.asked]
