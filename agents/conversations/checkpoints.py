"""LangGraph's checkpoints in the store: on connections of their own, and in plain JSON.

Plain JSON, and not the library's pickled and typed forms: what comes back from the store is never
code, and an erasure finds a text in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson
from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
from psycopg import AsyncConnection
from psycopg.rows import DictRow, dict_row
from psycopg_pool import AsyncConnectionPool

from segue.core.database import WAIT, Connection

_KIND = "json"


class PlainJson:
    """Writes what a checkpoint holds as JSON, and refuses what is no plain data."""

    def dumps_typed(self, obj: Any) -> tuple[str, bytes]:
        """Return plain data as JSON.

        Raises:
            TypeError: it is something else.
        """
        return _KIND, orjson.dumps(obj, option=orjson.OPT_PASSTHROUGH_DATACLASS)

    def loads_typed(self, data: tuple[str, bytes]) -> Any:
        """Return what `dumps_typed` wrote.

        Raises:
            ValueError: it is in another form.
        """
        kind, written = data
        if kind != _KIND:
            raise ValueError(f"a checkpoint in the form {kind!r}; expected {_KIND!r}")
        return orjson.loads(written)


class Checkpoints:
    """The connections of checkpoints, and what reads and writes them. Open it within the loop that uses it."""

    def __init__(self, url: str, connections: int = 4) -> None:
        self._pool: AsyncConnectionPool[AsyncConnection[DictRow]] = AsyncConnectionPool(
            url,
            open=False,
            min_size=1,
            max_size=connections,
            timeout=WAIT,
            reconnect_timeout=1.0,
            kwargs={"autocommit": True, "row_factory": dict_row},
            configure=_in_our_schema,
        )

    async def open(self) -> AsyncPostgresSaver:
        """Open the connections, which come in the background, and return what uses them."""
        await self._pool.open()
        return AsyncPostgresSaver(self._pool, serde=PlainJson())

    async def close(self) -> None:
        """Close them."""
        await self._pool.close()


async def _in_our_schema(connection: AsyncConnection[DictRow]) -> None:
    await connection.execute("SET search_path = segue")


async def forget_checkpoints(connection: Connection, conversation_ids: Sequence[str]) -> None:
    """Delete everything that is kept of the memory of conversations."""
    for table in ("checkpoints", "checkpoint_blobs", "checkpoint_writes"):
        await connection.execute(
            f"DELETE FROM segue.{table} WHERE thread_id = ANY(%s)".encode(),  # noqa: S608 - one of three names
            (list(conversation_ids),),
        )


async def forget_erased(connection: Connection, conversation_id: str) -> None:
    """Delete the memory of a conversation that is not there any more."""
    cursor = await connection.execute(
        "SELECT FROM segue.conversations WHERE conversation_id = %s", (conversation_id,)
    )
    if await cursor.fetchone() is None:
        await forget_checkpoints(connection, [conversation_id])
