"""Everything that one replica runs on, opened together and closed together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from prometheus_client import CollectorRegistry

from segue.accounts.companies import Companies
from segue.accounts.event_marks import InternalTraffic
from segue.accounts.event_news import EventNews, expire_states, fold_news
from segue.accounts.event_state import refresh_states
from segue.accounts.identity_tokens import IdentityTokens
from segue.accounts.intake_queue import Intake
from segue.accounts.label_changes import Cause
from segue.accounts.label_keeping import LabelKeeping
from segue.accounts.locks import lock_accounts
from segue.accounts.person_reader import PersonReader
from segue.accounts.reader import AccountReader
from segue.activation.jobs import Jobs, jobs_of
from segue.agents.choosers.model.chooser import ModelChooser
from segue.agents.choosers.model.opening import open_model_chooser
from segue.agents.conversations.conversations import Conversations
from segue.agents.conversations.declaring import Declaring
from segue.agents.conversations.hand_overs import HandOvers
from segue.agents.conversations.means import Means
from segue.agents.conversations.refusing import Refusing
from segue.agents.degradation import watch_knowledge, watch_no_more
from segue.agents.erasure import Erasures
from segue.agents.forgetting import Forgetting
from segue.agents.journal import Journal
from segue.agents.knowledge.embedding import Embedder, open_embedder
from segue.agents.knowledge.knowledge import Knowledge
from segue.agents.knowledge.opening import open_knowledge
from segue.agents.live_policies import LivePolicies
from segue.agents.live_state import LiveState, Watcher
from segue.agents.maintenance import Maintenance
from segue.agents.pages import Pages
from segue.agents.relabelling import Relabelling
from segue.agents.seller_case import Desk
from segue.agents.service import DecisionService
from segue.api.access import RateLimits
from segue.api.chat_calls import ChatCalls
from segue.api.chat_names import ChatNames
from segue.api.gauges import add_gauges
from segue.api.keys import KeyRing
from segue.api.queue_gauges import QueueGauges
from segue.api.running_turns import RunningTurns
from segue.api.slack.jobs import Summaries, slack_jobs
from segue.api.slack.parts import SlackParts, slack_parts
from segue.api.stream_tokens import StreamTokens
from segue.api.streams import Streams
from segue.core.database import Connection, Database
from segue.core.errors import SegueError
from segue.core.jobs import defer
from segue.core.retention import event_retention
from segue.core.settings import Settings
from segue.policies.pack import Pack


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
    intake: Intake
    internal: InternalTraffic
    companies: Companies
    tokens: IdentityTokens
    chooser: ModelChooser
    decisions: DecisionService
    embedder: Embedder
    knowledge: Knowledge
    conversations: Conversations
    turns: RunningTurns
    chat_names: ChatNames
    chat_calls: ChatCalls
    erasures: Erasures
    watcher: Watcher
    maintenance: Maintenance
    relabelling: Relabelling
    jobs: Jobs
    registry: CollectorRegistry
    queue: QueueGauges
    pages: Pages
    streams: Streams
    stream_tokens: StreamTokens
    slack: SlackParts
    summaries: Summaries

    @property
    def labels(self) -> LabelKeeping:
        """What keeps labels right under the packs that serve.

        Raises:
            UnavailableError: none do yet.
        """
        return label_keeping(self.policies)

    async def open(self) -> None:
        """Open the database and begin to follow it; where it does not answer yet, that goes on until it does.

        Raises:
            InputError: the company database that is set cannot be read.
        """
        self.companies.open()
        await self.database.open()
        watch_knowledge(self, self.knowledge.reasons)
        await self.conversations.open()
        for refresh in (
            self.keys.refresh, self.policies.refresh, self.state.refresh, self.stream_tokens.refresh,
        ):  # fmt: skip
            try:
                await refresh()
            except SegueError:
                break  # the watcher tries again
        self.watcher.start()
        self.maintenance.start()
        self.relabelling.start()
        await self.jobs.open()
        self.slack.start()
        self.summaries.start()

    async def close(self) -> None:
        """Finish what is under way and let go of everything."""
        watch_no_more(self)
        await self.streams.close()
        await self.summaries.close()
        await self.slack.close()
        await self.jobs.close()
        await self.watcher.close()
        await self.relabelling.close()
        await self.maintenance.close()
        await self.turns.close()
        await self.conversations.close()
        await self.knowledge.close()
        await self.decisions.close()
        await self.journal.close()
        await self.intake.close()
        await self.erasures.close()
        await self.chooser.aclose()
        await self.embedder.aclose()
        await self.database.close()
        self.companies.close()


def label_keeping(policies: LivePolicies) -> LabelKeeping:
    """Return what keeps labels right under the packs that serve.

    Raises:
        UnavailableError: none do yet.
    """
    return LabelKeeping(policies.live.packs, defer, refresh_states)


async def _label_touched(
    connection: Connection, account_ids: Sequence[str], packs: Sequence[Pack], now: datetime, news: EventNews
) -> None:
    """Label the accounts whose events came in, in the transaction that stores them."""
    if packs:
        keeping = LabelKeeping(tuple(packs), defer, partial(fold_news, news=news))
        await keeping.relabel(connection, account_ids, now, Cause.EVENT, set_off_first=True)
    else:
        await expire_states(connection, (await lock_accounts(connection, account_ids)).accounts)


def _holds_for_all(policies: LivePolicies, state: LiveState) -> str:
    """Return what every page is answered by, spelled alike on every replica."""
    deployed = str(policies.live.deployment.deployment_id) if policies.ready else ""
    return " ".join((deployed, *sorted(state.switched_off)))


def services(settings: Settings, url: str) -> Services:
    """Return the parts of a replica over the database at `url`, not yet open."""
    database = Database(url, settings.database_connections)
    reader, policies = AccountReader(database), LivePolicies(database)
    state, journal, keys = LiveState(database), Journal(database), KeyRing(database)
    intake = Intake(database, lambda: policies.packs, _label_touched)
    internal = InternalTraffic.of(settings.internal_domains or "", settings.internal_addresses or "")
    companies = Companies(settings.company_database, settings.company_fields)
    secrets = settings.identity_secret
    tokens = IdentityTokens(secrets.get_secret_value() if secrets else "")
    chooser = open_model_chooser(settings)
    pages, stream_tokens = Pages(database), StreamTokens(database)
    decisions = DecisionService(
        reader, policies, state, journal, chooser, settings.model_budget_ms,
        people=PersonReader(database), pages=pages,
    )  # fmt: skip
    streams = Streams(
        database, partial(_holds_for_all, policies, state), settings.streams, settings.streams_per_address
    )
    embedder = open_embedder(settings)
    knowledge = open_knowledge(settings, embedder, database, policies)
    conversations = Conversations(
        database,
        Means(
            decisions, policies, embedder, knowledge, chooser,
            Declaring(database, reader, partial(label_keeping, policies)), PersonReader(database),
            HandOvers(database, settings.slack_bot_token is not None, bool(settings.slack_channel)),
            Refusing(database, settings.privacy_contact), settings.model_budget_ms, settings.model_budget_ms,
        ),
    )  # fmt: skip
    relabelling = Relabelling(database, policies, partial(label_keeping, policies))
    slack = slack_parts(
        settings, database, reader, policies, state, embedder,
        lambda now: label_keeping(policies).after(now, Cause.PIN, set_off_first=True), knowledge,
    )  # fmt: skip
    registry = CollectorRegistry()
    add_gauges(registry, policies, journal, intake, decisions, chooser, relabelling, companies, knowledge)
    return Services(
        settings, database, keys,
        RateLimits(settings.rate_secret, settings.rate_publishable, settings.rate_address),
        reader, policies, state, journal, intake, internal, companies, tokens, chooser, decisions,
        embedder, knowledge, conversations, RunningTurns(), ChatNames(database), ChatCalls(database),
        Erasures(database),
        Watcher(url, (
            keys.refresh, policies.refresh, state.refresh, Forgetting(database, chooser.forget).refresh,
            companies.refresh, stream_tokens.refresh, streams.refresh, knowledge.refresh,
        )),
        Maintenance(database, settings.retention_days, policies, event_retention(settings.event_retention_days)),
        relabelling, jobs_of(settings, url, policies, others=partial(slack_jobs, settings, policies)),
        registry, QueueGauges(registry, database), pages, streams, stream_tokens, slack,
        Summaries(settings, Desk(database, reader, policies, state)),
    )  # fmt: skip
