"""A consequence as it is stored: a play that a change of label sets off."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb

from segue.core.database import Connection
from segue.core.jobs import defer

CARRY_OUT = "activation.carry_out"
"""The job that carries one out."""
OPEN = ("waiting", "doing")
STATUSES = ("waiting", "doing", "done", "excluded", "cancelled", "parked")


@dataclass(frozen=True, slots=True)
class Consequence:
    """One play for one account, at one change of its label."""

    consequence_id: str
    transition_id: int
    account_id: str
    pack: str
    revision: str
    segment: str
    play: str
    moment: str
    due_at: datetime
    status: str
    reason: str | None
    attempts: int
    detail: Mapping[str, Any]
    changed_at: datetime
    words: Mapping[str, Any] | None = None
    """What its first try told the other system: see `words`."""


COLUMNS = (
    "consequence_id::text, transition_id, account_id, pack, revision, segment, play, moment, due_at, status,"
    " reason, attempts, detail, changed_at, words"
)
"""The columns of a `Consequence`, in its order."""


async def locked(connection: Connection, consequence_id: str) -> Consequence | None:
    """Return a consequence and hold its row until the caller's transaction ends."""
    cursor = await connection.execute(
        f"SELECT {COLUMNS} FROM segue.consequences WHERE consequence_id = %s FOR UPDATE",  # noqa: S608
        (consequence_id,),
    )
    row = await cursor.fetchone()
    return None if row is None else Consequence(*row)


async def settle(
    connection: Connection,
    consequence: Consequence,
    status: str,
    reason: str | None = None,
    detail: Mapping[str, Any] | None = None,
    attempts: int | None = None,
) -> None:
    """Write what became of a consequence; `detail` goes over what is there.

    Its delivery counts in the limits only while it is under way or done.
    """
    await connection.execute(
        "UPDATE segue.consequences SET status = %s, reason = %s, detail = detail || %s, attempts = %s,"
        " changed_at = now() WHERE consequence_id = %s",
        (
            status, reason, Jsonb(dict(detail or {})),
            consequence.attempts if attempts is None else attempts, consequence.consequence_id,
        ),
    )  # fmt: skip
    if status not in ("doing", "done", "waiting"):
        await uncount(connection, consequence)


async def count(connection: Connection, consequence: Consequence, now: datetime) -> None:
    """Count its delivery, which its tries share."""
    await connection.execute(
        "INSERT INTO segue.deliveries (account_id, contact, play, delivered_at, decision_id)"
        " VALUES (%s, NULL, %s, %s, %s)",
        (consequence.account_id, consequence.play, now, consequence.consequence_id),
    )


async def uncount(connection: Connection, consequence: Consequence) -> None:
    """Take its delivery out of the counts."""
    await connection.execute(
        "DELETE FROM segue.deliveries WHERE account_id = %s AND decision_id = %s",
        (consequence.account_id, consequence.consequence_id),
    )


async def put_off(connection: Connection, consequence: Consequence, until: datetime) -> None:
    """Have it carried out later."""
    await defer(
        connection, CARRY_OUT, consequence.account_id, until, {"consequence_id": consequence.consequence_id}
    )
