"""Relabel the whole store at once: labels by one SQL program, and what differs from the stored labels written."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import Any

import orjson

from segue.accounts.label_changes import Cause
from segue.accounts.label_keeping import LabelKeeping
from segue.accounts.population import label_population, labels_table
from segue.accounts.population_files import (
    export_known,
    label_with_duckdb,
    label_with_spark,
    write_labels_csv,
)
from segue.core.database import Connection, Database
from segue.policies.pack import Pack

_AT_ONCE = 500
"""Accounts a transaction when labels are written."""
_FETCH = 10_000
_PIECE = 1 << 20
_DIFFERING = "differing.jsonl"


class LabelEngine(StrEnum):
    """What runs the packs over the whole store."""

    POSTGRES = "postgres"
    """In the database, where the data is."""
    DUCKDB = "duckdb"
    """In this process, over an export."""
    SPARK = "spark"
    """In Spark, over an export."""


@dataclass(slots=True)
class Relabelled:
    """What came of it."""

    accounts: int = 0
    labels: dict[str, dict[str, dict[str, int]]] = field(default_factory=dict)
    """Pack to segment to status to accounts."""
    differing: int = 0
    """Accounts of which a stored label was another, or none was stored."""
    written: int = 0

    def to_json(self) -> dict[str, Any]:
        """Return it as plain JSON."""
        return {
            "accounts": self.accounts, "labels": self.labels, "differing": self.differing, "written": self.written,
        }  # fmt: skip


async def relabel_store(
    database: Database,
    keeping: LabelKeeping,
    engine: LabelEngine,
    now: datetime,
    folder: Path,
    *,
    dry_run: bool = False,
    set_off: bool = False,
) -> Relabelled:
    """Label every stored account by the packs of `keeping`, and write the labels that differ.

    What is written passes `relabel`: with its transition, and with its consequences where `set_off`.
    `folder` is for the export that DuckDB and Spark read, and for the ids of what differs: what is held in
    memory does not grow with the store.

    Raises:
        InputError: Spark is not installed.
        UnavailableError: the database does not answer; what was written before stays.
    """
    packs = keeping.packs
    found = Relabelled()
    if engine is LabelEngine.POSTGRES:
        async with _snapshot(database) as connection:
            await label_population(connection, packs, now)
            await _compared(connection, packs, found, folder)
    else:
        async with _snapshot(database) as connection:
            known = await export_known(connection, packs, now, folder)
        label = label_with_duckdb if engine is LabelEngine.DUCKDB else label_with_spark
        files = await asyncio.to_thread(label, packs, known, now, folder)
        async with database.transaction() as connection:
            await _load(connection, packs, files, folder)
            await _compared(connection, packs, found, folder)
    if not dry_run:
        for batch in _batches(folder / _DIFFERING):
            async with database.transaction() as connection:
                await keeping.relabel(connection, batch, now, Cause.POLICY, set_off=set_off)
            found.written += len(batch)
    return found


class _snapshot:
    """A transaction in which every statement sees the store as it was at the first."""

    def __init__(self, database: Database) -> None:
        self._transaction = database.transaction()

    async def __aenter__(self) -> Connection:
        connection = await self._transaction.__aenter__()
        await connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        return connection

    async def __aexit__(self, *error: Any) -> bool | None:
        return await self._transaction.__aexit__(*error)


async def _compared(connection: Connection, packs: Sequence[Pack], found: Relabelled, folder: Path) -> None:
    """Count the labels, and write the ids of the accounts whose stored labels differ to a file, in order."""
    queries = []
    for pack in packs:
        table = labels_table(pack)
        cursor = await connection.execute(
            f"SELECT segment, status, count(*) FROM {table} GROUP BY 1, 2".encode()  # noqa: S608 - our own name
        )
        counts: dict[str, dict[str, int]] = {each.name: {} for each in pack.segments}
        for segment, status, count in await cursor.fetchall():
            counts[segment][status] = count
        found.labels[pack.name] = counts
        found.accounts = sum(sum(each.values()) for each in counts.values())
        queries.append(
            f"SELECT new.account_id FROM {table} AS new LEFT JOIN segue.labels AS old"  # noqa: S608
            f" ON old.account_id = new.account_id AND old.pack = '{pack.name}'"
            " WHERE old.segment IS DISTINCT FROM new.segment OR old.status IS DISTINCT FROM new.status"
        )
    async with connection.cursor("differing") as differing:
        differing.itersize = _FETCH
        await differing.execute(f"{' UNION '.join(queries)} ORDER BY account_id".encode())
        with (folder / _DIFFERING).open("wb") as file:
            async for (account_id,) in differing:
                file.write(orjson.dumps(account_id) + b"\n")
                found.differing += 1


def _batches(path: Path) -> Iterator[list[str]]:
    """Read the ids of accounts, as many at a time as are labelled in one transaction."""
    with path.open("rb") as file:
        while batch := [orjson.loads(line) for line in islice(file, _AT_ONCE)]:
            yield batch


async def _load(
    connection: Connection, packs: Sequence[Pack], files: Mapping[str, Path], folder: Path
) -> None:
    """Bring labels that another engine made into temporary tables."""
    for pack in packs:
        table, text = labels_table(pack), folder / f"{labels_table(pack)}.csv"
        await asyncio.to_thread(write_labels_csv, files[pack.name], text)
        await connection.execute(
            f"CREATE TEMP TABLE {table} (account_id text, segment text, status text) ON COMMIT DROP".encode()
        )
        async with (
            connection.cursor() as cursor,
            cursor.copy(f"COPY {table} FROM STDIN (FORMAT csv)".encode()) as copy,
        ):
            with text.open("rb") as file:
                while piece := file.read(_PIECE):
                    await copy.write(piece)
        text.unlink()
