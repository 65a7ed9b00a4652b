"""Conversations over a store, at an instant of the caller's choosing, as one replica has them."""

from __future__ import annotations

import asyncio
import atexit
import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path
from typing import Any, TypeVar

import psycopg
from psycopg.types.json import Jsonb

from segue.accounts.event_state import refresh_states
from segue.accounts.label_keeping import LabelKeeping
from segue.accounts.person_reader import PersonReader
from segue.accounts.reader import AccountReader, account_key
from segue.accounts.stored import micros_of
from segue.agents.choosers.model.chooser import ModelChooser
from segue.agents.choosers.model.opening import open_model_chooser
from segue.agents.conversations.conversations import Conversations
from segue.agents.conversations.declaring import Declaring
from segue.agents.conversations.hand_overs import HandOvers
from segue.agents.conversations.means import Means
from segue.agents.conversations.parts import Part
from segue.agents.conversations.refusing import Refusing
from segue.agents.conversations.turn_request import Speaker, TurnRequest
from segue.agents.journal import Journal
from segue.agents.knowledge.chroma_collections import ChromaPlace
from segue.agents.knowledge.embedding import Embedder
from segue.agents.knowledge.index import ProofIndex
from segue.agents.knowledge.knowledge import Knowledge
from segue.agents.knowledge.local_embedder import LocalEmbedder
from segue.agents.live_policies import LivePolicies
from segue.agents.live_state import LiveState
from segue.agents.service import DecisionService
from segue.core.database import Database, open_database
from segue.core.jobs import defer
from segue.core.settings import Settings

T = TypeVar("T")
NOW = datetime(2026, 11, 25, 15, tzinfo=UTC)
"""A Wednesday afternoon, in which reps of both sides of the Atlantic are at work."""
SERVER = Speaker("test-secret", is_browser=False)
BROWSER = Speaker("test-publishable", is_browser=True)
SALES_READY = {"employees": 800, "industry": "saas", "country": "US", "tech": ["salesforce"], "intent": 72}


@cache
def shared_embedder() -> LocalEmbedder:
    """One model for a process: it takes seconds to read the exemplars."""
    return LocalEmbedder()


@cache
def index_folder() -> Path:
    """Where this process keeps its index of proof points: made once for a pack, removed at the end."""
    folder = tempfile.mkdtemp(prefix="segue-index-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)


@dataclass
class Talk:
    """What is said with, and to whom."""

    url: str
    conversations: Conversations
    decisions: DecisionService
    database: Database
    request: TurnRequest = field(default_factory=lambda: TurnRequest(""))

    async def say(self, text: str, speaker: Speaker = SERVER, **more: Any) -> list[Part]:
        """Say something, and return every part of the turn."""
        request = replace(self.request, text=text, **more)
        return [part async for part in self.conversations.turn(request, speaker)]


def part_of(parts: list[Part], kind: type[T]) -> T:
    """Return the one part of a kind."""
    [found] = [part for part in parts if isinstance(part, kind)]
    return found


def know(url: str, account: str, traits: dict[str, Any], **more: Any) -> None:
    """Store what the CRM says of an account."""
    said = {
        name: {"crm": [value, None, micros_of(datetime(2026, 11, 1, tzinfo=UTC))]}
        for name, value in traits.items()
    }
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO segue.accounts (account_id, domain, name, owner, traits) VALUES (%s, %s, %s, %s, %s)",
            (
                account,
                more.get("domain", f"{account}.example"),
                more.get("name"),
                more.get("owner"),
                Jsonb(said),
            ),
        )


@asynccontextmanager
async def talk(
    url: str,
    *,
    chooser: ModelChooser | None = None,
    now: datetime = NOW,
    warm: bool = False,
    embedder: Embedder | None = None,
    slack: bool | None = None,
    reached_at: str = "",
) -> AsyncIterator[Talk]:
    """Give conversations over a store, as one replica has them; `slack` says whether hand-overs can be told there."""
    async with open_database(url, 6) as database:
        policies, state = LivePolicies(database), LiveState(database)
        await policies.refresh()
        await state.refresh()
        journal = Journal(database)
        chooser = chooser or open_model_chooser(Settings())
        reader = AccountReader(database)
        decisions = DecisionService(
            reader, policies, state, journal, chooser, 1_500, lambda: now,
            PersonReader(database),
        )  # fmt: skip
        embedder = embedder or shared_embedder()
        knowledge = Knowledge(embedder, ProofIndex(embedder, ChromaPlace(index_folder())))
        await knowledge.prepare(*policies.live.packs)
        hand_overs = None if slack is None else HandOvers(database, slack, channel=slack)
        labels = partial(LabelKeeping, policies.live.packs, defer, refresh_states)
        means = Means(
            decisions,
            policies,
            embedder,
            knowledge,
            chooser,
            Declaring(database, reader, labels),
            PersonReader(database),
            hand_overs,
            Refusing(database, reached_at),
        )
        conversations = Conversations(database, means, clock=lambda: now)
        await conversations.open()
        if warm:
            await conversations.warmed()
        try:
            yield Talk(url, conversations, decisions, database)
        finally:
            await conversations.close()
            await knowledge.close()
            await decisions.close()
            await journal.close()
            await chooser.aclose()


def talking(url: str, do: Callable[[Talk], Awaitable[T]], **more: Any) -> T:
    """Do something with conversations over a store."""

    async def run() -> T:
        async with talk(url, **more) as found:
            return await do(found)

    return asyncio.run(run())


def of_account(account: str, **more: Any) -> dict[str, Any]:
    """Return what names an account in a turn."""
    return {"account": account_key(account), **more}
