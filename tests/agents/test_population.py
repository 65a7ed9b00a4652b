"""One SQL program over the whole store gives every account the label that the classifier gives it online."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import psycopg
import pytest
from psycopg.types.json import Jsonb

from segue.accounts.event_state import refresh_states
from segue.accounts.label_keeping import LabelKeeping
from segue.accounts.labels import labels_of
from segue.accounts.population import label_population
from segue.accounts.population_files import export_known, label_with_duckdb, label_with_spark
from segue.accounts.stored import micros_of
from segue.agents.moves import stored_accounts
from segue.agents.relabel_store import LabelEngine, Relabelled, relabel_store
from segue.core.database import Database, open_database
from segue.core.jobs import defer
from segue.evals.differential_engines import Spark
from segue.policies.language.types import Type
from segue.policies.load import load_pack
from segue.policies.pack import Pack

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
PACKS = tuple(load_pack(name) for name in ("saas_pipeline", "security_maturity", "buying_motion"))
Found = dict[tuple[str, str], tuple[str, str]]
ODD: tuple[Any, ...] = (
    None,
    True,
    0,
    -3,
    2.5,
    2.0,
    1e300,
    2**53,
    "",
    "saas",
    "2026-01-01",
    "nonsense",
    [],
    ["a", None],
    [1],
    {},
)
"""Values that fit some types and not others: what does not fit is unknown."""


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the few accounts of these tests be read in several parts, as millions are."""
    monkeypatch.setattr("segue.accounts.population._PART", 70)


def value_of(pack: Pack, name: str, random: Random) -> Any:
    if random.random() < 0.05:
        return random.choice(ODD)
    kind, trait = pack.schema[name], pack.traits[name]
    if kind is Type.TEXT:
        return random.choice([*(trait.values or {"US": [], "DE": [], "GB": [], "BR": []}), "else"])
    if kind is Type.TEXT_LIST:
        return random.sample(list(trait.values or {"salesforce": []}), 1) if random.random() < 0.8 else []
    if kind is Type.BOOLEAN:
        return random.random() < 0.3
    if kind is Type.TIMESTAMP:
        return (NOW + timedelta(days=random.uniform(-700, 700))).isoformat()
    top = random.choice([5, 100, 6_000])
    return random.randint(0, top) if kind is Type.INTEGER else round(random.uniform(0, top), 3)


def traits_of(random: Random) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for pack in PACKS:
        for name in pack.imported:
            if pack.scopes[name].value != "account" or random.random() < 0.35:
                continue
            for source in random.sample([*pack.file.sources, "elsewhere"], random.choice([1, 1, 2, 3])):
                since = micros_of(NOW - timedelta(days=random.choice([0, 1, 20, 100, 364, 366, 900])))
                sure = random.choice([None, None, 0, 0.4, 0.5, 0.9, 1])
                found.setdefault(name, {})[source] = [value_of(pack, name, random), sure, since]
    return found


def fill(url: str, accounts: int, random: Random) -> None:
    with psycopg.connect(url) as connection:
        for number in range(accounts):
            connection.execute(
                "INSERT INTO segue.accounts (account_id, traits) VALUES (%s, %s)",
                (f"a{number}", Jsonb(traits_of(random))),
            )
        connection.execute("UPDATE segue.accounts SET alias_of = 'a0' WHERE account_id = 'a1'")
        for number, pack, segment in (
            (2, "saas_pipeline", "customer"),
            (3, "saas_pipeline", "long_gone"),
            (4, "buying_motion", "not_now"),
        ):
            for name, until in ((f"a{number}", 1), (f"a{number + 10}", -1)):
                connection.execute(
                    "INSERT INTO segue.pins VALUES (%s, %s, 'label', %s, 'by hand', 'cli', %s, %s)",
                    (name, pack, segment, NOW - timedelta(days=9), NOW + timedelta(days=until)),
                )


def visit(url: str, accounts: int, random: Random) -> None:
    """Let half of the accounts do something: look at pages, ask for a demo, some of it long ago or to come."""
    paths = ["/pricing", "/pricing/teams", "/compare/a", "/docs/api", "/blog", None]
    names = ["Demo Requested", "Trial Started", "Clicked"]
    with psycopg.connect(url) as connection:
        for number in range(accounts * 4):
            kind = random.choice(["page", "track"])
            connection.execute(
                "INSERT INTO segue.events (source, message_id, kind, at, visitor, contact_id, account_id, name, path, mark)"
                " VALUES ('k', %s, %s, %s, %s, %s, %s, %s, %s, %s)",
                (
                    str(number), kind, NOW - timedelta(days=random.choice([0.1, 1, 6, 8, 13, 20, 59, 61, -1])),
                    f"v{random.randrange(50)}", random.choice([None, f"c{random.randrange(50)}"]),
                    f"a{random.randrange(accounts // 2)}", random.choice(names) if kind == "track" else None,
                    random.choice(paths) if kind == "page" else None, random.choice([None, None, None, "bot"]),
                ),
            )  # fmt: skip


async def labelled(url: str, folder: Path) -> tuple[Found, Found, dict[str, Path]]:
    """The labels of the classifier, those of PostgreSQL, and the files that other engines label."""
    database = Database(url, 3)
    await database.open()
    online: Found = {}
    batch: Found = {}
    try:
        async with database.transaction() as connection:
            cursor = await connection.execute("SELECT DISTINCT account_id FROM segue.events ORDER BY 1")
            active = [row[0] for row in await cursor.fetchall()]
            await refresh_states(connection, active, PACKS, NOW - timedelta(hours=1))  # as intake did
            async for stored in stored_accounts(connection, NOW, PACKS):
                for name, label in labels_of(stored, PACKS, NOW).items():
                    online[stored.account.id, name] = label.segment, label.status.value
            for pack, table in zip(PACKS, await label_population(connection, PACKS, NOW), strict=True):
                cursor = await connection.execute(f"SELECT account_id, segment, status FROM {table}")
                for account, segment, status in await cursor.fetchall():
                    batch[account, pack.name] = segment, status
        async with database.transaction() as connection:
            files = await export_known(connection, PACKS, NOW, folder)
    finally:
        await database.close()
    return online, batch, files


def labels_in(files: Mapping[str, Path]) -> Found:
    found: Found = {}
    with duckdb.connect() as connection:
        for pack, path in files.items():
            place = f"{path}/*.parquet" if path.is_dir() else str(path)
            for account, segment, status in connection.execute("FROM read_parquet(?)", [place]).fetchall():
                found[account, pack] = segment, status
    return found


def differing(online: Found, other: Found) -> Found:
    assert online.keys() == other.keys()
    return {key: other[key] for key in online if other[key] != online[key]}


@pytest.mark.parametrize("events", [False, True])
def test_the_population_and_the_classifier_agree_on_every_account(
    store: str, tmp_path: Path, events: bool
) -> None:
    fill(store, 1_500, Random(11))
    if events:
        visit(store, 1_500, Random(13))
    online, batch, files = asyncio.run(labelled(store, tmp_path))
    assert len(online) == 1_499 * 3
    assert differing(online, batch) == {}
    assert differing(online, labels_in(label_with_duckdb(PACKS, files, NOW, tmp_path))) == {}
    assert len(set(online.values())) > 20, "the accounts are of most segments, settled and not"
    assert online["a2", "saas_pipeline"] == ("customer", "matched")


@pytest.mark.spark
def test_spark_agrees_with_the_classifier_on_every_account(store: str, tmp_path: Path) -> None:
    fill(store, 400, Random(12))
    visit(store, 400, Random(14))
    online, _, files = asyncio.run(labelled(store, tmp_path))
    spark = Spark()
    try:
        session = spark.session
        assert differing(online, labels_in(label_with_spark(PACKS, files, NOW, tmp_path, session))) == {}
    finally:
        spark.close()


@pytest.mark.parametrize("engine", [LabelEngine.POSTGRES, LabelEngine.DUCKDB])
def test_what_differs_is_written_and_then_nothing_does(
    store: str, tmp_path: Path, engine: LabelEngine
) -> None:
    fill(store, 300, Random(15))
    visit(store, 300, Random(16))
    keeping = LabelKeeping(PACKS, defer, refresh_states)

    async def relabel_twice() -> list[Relabelled]:
        async with open_database(store, 3) as database:
            async with database.transaction() as connection:
                cursor = await connection.execute("SELECT DISTINCT account_id FROM segue.events ORDER BY 1")
                await refresh_states(connection, [row[0] for row in await cursor.fetchall()], PACKS, NOW)
            looked = await relabel_store(database, keeping, engine, NOW, tmp_path, dry_run=True)
            return [
                looked,
                *[await relabel_store(database, keeping, engine, NOW, tmp_path) for _ in range(2)],
            ]

    looked, first, second = asyncio.run(relabel_twice())
    assert (looked.accounts, looked.differing, looked.written) == (299, 299, 0)
    assert (first.differing, first.written, first.labels) == (299, 299, looked.labels)
    assert (second.differing, second.written, second.labels) == (0, 0, looked.labels)
    with psycopg.connect(store) as connection:
        stored = connection.execute(
            "SELECT count(*) FROM segue.labels WHERE pack = 'saas_pipeline'"
        ).fetchone()
        assert stored == (299,)
        assert connection.execute("SELECT count(*) FROM segue.consequences").fetchone() == (0,)
