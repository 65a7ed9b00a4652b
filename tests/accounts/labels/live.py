"""A store of live accounts, and the few things that happen to them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

import psycopg
from psycopg.types.json import Jsonb

from segue.accounts.label_changes import Cause, Transition
from segue.accounts.stored import Pin
from segue.accounts.transitions import relabel
from segue.accounts.writer import TraitValue, put_pin, put_traits
from segue.core.database import Connection, Database
from segue.policies.pack import Pack
from tests.accounts.labels.packs import live_packs
from tests.core.databases import with_database

T = TypeVar("T")
START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


async def defer(
    connection: Connection, name: str, lock: str | None, at: datetime, arguments: Mapping[str, Any]
) -> None:
    """Note a job in the caller's transaction, as the queue does."""
    await connection.execute(
        "INSERT INTO noted_jobs VALUES (%s, %s, %s, %s)", (name, lock, at, Jsonb(dict(arguments)))
    )


@dataclass
class Live:
    """The store, its accounts labelled by two packs; instants are given, none is read from a clock."""

    url: str
    packs: tuple[Pack, ...] = field(default_factory=live_packs)

    def __post_init__(self) -> None:
        self.rows(
            "CREATE TABLE IF NOT EXISTS noted_jobs (name text, lock text, at timestamptz, arguments jsonb)"
        )

    def rows(self, query: str, *parameters: Any) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute("SET TIME ZONE 'UTC'")
            found = connection.execute(query, parameters)
            return found.fetchall() if found.description else []

    def over(self, do: Callable[[Database], Awaitable[T]]) -> T:
        return with_database(self.url, do, 6)

    def say(self, account: str, at: datetime = START, source: str = "web", **values: Any) -> None:
        """Store what a source says of an account, and label nothing."""
        said = [TraitValue(name, value, source, at) for name, value in values.items()]
        self.over(lambda database: put_traits(database, account, None, said))

    def pin(self, account: str, segment: str, until: datetime, pack: str = "motion") -> None:
        pin = Pin("label", pack, segment, "A test", until)
        self.over(lambda database: put_pin(database, account, pin, "test"))

    def relabel(
        self, accounts: str | Iterable[str], at: datetime, cause: Cause = Cause.EVENT, **options: Any
    ) -> list[Transition]:
        ids = [accounts] if isinstance(accounts, str) else list(accounts)

        async def do(database: Database) -> list[Transition]:
            async with database.transaction() as connection:
                return await relabel(
                    connection, ids, self.packs, at, cause, defer, **{"set_off_first": True} | options
                )

        return self.over(do)

    def move(self, account: str, at: datetime, **values: Any) -> list[Transition]:
        """Store what is said and label the account, as one write of facts does."""
        self.say(account, at, **values)
        return self.relabel(account, at)

    def label(self, account: str, pack: str = "motion") -> tuple[str, str]:
        [(segment, status)] = self.rows(
            "SELECT segment, status FROM segue.labels WHERE account_id = %s AND pack = %s", account, pack
        )
        return segment, status

    def consequences(self, account: str, *moments: str) -> list[tuple[str, str, str, str, str | None]]:
        """Return (moment, segment, play, status, reason) in the order in which they were set off."""
        return self.rows(
            "SELECT moment, segment, play, status, reason FROM segue.consequences"
            " WHERE account_id = %s AND moment = ANY(%s) ORDER BY transition_id, moment DESC, consequence_id",
            account, list(moments or ("enter", "exit")),
        )  # fmt: skip

    def carry_out(self, until: datetime, status: str = "done") -> None:
        """Do what the worker does: everything that waits and is due."""
        self.rows(
            "UPDATE segue.consequences SET status = %s, attempts = 1, changed_at = clock_timestamp()"
            " WHERE status = 'waiting' AND due_at <= %s",
            status, until,
        )  # fmt: skip


def plays(found: Sequence[tuple[Any, ...]], status: str) -> set[str]:
    """Return the plays of consequences with a status."""
    return {each[2] for each in found if each[3] == status}
