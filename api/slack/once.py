"""What Slack sends is answered once: its repetitions, and a request that is played again, are known by an id."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from segue.core.database import Database

_GIVEN_UP_AFTER = timedelta(seconds=30)
"""A request whose answer is not there by then was lost with its process: a repetition of it is answered."""
_TAKE = """
INSERT INTO segue.slack_requests AS old (request_id) VALUES (%s) ON CONFLICT (request_id) DO UPDATE SET taken_at = now()
WHERE old.answered_at IS NULL AND old.taken_at < now() - %s
"""


def request_id(body: Mapping[str, Any], headers: Mapping[str, Sequence[str]]) -> str:
    """Return what tells a request from every other: an event's id; of a press or command, its signature."""
    event = body.get("event_id")
    if isinstance(event, str) and event:
        return f"event:{event}"
    signature = "".join(headers.get("x-slack-signature", ()))
    return f"signed:{hashlib.sha256(signature.encode()).hexdigest()}"


async def take(database: Database, request: str) -> bool:
    """Return True for a request that is to be answered now, False for one that is or was.

    Raises:
        UnavailableError: the database does not answer.
    """
    async with database.transaction() as connection:
        return (await connection.execute(_TAKE, (request, _GIVEN_UP_AFTER))).rowcount == 1


async def answered(database: Database, request: str) -> None:
    """Note that a request has its answer."""
    async with database.transaction() as connection:
        await connection.execute(
            "UPDATE segue.slack_requests SET answered_at = now() WHERE request_id = %s", (request,)
        )
