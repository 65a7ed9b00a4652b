"""What the agent path costs on top of the model: a turn of a conversation beside the bare calls that it makes."""

from __future__ import annotations

import asyncio
import statistics
import time
from dataclasses import replace

from segue.agents.choosers.model.breaker import Breaker
from segue.agents.conversations.leading_up import lead_up_prompt
from segue.agents.conversations.parts import Replaced, Started
from segue.agents.conversations.turn_request import TurnRequest
from segue.agents.decision_request import Mode
from segue.agents.live_policies import LivePolicies
from segue.core.database import open_database
from segue.core.schema import migrate
from segue.evals.bench.measure import Measurement
from segue.evals.conversations.world import SERVER, talk
from segue.evals.differential_servers import postgres_server
from segue.evals.model_faults.server import Asked, ModelServer, answering
from segue.evals.model_faults.trials import open_chooser

_CALLS = 2
"""Model calls of a turn: one understands, one leads up."""
_QUESTIONS = (
    "How quickly would we be up and running?", "Do you measure against a holdout?", "What does it cost a year?",
    "Who has been using this?", "Is there a case study that I can read?",
)  # fmt: skip


def measure_conversation(rounds: int) -> Measurement:
    """Measure turns of one conversation, retrieval and memory included, less the bare model calls in them."""
    with postgres_server() as url:
        migrate(url)
        turns, calls, revised = asyncio.run(_measured(url, rounds))
    turn, call = statistics.median(turns) * 1_000, statistics.median(calls) * 1_000
    return Measurement(
        "a turn of a conversation, over its model calls", "", "ms", turn - _CALLS * call, None, 40, 15,
        same=revised,
        note=f"{rounds} turns of one conversation: {turn:.1f} ms, a bare model call {call:.1f} ms; the medians",
    )  # fmt: skip


async def _measured(url: str, rounds: int) -> tuple[list[float], list[float], bool]:
    async with open_database(url) as database:
        await LivePolicies(database).start(["saas_pipeline"], [], "bench")
    async with ModelServer(answering(_answer)) as server:
        chooser = open_chooser(server.url, Breaker(5, 20, 30))
        async with talk(url, chooser=chooser, warm=True) as talking:
            turns, calls, revised = list[float](), list[float](), True
            request = TurnRequest("Hello", visitor="v", mode=Mode.MODEL)
            for number in range(rounds + 1):
                asked = replace(request, text=f"{_QUESTIONS[number % len(_QUESTIONS)]} {number}")
                started = time.perf_counter()
                parts = [part async for part in talking.conversations.turn(asked, SERVER)]
                turns.append(time.perf_counter() - started)
                [began] = [part for part in parts if isinstance(part, Started)]
                request = replace(request, conversation_id=began.conversation_id)
                revised = revised and any(isinstance(part, Replaced) for part in parts)
                started = time.perf_counter()
                deadline = asyncio.get_running_loop().time() + 5
                await chooser.asking.ask(lead_up_prompt(), '{"options": [], "proof_points": []}', deadline)
                calls.append(time.perf_counter() - started)
            return turns[1:], calls[1:], revised  # the first turn opens connections


def _answer(asked: Asked) -> object:
    if "traits" in asked.content:
        return {"intent": "evidence", "intent_words": None, "facts": []}
    proof = [each["id"] for each in asked.content["proof_points"]][:1]
    return {"option": 0, "proof": proof, "lead": "Here is what I can show you."}
