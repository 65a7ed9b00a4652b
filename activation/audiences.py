"""Audiences as files that advertising tools take: everybody in one, or what changed since an instant."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from segue.core.database import Connection
from segue.core.errors import NotFoundError, nearest

_FETCH = 5_000
_CARRIES_A_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Member:
    """An account of an audience; `action` is `add` or `remove`."""

    action: str
    domain: str | None
    name: str | None
    account_id: str


async def members(
    connection: Connection, audience: str, since: datetime | None = None
) -> AsyncIterator[Member]:
    """Yield who is in an audience, or who joined and left it after an instant, within a transaction.

    Raises:
        NotFoundError: nobody ever was in it.
    """
    cursor = await connection.execute("SELECT DISTINCT audience FROM segue.audience_members ORDER BY 1")
    known = [row[0] for row in await cursor.fetchall()]
    if audience not in known:
        raise NotFoundError(f"no audience {audience!r}{nearest(audience, known)}")
    async with connection.cursor("audience_members") as rows:
        rows.itersize = _FETCH
        await rows.execute(
            "SELECT CASE WHEN left_at IS NULL THEN 'add' ELSE 'remove' END, domain, name, account_id"
            " FROM segue.audience_members LEFT JOIN segue.accounts USING (account_id) WHERE audience = %(audience)s"
            " AND CASE WHEN %(since)s::timestamptz IS NULL THEN left_at IS NULL"
            "     ELSE coalesce(left_at, joined_at) > %(since)s END"
            " ORDER BY coalesce(left_at, joined_at), account_id",
            {"audience": audience, "since": since},
        )
        async for row in rows:
            yield Member(*row)


async def write_audience(
    connection: Connection, audience: str, path: Path, since: datetime | None, hashed: bool
) -> int:
    """Write an audience as CSV and return how many rows it has; a file that is there is replaced once it is whole.

    With `hashed`, a domain is the SHA-256 of its lower case and nothing else tells who it is.
    """
    beside = path.with_name(f"{path.name}.part")
    count = 0
    try:
        with beside.open("w", encoding="utf-8", newline="") as file:
            rows = csv.writer(file)
            actions = ["action"] if since is not None else []
            rows.writerow([*actions, *(["domain_sha256"] if hashed else ["domain", "company", "account_id"])])
            async for each in members(connection, audience, since):
                if each.domain is None:
                    continue  # no advertising tool could find it
                who = (
                    [_hashed(each.domain)]
                    if hashed
                    else [each.domain, _text(each.name), _text(each.account_id)]
                )
                rows.writerow([*([each.action] if since is not None else []), *who])
                count += 1
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
    return count


def _hashed(domain: str) -> str:
    return hashlib.sha256(domain.strip().lower().encode()).hexdigest()


def _text(text: str | None) -> str:
    """Return text that a spreadsheet takes for text."""
    return f"'{text}" if text and text.startswith(_CARRIES_A_FORMULA) else text or ""
