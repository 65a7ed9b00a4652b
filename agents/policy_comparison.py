"""A whole population, and the newest of the log, under two chains of packs, on every processor."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any, Literal, TypeVar

from segue.accounts.book import AccountBook
from segue.accounts.stored import StoredAccount
from segue.accounts.writer import said_by
from segue.agents.compared_accounts import Comparison, Logged
from segue.agents.moves import stored_accounts
from segue.agents.pack_chains import Chain, load_chains
from segue.agents.policy_diff import PolicyDiff
from segue.agents.shares import in_processes, processes_for
from segue.core.database import Database
from segue.policies.facts import Account
from segue.policies.pack import Pack

_BATCH = 500
_FEW = 2_000
"""Up to so many accounts and decisions no further process is worth its start."""

Part = tuple[Literal["accounts", "decisions"], list[Any]]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is compared over: the accounts of a file or of the store, and the newest logged decisions."""

    now: datetime
    accounts: Path | None = None
    url: str | None = None
    """The database; needed where `accounts` is None or there are `decisions`."""
    decisions: int = 0


def compare_policies(
    before: Chain, after: Chain, wanted: Wanted, progress: Callable[[int], None] | None = None
) -> PolicyDiff:
    """Return what a change from one chain of packs to another does.

    `progress` is called with the accounts and decisions done so far.

    Raises:
        PackError: a pack does not load.
        InputError: the account file cannot be read.
        UnavailableError: the database does not answer.
    """
    packs = [
        pack for chain in load_chains(before, after) for pack in chain
    ]  # a fault is told before any process
    parts = _parts(wanted, packs)
    first = list(islice(parts, _FEW // _BATCH + 1))
    processes = processes_for(len(first)) if len(first) > _FEW // _BATCH else 1
    found = PolicyDiff()
    for each in in_processes(_compare, _both(first, parts), processes, _start, (before, after, wanted.now)):
        found.add(each)
        if progress is not None:
            progress(found.accounts + found.decisions + found.decisions_left_out)
    found.finish()
    return found


_comparison: Comparison | None = None
"""What this process compares."""


def _start(before: Chain, after: Chain, now: datetime) -> None:
    global _comparison
    first, second = load_chains(before, after)
    _comparison = Comparison(first, second, now)


def _compare(part: Part) -> PolicyDiff:
    assert _comparison is not None
    kind, batch = part
    return _comparison.accounts(batch) if kind == "accounts" else _comparison.decisions(batch)


def _both(first: list[Part], rest: Iterator[Part]) -> Iterator[Part]:
    yield from first
    yield from rest


def _parts(wanted: Wanted, packs: Sequence[Pack]) -> Iterator[Part]:
    if wanted.accounts is not None:
        with AccountBook(wanted.accounts) as book:
            for batch in _batches(_of_file(book, wanted.now)):
                yield "accounts", batch
    elif wanted.url is not None:
        for batch in _streamed(wanted.url, lambda database: _of_store(database, wanted.now, packs)):
            yield "accounts", batch
    if wanted.decisions and wanted.url is not None:
        for rows in _streamed(wanted.url, lambda database: _newest(database, wanted.decisions)):
            yield "decisions", rows


def _of_file(book: AccountBook, now: datetime) -> Iterator[StoredAccount]:
    """Yield the accounts of a file as the store would hold them."""
    for record in book:
        if record.duplicate_of != record.id:
            who = Account(record.id, record.domain, record.name, record.owner, record.open_opportunity_owner)
            yield StoredAccount(who, said_by(record, book.info.source_name, now))


async def _of_store(
    database: Database, now: datetime, packs: Sequence[Pack]
) -> AsyncGenerator[StoredAccount, None]:
    async with database.transaction() as connection:
        async for each in stored_accounts(connection, now.astimezone(UTC), packs):
            yield each


async def _newest(database: Database, most: int) -> AsyncGenerator[Logged, None]:
    async with database.transaction() as connection, connection.cursor("newest_decisions") as cursor:
        await cursor.execute(
            "SELECT decision_id::text, pack, revision, facts::text, proposal FROM segue.decisions"
            " WHERE NOT shadow ORDER BY decision_id DESC LIMIT %s",
            (most,),
        )
        async for row in cursor:
            yield row


def _batches(rows: Iterator[T]) -> Iterator[list[T]]:
    while batch := list(islice(rows, _BATCH)):
        yield batch


def _streamed(url: str, rows: Callable[[Database], AsyncGenerator[T, None]]) -> Iterator[list[T]]:
    """Yield what an asynchronous stream of the database gives, in batches."""
    database = Database(url, 2)
    with asyncio.Runner() as runner:
        runner.run(database.open())
        stream = rows(database)
        try:
            while batch := runner.run(_next(stream)):
                yield batch
        finally:
            runner.run(_closed(stream, database))


async def _closed(stream: AsyncGenerator[T, None], database: Database) -> None:
    await stream.aclose()  # what was not read to its end still holds its transaction
    await database.close()


async def _next(stream: AsyncGenerator[T, None]) -> list[T]:
    batch: list[T] = []
    async for row in stream:
        batch.append(row)
        if len(batch) == _BATCH:
            break
    return batch
