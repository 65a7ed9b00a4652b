"""What a replica tells of itself to Prometheus, beside its requests."""

from __future__ import annotations

from functools import partial
from typing import Any

from prometheus_client import CollectorRegistry, Gauge

from segue.accounts.companies import Companies
from segue.accounts.intake_queue import Intake
from segue.agents.choosers.model.chooser import ModelChooser
from segue.agents.journal import Journal
from segue.agents.knowledge.knowledge import Knowledge
from segue.agents.live_policies import LivePolicies
from segue.agents.relabelling import Relabelling
from segue.agents.service import DecisionService

_INTAKE = {
    "stored": "Events stored by this process",
    "repeated": "Events that were stored already",
    "parked": "Events parked with a reason",
    "refused": "Events refused because too many waited",
}
_DUE = {
    "claimed": "Accounts whose label was due, in this process",
    "changed": "Of them, those whose label changed",
    "spurious": "Of them, those that were looked at for nothing",
    "failed": "Of them, those that could not be labelled",
}
_PROGRESS = {
    "accounts": "Accounts to label again since the deployment",
    "done": "Of them, those that are labelled",
    "moved": "Of them, those that came into another segment",
    "failed": "Of them, those that could not be labelled",
}


def add_gauges(
    registry: CollectorRegistry,
    policies: LivePolicies,
    journal: Journal,
    intake: Intake,
    decisions: DecisionService,
    chooser: ModelChooser,
    relabelling: Relabelling,
    companies: Companies,
    knowledge: Knowledge,
) -> None:
    """Add the gauges of a replica's parts; each is read when it is asked for."""

    def gauge(name: str, text: str) -> Gauge:
        return Gauge(f"segue_{name}", text, registry=registry)

    gauge("ready", "1 when a policy serves").set_function(lambda: float(policies.ready))
    gauge("degraded", "1 when the newest deployment does not load").set_function(
        lambda: float(policies.degraded is not None)
    )
    gauge("knowledge_degraded", "1 where proof is ranked by policy alone, as of the last try").set_function(
        lambda: float(knowledge.lacking is not None)
    )
    gauge("decisions_committed", "Decisions stored by this process").set_function(lambda: journal.committed)
    gauge("decision_groups", "Commits that stored them").set_function(lambda: journal.groups)
    gauge("shadows_left_out", "Shadow decisions not made").set_function(lambda: decisions.shadows_left_out)
    for name, text in _INTAKE.items():
        gauge(f"events_{name}", text).set_function(partial(_number, intake, name))
    gauge(
        "company_database_stale", "1 when the file cannot be read and the last good one serves"
    ).set_function(lambda: float(companies.stale))
    gauge("company_database_broken_records", "Addresses whose record could not be read").set_function(
        lambda: companies.broken_records
    )
    for name in ("calls", "successes", "opens", "probes"):
        gauge(f"model_breaker_{name}", f"{name} of the model's circuit breaker").set_function(
            partial(_number, chooser.breaker.counts, name)
        )
    for name, text in _DUE.items():
        gauge(f"labels_due_{name}", text).set_function(partial(_number, relabelling, name))
    for name, text in _PROGRESS.items():
        gauge(f"policy_relabelling_{name}", text).set_function(partial(_progress, relabelling, name))


def _number(part: Any, name: str) -> float:
    return float(getattr(part, name))


def _progress(relabelling: Relabelling, name: str) -> float:
    return float(getattr(relabelling.progress, name, None) or 0)
