"""What goes on with less than it should have, as OpenTelemetry asks for it at each export: proof without meaning."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from opentelemetry.metrics import CallbackOptions, Observation

KNOWLEDGE = "segue.knowledge.degraded"
"""The gauge: 1 for each reason for which proof is ranked by policy alone, 0 for those that there are not."""
REASON = "segue.knowledge.reason"
Read = Callable[[], Mapping[str, bool]]
"""Gives each reason, and whether it holds now."""

_watched: dict[int, Read] = {}


def watch_knowledge(owner: object, read: Read) -> None:
    """Have the knowledge of an owner observed from now on."""
    _watched[id(owner)] = read


def watch_no_more(owner: object) -> None:
    """Have it observed no more."""
    _watched.pop(id(owner), None)


def observed(_: CallbackOptions) -> Iterable[Observation]:
    """Give what the gauge says; of several replicas in one process, whatever holds of one."""
    found: dict[str, bool] = {}
    for read in list(_watched.values()):
        for reason, holds in read().items():
            found[reason] = found.get(reason, False) or holds
    return [Observation(int(holds), {REASON: reason}) for reason, holds in found.items()]
