"""A store of its own for every test, and events as a server or a browser sends them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

import psycopg
import pytest

from segue.accounts.events import Taken
from segue.accounts.intake import take_events
from segue.accounts.segment_spec import Sender, read_batch
from segue.core.database import Database
from segue.policies.pack import Pack
from tests.core.databases import with_database
from tests.policies.mini import FILES, mini_pack

T = TypeVar("T")
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
TRAITS = """
size: {type: integer, layer: firmographic, from: [declared, crm], ask: {question: How many are you?, answers: {few: 10}}}
industry: {type: text, layer: firmographic, from: [declared, crm], values: {health: [Hospitals], software: []}}
revenue: {type: number, layer: firmographic, from: [crm]}
"""


@dataclass
class Store:
    """A migrated store, and a pack that lets people declare their size and industry."""

    url: str
    pack: Pack

    def run(self, do: Callable[[Database], Awaitable[T]]) -> T:
        """Do something over the store."""
        return with_database(self.url, do)

    def take(
        self, *groups: Sequence[dict[str, Any]], now: datetime = NOW, trusted: bool = True, **sender: Any
    ) -> list[Taken]:
        """Take groups of payloads in, each in a transaction of its own. `sender` is more of who sends them."""

        about = {"trusted": trusted, **sender}
        return self.take_each([(group, about) for group in groups], now=now)

    def take_each(
        self, sent: Sequence[tuple[Sequence[dict[str, Any]], dict[str, Any]]], now: datetime = NOW
    ) -> list[Taken]:
        """Take groups of payloads in, each as its own sender sends it and in a transaction of its own."""

        async def take(database: Database) -> list[Taken]:
            taken = []
            for group, about in sent:
                sender = Sender("server" if about["trusted"] else "page", received=now, **about)
                events, parked = read_batch({"batch": list(group)}, None, sender)
                taken.append(await take_events(database, events, parked, [self.pack], now))
            return taken

        return self.run(take)

    def rows(self, query: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """Ask the store."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            found = connection.execute(query, parameters)
            return found.fetchall() if found.description else []

    def empty(self) -> None:
        """Forget everything."""
        self.rows(
            "TRUNCATE segue.events, segue.parked_events, segue.links, segue.visitors, segue.contacts, segue.accounts,"
            " segue.trait_values, segue.consents CASCADE"
        )

    def state(self) -> dict[str, list[tuple[Any, ...]]]:
        """Return all that is known, without when it came to be known."""
        return {
            "events": self.rows(
                "SELECT source, message_id, kind, at, visitor, user_id, contact_id, account_id, name, mark"
                " FROM segue.events ORDER BY 1, 2"
            ),
            "links": self.rows(
                "SELECT kind, from_id, to_id, method, confidence, at FROM segue.links ORDER BY 1, 2, 3, 4"
            ),
            "visitors": self.rows("SELECT * FROM segue.visitors ORDER BY 1"),
            "contacts": self.rows(
                "SELECT contact_id, account_id, traits, method, confidence, last_seen FROM segue.contacts ORDER BY 1"
            ),
            "counted": self.rows("SELECT account_id, count(*) FROM segue.events GROUP BY 1 ORDER BY 1"),
            "traits": self.rows(
                "SELECT account_id, traits FROM segue.accounts"
                " WHERE EXISTS (SELECT 1 FROM segue.events WHERE events.account_id = accounts.account_id) ORDER BY 1"
            ),
        }


@pytest.fixture
def store(store_url: str) -> Store:
    """An empty store."""
    return Store(store_url, declaring_pack())


def declaring_pack() -> Pack:
    """Return a pack that lets people declare their size and industry."""
    pack = FILES["pack.yaml"].replace("sources: {", "sources: {declared: 1.0, ")
    kept = [line for line in FILES["traits.yaml"].splitlines() if not line.startswith("size:")]
    return mini_pack(pack=pack, traits="\n".join(kept) + TRAITS)
