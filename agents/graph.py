"""The steps of a decision as a LangGraph graph.

The same functions as in `decide`, one node each. Conversations run the graph, since a model's
steps, memory and branches hang on it; a page's request runs the steps alone, a thousand times
faster. A test holds the two equal.
"""

from __future__ import annotations

import time
from functools import cache
from typing import Any

from langgraph.graph import END, START, StateGraph

from segue.agents.choosers.rules import PRIORS, Propensities
from segue.agents.decide import record
from segue.agents.decision import Decision
from segue.agents.snapshot import Snapshot
from segue.agents.steps import STEPS, Progress


@cache
def decision_graph() -> Any:
    """Return the compiled graph: label, gate, choose, judge."""
    graph = StateGraph(Progress)
    before = START
    for name, step in STEPS:
        graph.add_node(f"{name}_account" if name == "label" else f"{name}_play", step)
        after = f"{name}_account" if name == "label" else f"{name}_play"
        graph.add_edge(before, after)
        before = after
    graph.add_edge(before, END)
    return graph.compile()


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
    state = Progress(**{name: found[name] for name in Progress.__dataclass_fields__ if name in found})
    return record(state, started, with_flip=with_flip, decision_id=decision_id)
