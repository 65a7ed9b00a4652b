"""The audit trail: who changed what, in the transaction that changed it where that is possible."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from psycopg.types.json import Jsonb
from starlette.requests import Request

from segue.api.keys import Key
from segue.core.database import Connection, Database

_INSERT = "INSERT INTO segue.audit (actor, action, target, detail, request_id) VALUES (%s, %s, %s, %s, %s)"


async def record(
    database: Database,
    actor: str,
    action: str,
    target: str,
    detail: Mapping[str, Any] | None = None,
    request_id: str | None = None,
    connection: Connection | None = None,
) -> None:
    """Add a row: an actor such as `key:ID` or `cli`, what was done, to what, and with which values.

    With a `connection` the row is part of its transaction.
    """
    row = (actor, action, target, Jsonb(dict(detail or {})), request_id)
    if connection is not None:
        await connection.execute(_INSERT, row)
        return
    async with database.transaction() as own:
        await own.execute(_INSERT, row)


async def record_call(
    request: Request,
    key: Key,
    action: str,
    target: str,
    detail: Mapping[str, Any] | None = None,
    connection: Connection | None = None,
) -> None:
    """Add a row for an administrative call over HTTP."""
    request_id = request.scope.get("segue.request_id")
    database = request.app.state.services.database
    await record(database, actor(key), action, target, detail, request_id, connection)


def actor(key: Key) -> str:
    """Return a key as the audit names it."""
    return f"key:{key.key_id}"
