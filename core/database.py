"""The pool of connections to PostgreSQL, and what a lost connection becomes at the door."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import orjson
import psycopg
from psycopg import AsyncConnection
from psycopg.types.json import set_json_dumps, set_json_loads
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from segue.core.errors import UnavailableError

Connection = AsyncConnection[tuple[Any, ...]]

WAIT = 5.0
"""Seconds that a caller waits for a connection before the answer is that there is none."""
_ASK_AGAIN = 0.5
_OF_THE_ROW = (psycopg.DataError, psycopg.IntegrityError, psycopg.errors.ProgramLimitExceeded, UnicodeError)


def write_json(value: Any) -> str:
    """Return a value as JSON text."""
    return orjson.dumps(value).decode()


def prepare_connections() -> None:
    """Read and write JSON columns by orjson, in every connection of the process."""
    set_json_loads(orjson.loads)
    set_json_dumps(write_json)


def is_of_the_row(error: BaseException) -> bool:
    """Return True for an error that a value in a row can be blamed for; any other is the database's."""
    # a value past one of PostgreSQL's limits comes as an operational error
    return isinstance(error, _OF_THE_ROW) or isinstance(error.__cause__, psycopg.errors.ProgramLimitExceeded)


def is_of_a_partition(error: BaseException) -> bool:
    """Return True for a row that came to a partition which, since a statement began, is no longer the one for it."""
    return isinstance(error, psycopg.errors.CheckViolation) and error.diag.constraint_name is None


class Database:
    """A pool of connections. Every query of the service goes through `connection` or `transaction`."""

    def __init__(self, url: str, connections: int = 8) -> None:
        prepare_connections()
        self.url = url
        self.pool: AsyncConnectionPool[Connection] = AsyncConnectionPool(
            url,
            open=False,
            min_size=min(2, connections),
            max_size=connections,
            timeout=WAIT,
            reconnect_timeout=1.0,
            kwargs={"autocommit": True},
        )

    async def open(self) -> None:
        """Open the pool; it fills in the background, and again when the database comes back."""
        await self.pool.open()

    async def close(self) -> None:
        """Close every connection."""
        await self.pool.close()

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """Lend a connection on which every statement commits by itself.

        Raises:
            UnavailableError: the database does not answer.
        """
        with as_unavailable():
            connection = await self._lent()
            try:
                async with connection:
                    yield connection
            finally:
                await self.pool.putconn(connection)

    async def _lent(self) -> Connection:
        """Wait for a connection. Asking again is what makes the pool try to connect after it gave up."""
        until = time.monotonic() + WAIT
        while True:
            try:
                return await self.pool.getconn(timeout=_ASK_AGAIN)
            except PoolTimeout:
                if time.monotonic() >= until:
                    raise

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """Lend a connection in a transaction, committed at the end and rolled back by an error.

        Raises:
            UnavailableError: the database does not answer, or was lost on the way: whether the
                transaction was committed is then not known.
        """
        async with self.connection() as connection, connection.transaction():
            yield connection


class as_unavailable:
    """A block in which a lost or missing database raises `UnavailableError`."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if isinstance(error, PoolTimeout | psycopg.OperationalError | psycopg.InterfaceError):
            raise UnavailableError("the database does not answer; try again shortly") from error


@asynccontextmanager
async def open_database(url: str, connections: int = 3) -> AsyncIterator[Database]:
    """Give a pool of so many connections, open for the block."""
    database = Database(url, connections)
    await database.open()
    try:
        yield database
    finally:
        await database.close()
