"""The steps of a decision as a LangGraph graph.

The same functions as in `decide`, one node each. Conversations run the graph, since a model's
steps, memory and branches hang on it; a page's request runs the steps alone, a thousand times
faster. A test holds the two equal.
"""

from __future__ import annotations

import asyncio
import time
from functools import cache
from itertools import pairwise
from typing import Any

from langgraph.graph import END, START, StateGraph

from segue.agents.choosers.rules import PRIORS, Propensities
from segue.agents.decide import KEPT_FOR_THE_REST, record
from segue.agents.decision import Decision
from segue.agents.snapshot import Snapshot
from segue.agents.steps import AFTER_ASKING, BEFORE_ASKING, Progress, Proposer, ask_step

_NODES = {"label": "label_account", "gate": "gate_play", "choose": "choose_play"}
_NODES |= {"ask": "ask_model", "answer": "take_answer", "judge": "judge_play"}


@cache
def decision_graph() -> Any:
    """Return the compiled graph: label, gate, choose, judge; with a proposer, ask and answer before judge."""
    graph = StateGraph(Progress)
    for name, step in (*BEFORE_ASKING, *AFTER_ASKING):
        graph.add_node(_NODES[name], step)
    graph.add_node(_NODES["ask"], ask_step)
    line = [START, *(_NODES[name] for name, _ in BEFORE_ASKING)]
    for before, after in pairwise(line):
        graph.add_edge(before, after)
    graph.add_conditional_edges(_NODES["choose"], _next_after_choosing, [_NODES["ask"], _NODES["judge"]])
    for before, after in pairwise([_NODES["ask"], _NODES["answer"], _NODES["judge"], END]):
        graph.add_edge(before, after)
    return graph.compile()


def _next_after_choosing(state: Progress) -> str:
    return _NODES["judge" if state.proposer is None else "ask"]


def decide_in_graph(
    snapshot: Snapshot,
    *,
    propensities: Propensities = PRIORS,
    with_flip: bool = False,
    decision_id: str | None = None,
) -> Decision:
    """Return the decision for a snapshot by running the graph: equal to `decide`."""
    started = time.perf_counter()
    found = decision_graph().invoke(Progress(snapshot, propensities))
    return record(_progress(found), started, with_flip=with_flip, decision_id=decision_id)


async def decide_with_model_in_graph(
    snapshot: Snapshot,
    proposer: Proposer,
    budget_ms: float,
    *,
    propensities: Propensities = PRIORS,
    with_flip: bool = False,
    decision_id: str | None = None,
) -> Decision:
    """Return the decision for a snapshot by running the graph: equal to `decide_with_model`."""
    started = time.perf_counter()
    deadline = asyncio.get_running_loop().time() + budget_ms / 1000 - KEPT_FOR_THE_REST
    start = Progress(snapshot, propensities, proposer=proposer, deadline=deadline)
    found = await decision_graph().ainvoke(start)
    return record(_progress(found), started, with_flip=with_flip, decision_id=decision_id)


def _progress(found: dict[str, Any]) -> Progress:
    return Progress(**{name: found[name] for name in Progress.__dataclass_fields__ if name in found})
