"""Whose a visitor or contact of a request is held to be, how that is known and how far it is believed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from segue.accounts.links import Method
from segue.core.database import Connection

_QUERY = """
SELECT asked.number, asked.contact IS NOT NULL, visitor.method, visitor.confidence, contact.account_id,
    contact.method, contact.confidence, visitor.account_id, visitor.account_method, visitor.account_confidence
FROM unnest(%s::text[], %s::text[]) WITH ORDINALITY AS asked(visitor, contact, number)
LEFT JOIN segue.visitors AS visitor ON visitor.visitor = asked.visitor
LEFT JOIN segue.contacts AS contact ON contact.contact_id = coalesce(asked.contact, visitor.contact_id)
WHERE contact.account_id IS NOT NULL OR visitor.account_id IS NOT NULL
"""


@dataclass(frozen=True, slots=True)
class Placed:
    """The account that somebody is held to belong to; `method` is that of the weakest link on the way."""

    account_id: str
    method: str
    confidence: float


async def placed_of(
    connection: Connection, asked: Sequence[tuple[str | None, str | None]]
) -> dict[int, Placed]:
    """Return the accounts of pairs of visitor and contact, by their number from 1 on; of some there is none.

    A contact's account goes before a browser's own. Of two links in a row both have to be right.
    """
    cursor = await connection.execute(
        _QUERY, ([visitor for visitor, _ in asked], [contact for _, contact in asked])
    )
    found: dict[int, Placed] = {}
    for number, named, by, how_far, account, *rest in await cursor.fetchall():
        method, confidence, own, own_method, own_confidence = rest
        if account is None:
            found[number] = Placed(own, own_method or Method.EXPLICIT.value, _rounded(own_confidence))
            continue
        links = [(_rounded(confidence), method or Method.EXPLICIT.value)]
        if not named:  # the caller says who the contact is, or who the browser's is follows from a link too
            links.append((_rounded(how_far), by or Method.EXPLICIT.value))
        believed = round(links[0][0] * (links[-1][0] if len(links) > 1 else 1.0), 4)
        found[number] = Placed(account, min(links)[1], believed)
    return found


def _rounded(confidence: float | None) -> float:
    return 1.0 if confidence is None else round(confidence, 4)
