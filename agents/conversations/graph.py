"""The turn of a conversation as a LangGraph graph, over a memory that outlives the process.

Facts are taken afresh in every turn; the memory holds what was said, asked and declared.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import cache, wraps
from itertools import pairwise
from typing import Any

from langgraph.graph import END, START, StateGraph
from langgraph.runtime import Runtime

from segue.agents import telemetry
from segue.agents.conversations.deciding import decide_step
from segue.agents.conversations.hearing import declare_step, refuse_step, understand_step
from segue.agents.conversations.means import Means
from segue.agents.conversations.memory import Memory
from segue.agents.conversations.remembering import remember_step
from segue.agents.conversations.replying import reply_step
from segue.agents.conversations.revising import revise_step

_Step = Callable[[Memory, Runtime[Means]], Awaitable[dict[str, Any]]]


def _noted(name: str, step: _Step) -> Any:
    """Return a step that is told to whoever watches."""

    @wraps(step)
    async def noted(state: Memory, runtime: Runtime[Means]) -> dict[str, Any]:
        with telemetry.step(name):
            return await step(state, runtime)

    return noted


_STEPS: tuple[tuple[str, Any], ...] = (
    ("understand", _noted("understand", understand_step)),
    ("refuse", _noted("refuse", refuse_step)),
    ("declare", _noted("declare", declare_step)),
    ("decide", _noted("decide", decide_step)),
    ("reply", _noted("reply", reply_step)),
    ("remember", remember_step),
)


@cache
def conversation_graph() -> StateGraph[Memory, Means, Memory, Memory]:
    """Return the graph, to be compiled with a checkpointer."""
    graph: StateGraph[Memory, Means, Memory, Memory] = StateGraph(Memory, context_schema=Means)
    for name, step in _STEPS:
        graph.add_node(name, step)
    graph.add_node("revise", _noted("revise", revise_step))
    graph.add_conditional_edges(START, _first_step, [_STEPS[0][0], "revise"])
    for before, after in pairwise([*(name for name, _ in _STEPS), END]):
        graph.add_edge(before, after)
    graph.add_edge("revise", END)
    return graph


def _first_step(state: Memory) -> str:
    return "revise" if state["making"].revising else _STEPS[0][0]
