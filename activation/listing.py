"""Consequences shown, tried again and parked by hand."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from segue.activation.consequence import COLUMNS, Consequence, locked, put_off, settle
from segue.core.database import Connection
from segue.core.errors import ConflictError, NotFoundError
from segue.policies.plain import json_value

_AGAIN = ("parked", "excluded", "waiting")


async def list_consequences(
    connection: Connection, status: str | None = None, account: str | None = None, limit: int = 100
) -> list[Consequence]:
    """Return consequences, the last that changed first: of one status or account, where they are given."""
    cursor = await connection.execute(
        f"SELECT {COLUMNS} FROM segue.consequences"  # noqa: S608 - nothing from outside
        " WHERE (%(status)s::text IS NULL OR status = %(status)s)"
        " AND (%(account)s::text IS NULL OR account_id = %(account)s)"
        " ORDER BY changed_at DESC, consequence_id LIMIT %(limit)s",
        {"status": status, "account": account, "limit": limit},
    )
    return [Consequence(*row) for row in await cursor.fetchall()]


async def read_consequence(connection: Connection, consequence_id: str) -> Consequence:
    """Return one consequence.

    Raises:
        NotFoundError: there is none of this id.
    """
    cursor = await connection.execute(
        f"SELECT {COLUMNS} FROM segue.consequences WHERE consequence_id = %s",  # noqa: S608
        (consequence_id,),
    )
    row = await cursor.fetchone()
    if row is None:
        raise NotFoundError(f"no consequence {consequence_id}")
    return Consequence(*row)


async def try_again(connection: Connection, consequence_id: str) -> Consequence:
    """Have a consequence carried out now, its tries counted anew, in the caller's transaction.

    Raises:
        NotFoundError: there is none of this id.
        ConflictError: it is done, cancelled or under way.
    """
    found = await _locked(connection, consequence_id, _AGAIN, "tried again")
    await settle(connection, found, "waiting", "by hand", attempts=0)
    await put_off(connection, found, datetime.now(UTC))
    return await read_consequence(connection, consequence_id)


async def park(connection: Connection, consequence_id: str) -> Consequence:
    """Have a consequence wait for somebody who has it tried again, in the caller's transaction.

    Raises:
        NotFoundError: there is none of this id.
        ConflictError: it does not wait.
    """
    found = await _locked(connection, consequence_id, ("waiting",), "parked")
    await settle(connection, found, "parked", "by hand")
    return await read_consequence(connection, consequence_id)


def consequence_json(found: Consequence) -> dict[str, Any]:
    """Return a consequence as plain JSON."""
    return {
        "id": found.consequence_id,
        "account": found.account_id,
        "pack": found.pack,
        "segment": found.segment,
        "moment": found.moment,
        "play": found.play,
        "due_at": json_value(found.due_at),
        "status": found.status,
        "reason": found.reason,
        "attempts": found.attempts,
        "detail": dict(found.detail),
        "revision": found.revision,
        "changed_at": json_value(found.changed_at),
    }


async def _locked(
    connection: Connection, consequence_id: str, statuses: tuple[str, ...], what: str
) -> Consequence:
    found = await locked(connection, consequence_id)
    if found is None:
        raise NotFoundError(f"no consequence {consequence_id}")
    if found.status not in statuses:
        raise ConflictError(f"consequence {consequence_id} is {found.status}: it cannot be {what}")
    return found
