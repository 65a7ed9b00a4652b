"""A pack of a shop, whose labels hang on RFM and on a list of few seats; and a store of its customers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, TypeVar

import psycopg
from psycopg.types.json import Jsonb

from segue.accounts.event_state import refresh_states
from segue.accounts.label_keeping import LabelKeeping
from segue.accounts.labels import labels_of
from segue.accounts.population import label_population
from segue.accounts.stored import micros_of
from segue.agents.live_policies import LivePolicies
from segue.agents.moves import stored_accounts
from segue.agents.policy_relabelling import relabel_batch
from segue.agents.policy_store import Deployed, deploy, store_pack
from segue.core.database import Database
from segue.core.jobs import defer
from segue.policies.load import load_files
from segue.policies.pack import Pack
from tests.core.databases import with_database

T = TypeVar("T")
NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
FILES: Mapping[str, str] = {
    "pack.yaml": """
pack: shop
title: A shop
decision: Who gets a visit
dimensions: [employees, loyalty]
segments: [listed, best, lapsing, rest]
surfaces: [crm]
sources: {crm: 1.0}
""",
    "traits.yaml": """
employees: {type: integer, layer: firmographic}
market: {type: text, layer: firmographic}
loyalty: {type: text, layer: behavioral, rfm: {event: track, where: "name = 'Order Completed'", value: revenue, over: 365d}}
recency: {type: integer, layer: behavioral, rfm: {event: track, where: "name = 'Order Completed'", value: revenue, over: 365d, part: recency}}
frequency: {type: integer, layer: behavioral, rfm: {event: track, where: "name = 'Order Completed'", value: revenue, over: 365d, part: frequency}}
fit: {type: number, layer: firmographic, scorecard: [{when: "employees >= 100", points: 40}, {when: "market = 'DE'", points: 2.5}]}
stage: {type: text, sql: "CASE WHEN frequency >= 4 AND recency >= 4 THEN 'champion' WHEN frequency >= 3 AND recency BETWEEN 1 AND 2 THEN 'at_risk' WHEN frequency >= 1 THEN 'buyer' WHEN frequency = 0 THEN 'prospect' END"}
score: {type: number, sql: "fit + 10 * frequency"}
tal: {type: text, layer: contextual, rank: {by: score, when: "market <> 'XX'", tiers: {gold: 3, silver: 5}, margin: 5}}
""",
    "segments/listed.yaml": "segment: listed\ntitle: Listed\nwhen: tal = 'gold'\nsurfaces: {crm: {default: tag}}\n",
    "segments/best.yaml": "segment: best\ntitle: Best\nwhen: loyalty IN ('555', '554', '545', '455') OR tal = 'silver'\nsurfaces: {crm: {default: tag}}\n",
    "segments/lapsing.yaml": "segment: lapsing\ntitle: Lapsing\nwhen: stage = 'at_risk'\nsurfaces: {crm: {default: tag}}\n",
    "segments/rest.yaml": "segment: rest\ntitle: The rest\nsurfaces: {crm: {default: tag}}\n",
    "plays/tag.yaml": "play: tag\ntitle: Tag\nkind: tag\nchannel: crm\ngoal: meeting\nowner: system\norder: 10\n",
}  # fmt: skip


def shop_files(**changes: str) -> dict[str, bytes]:
    """Return the files; a change goes by `traits__yaml` and the like."""
    changed = {name.replace("__", "."): text for name, text in changes.items()}
    return {name: text.encode() for name, text in {**FILES, **changed}.items()}


def shop_pack() -> Pack:
    """Return the pack, which reads no artifact yet."""
    return load_files(shop_files(), "shop")


@dataclass
class Shop:
    """A store that serves the pack."""

    url: str

    def over(self, do: Callable[[Database], Awaitable[T]]) -> T:
        return with_database(self.url, do)

    def rows(self, query: str, *parameters: Any) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.url, autocommit=True) as connection:
            found = connection.execute(query, parameters)
            return found.fetchall() if found.description else []

    def fill(self, accounts: int, seed: int = 5) -> None:
        """Store accounts, most of which bought something; one is an alias, some are of no market."""
        random = Random(seed)
        with psycopg.connect(self.url) as connection:
            for number in range(accounts):
                said = {
                    "employees": random.choice((20, 150, 900)),
                    "market": random.choice(("DE", "FR", "XX")),
                }
                traits = {
                    name: {"crm": [value, None, micros_of(NOW)]}
                    for name, value in said.items() if random.random() < 0.9
                }  # fmt: skip
                connection.execute(
                    "INSERT INTO segue.accounts (account_id, domain, traits) VALUES (%s, %s, %s)",
                    (f"a{number:03}", f"a{number}.example", Jsonb(traits)),
                )
                for order in range(random.choice((0, 1, 1, 2, 3, 6))):
                    at = NOW - timedelta(seconds=random.randint(0, 380 * 86_400))
                    connection.execute(
                        "INSERT INTO segue.events (source, message_id, kind, name, at, received_at, account_id, properties)"
                        " VALUES ('test', %s, 'track', 'Order Completed', %s, %s, %s, %s)",
                        (f"{number}-{order}", at, at, f"a{number:03}", Jsonb({"revenue": round(random.uniform(1, 900), 2)})),
                    )  # fmt: skip
            connection.execute("UPDATE segue.accounts SET alias_of = 'a000' WHERE account_id = 'a001'")

        async def count(database: Database) -> None:
            async with database.transaction() as connection:
                names = [f"a{number:03}" for number in range(accounts)]
                await refresh_states(connection, names, [shop_pack()], NOW)

        self.over(count)

    def activate(self, **changes: str) -> None:
        """Store the pack and serve it."""
        files = shop_files(**changes)
        pack = load_files(files, "shop")

        async def do(database: Database) -> None:
            async with database.transaction() as connection:
                await store_pack(connection, pack, files, "test")
            await deploy(database, [Deployed("shop", pack.revision)], "activate", "test")

        self.over(do)

    async def policies(self, database: Database) -> LivePolicies:
        found = LivePolicies(database)
        await found.refresh()
        return found

    def relabel(self) -> None:
        """Label every account under what serves, as the background does."""

        async def do(database: Database) -> None:
            policies = await self.policies(database)
            live = policies.live
            keeping = LabelKeeping(live.packs, defer, refresh_states)
            while await relabel_batch(
                database, keeping, policies.chain, live.deployment.deployment_id, NOW, 500
            ):
                pass

        self.over(do)

    def labels(self) -> tuple[dict[str, tuple[str, str]], dict[str, tuple[str, str]]]:
        """Return segment and status of every account: by the classifier online, and by the SQL program."""

        async def do(database: Database) -> tuple[dict[str, tuple[str, str]], dict[str, tuple[str, str]]]:
            packs = (await self.policies(database)).live.packs
            online, batch = {}, {}
            async with database.transaction() as connection:
                async for stored in stored_accounts(connection, NOW, packs):
                    found = labels_of(stored, packs, NOW)["shop"]
                    online[stored.account.id] = found.segment, found.status.value
                [table] = await label_population(connection, packs, NOW)
                cursor = await connection.execute(f"SELECT account_id, segment, status FROM {table}".encode())
                for account, segment, status in await cursor.fetchall():
                    batch[account] = segment, status
            return online, batch

        return self.over(do)
