"""Everything that one replica runs on, opened together and closed together."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from prometheus_client import CollectorRegistry, Gauge

from segue.accounts.consent_reader import ConsentReader
from segue.accounts.reader import AccountReader
from segue.agents.choosers.model.chooser import ModelChooser
from segue.agents.choosers.model.opening import open_model_chooser
from segue.agents.erasure import Erasures
from segue.agents.forgetting import Forgetting
from segue.agents.journal import Journal
from segue.agents.live_policies import LivePolicies
from segue.agents.live_state import LiveState, Watcher
from segue.agents.maintenance import Maintenance
from segue.agents.service import DecisionService
from segue.api.access import RateLimits
from segue.api.keys import KeyRing
from segue.core.database import Database
from segue.core.errors import SegueError
from segue.core.retention import event_retention
from segue.core.settings import Settings


@dataclass(frozen=True, slots=True)
class Services:
    """The parts of a replica, for the routes."""

    settings: Settings
    database: Database
    keys: KeyRing
    rates: RateLimits
    reader: AccountReader
    policies: LivePolicies
    state: LiveState
    journal: Journal
    chooser: ModelChooser
    decisions: DecisionService
    erasures: Erasures
    watcher: Watcher
    maintenance: Maintenance
    registry: CollectorRegistry

    async def open(self) -> None:
        """Open the database and begin to follow it; where it does not answer yet, that goes on until it does."""
        await self.database.open()
        for refresh in (self.keys.refresh, self.policies.refresh, self.state.refresh):
            try:
                await refresh()
            except SegueError:
                break  # the watcher tries again
        self.watcher.start()
        self.maintenance.start()

    async def close(self) -> None:
        """Finish what is under way and let go of everything."""
        await self.watcher.close()
        await self.maintenance.close()
        await self.decisions.close()
        await self.journal.close()
        await self.erasures.close()
        await self.chooser.aclose()
        await self.database.close()


def services(settings: Settings, url: str) -> Services:
    """Return the parts of a replica over the database at `url`, not yet open."""
    database = Database(url, settings.database_connections)
    reader, policies = AccountReader(database), LivePolicies(database)
    state, journal, keys = LiveState(database), Journal(database), KeyRing(database)
    chooser = open_model_chooser(settings)
    decisions = DecisionService(
        reader, policies, state, journal, chooser, settings.model_budget_ms, consents=ConsentReader(database)
    )
    registry = CollectorRegistry()
    _gauges(registry, policies, journal, decisions, chooser)
    return Services(
        settings, database, keys,
        RateLimits(settings.rate_secret, settings.rate_publishable, settings.rate_address),
        reader, policies, state, journal, chooser, decisions, Erasures(database),
        Watcher(url, (keys.refresh, policies.refresh, state.refresh, Forgetting(database, chooser.forget).refresh)),
        Maintenance(database, settings.retention_days, policies, event_retention(settings.event_retention_days)),
        registry,
    )  # fmt: skip


def _gauges(
    registry: CollectorRegistry,
    policies: LivePolicies,
    journal: Journal,
    decisions: DecisionService,
    chooser: ModelChooser,
) -> None:
    def gauge(name: str, text: str) -> Gauge:
        return Gauge(f"segue_{name}", text, registry=registry)

    gauge("ready", "1 when a policy serves").set_function(lambda: float(policies.ready))
    gauge("degraded", "1 when the newest deployment does not load").set_function(
        lambda: float(policies.degraded is not None)
    )
    gauge("decisions_committed", "Decisions stored by this process").set_function(lambda: journal.committed)
    gauge("decision_groups", "Commits that stored them").set_function(lambda: journal.groups)
    gauge("shadows_left_out", "Shadow decisions not made").set_function(lambda: decisions.shadows_left_out)
    for name in ("calls", "successes", "opens", "probes"):
        gauge(f"model_breaker_{name}", f"{name} of the model's circuit breaker").set_function(
            partial(_count, chooser, name)
        )


def _count(chooser: ModelChooser, name: str) -> float:
    return float(getattr(chooser.breaker.counts, name))
