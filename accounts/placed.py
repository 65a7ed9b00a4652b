"""Who a visitor or contact of a request is, and whose: how that is known, and how far it is believed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from segue.accounts.contact_roles import ContactTraits
from segue.accounts.links import Method
from segue.core.database import Connection
from segue.core.text_arrays import text_array

_QUERY = """
SELECT asked.number, CASE WHEN asked.with_traits THEN contact.traits END, asked.contact IS NOT NULL,
    visitor.method, visitor.confidence, contact.account_id, contact.method, contact.confidence,
    visitor.account_id, visitor.account_method, visitor.account_confidence
FROM unnest(%s::text[], %s::text[], %s::boolean[]) WITH ORDINALITY AS asked(visitor, contact, with_traits, number)
LEFT JOIN segue.visitors AS visitor ON visitor.visitor = asked.visitor
LEFT JOIN segue.contacts AS contact ON contact.contact_id = coalesce(asked.contact, visitor.contact_id)
WHERE contact.account_id IS NOT NULL OR visitor.account_id IS NOT NULL
    OR (asked.with_traits AND contact.contact_id IS NOT NULL)
"""


@dataclass(frozen=True, slots=True)
class Placed:
    """The account that somebody is held to belong to; `method` is that of the weakest link on the way."""

    account_id: str
    method: str
    confidence: float


async def placed_of(
    connection: Connection, asked: Sequence[tuple[str | None, str | None, bool]]
) -> dict[int, tuple[Placed | None, ContactTraits]]:
    """Return accounts and contact traits by the number, from 1 on, of who is asked for; of some there is nothing.

    Each is asked for by visitor and contact, and with True their traits are read. A contact's account goes before
    a browser's own. Of two links in a row both have to be right.
    """
    visitors, contacts, with_traits = zip(*asked, strict=True)
    columns = (text_array(visitors), text_array(contacts), list(with_traits))
    cursor = await connection.execute(_QUERY, columns)
    return {number: (_placed(*row), traits or {}) for number, traits, *row in await cursor.fetchall()}


def _placed(
    named: bool,
    by: str | None,
    how_far: float | None,
    account: str | None,
    method: str | None,
    confidence: float | None,
    own: str | None,
    own_method: str | None,
    own_confidence: float | None,
) -> Placed | None:
    if account is None:
        found = own_method or Method.EXPLICIT.value
        return None if own is None else Placed(own, found, _rounded(own_confidence))
    links = [(_rounded(confidence), method or Method.EXPLICIT.value)]
    if not named:  # the caller says who the contact is, or who the browser's is follows from a link too
        links.append((_rounded(how_far), by or Method.EXPLICIT.value))
    believed = round(links[0][0] * (links[-1][0] if len(links) > 1 else 1.0), 4)
    return Placed(account, min(links)[1], believed)


def _rounded(confidence: float | None) -> float:
    return 1.0 if confidence is None else round(confidence, 4)
