"""Who is linked to an account, how that is known and how far it is believed; its parent and its subsidiaries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from segue.core.database import Connection

Who = Literal["contact", "visitor"]
_MOST_BELOW = 500
"""Subsidiaries that are shown."""
_PEOPLE = """
SELECT people.* FROM segue.accounts AS account CROSS JOIN LATERAL (
    (SELECT 'contact' AS kind, contact_id AS id, method, confidence, last_seen FROM segue.contacts
    WHERE account_id = account.account_id AND contact_id > %(contact)s AND %(contacts)s
    ORDER BY contact_id LIMIT %(limit)s)
    UNION ALL
    (SELECT 'visitor', visitor, account_method, account_confidence, last_seen FROM segue.visitors
    WHERE account_id = account.account_id AND visitor > %(visitor)s ORDER BY visitor LIMIT %(limit)s)
) AS people
WHERE account.account_id = %(account)s OR account.alias_of = %(account)s
ORDER BY kind, id LIMIT %(limit)s
"""
_PARENT = """
SELECT above.account_id, above.domain, above.name, link.confidence FROM segue.accounts AS account
JOIN segue.accounts AS above ON above.account_id = account.parent_id
LEFT JOIN segue.links AS link ON link.kind = 'account_parent' AND link.from_id = account.account_id
    AND link.to_id = above.account_id AND link.removed_at IS NULL
WHERE account.account_id = %s
"""
_BELOW = """
SELECT below.account_id, below.domain, below.name, link.confidence FROM segue.accounts AS below
LEFT JOIN segue.links AS link ON link.kind = 'account_parent' AND link.from_id = below.account_id
    AND link.to_id = %(account)s AND link.removed_at IS NULL
WHERE below.parent_id = %(account)s ORDER BY 1 LIMIT %(limit)s
"""


@dataclass(frozen=True, slots=True)
class Linked:
    """A contact or a visitor of an account."""

    kind: Who
    id: str
    method: str | None
    """How it is known; None where it was not told by a link."""
    confidence: float | None
    last_seen: datetime | None


async def read_linked(
    connection: Connection, account_id: str, limit: int, after: tuple[str, str] = ("", "")
) -> list[Linked]:
    """Return who is linked to an account, contacts first, in the order of their ids, after some place in it."""
    kind, last = after
    parameters = {
        "account": account_id, "limit": limit, "contacts": kind != "visitor", "contact": last,
        "visitor": last if kind == "visitor" else "",
    }  # fmt: skip
    cursor = await connection.execute(_PEOPLE, parameters)
    return [
        Linked(kind, who, method, None if confidence is None else round(confidence, 4), seen)
        for kind, who, method, confidence, seen in await cursor.fetchall()
    ]


async def read_family(connection: Connection, account_id: str) -> dict[str, Any]:
    """Return the parent and the subsidiaries of an account as plain data, each with how it is known."""
    above = await (await connection.execute(_PARENT, (account_id,))).fetchone()
    below = await connection.execute(_BELOW, {"account": account_id, "limit": _MOST_BELOW})
    return {
        "parent": None if above is None else _relative(*above),
        "subsidiaries": [_relative(*row) for row in await below.fetchall()],
    }


def _relative(
    account_id: str, domain: str | None, name: str | None, confidence: float | None
) -> dict[str, Any]:
    return {
        "account": account_id, "domain": domain, "name": name,
        "method": "import" if confidence is None else "explicit",
        "confidence": None if confidence is None else round(confidence, 4),
    }  # fmt: skip
