"""How far it is believed that what an account did is the account's: for plays on surfaces that ask for it."""

from __future__ import annotations

from datetime import datetime, timedelta

from segue.accounts.links import CONFIDENCE, Method
from segue.core.database import Connection

LOOKED_BACK = timedelta(days=90)
"""Whose events are asked for."""
_SUREST = """
SELECT max(CASE
    WHEN contact.account_id IS NULL THEN coalesce(visitor.account_confidence, 0)
    WHEN event.trusted AND event.user_id IS NOT NULL THEN coalesce(contact.confidence, 1)
    WHEN visitor.contact_id = event.contact_id
        THEN coalesce(contact.confidence, 1) * coalesce(visitor.confidence, 1)
    ELSE coalesce(contact.confidence, 1) * %(browser)s END)
FROM segue.accounts AS account
JOIN segue.events AS event USING (account_id)
LEFT JOIN segue.visitors AS visitor USING (visitor)
LEFT JOIN segue.contacts AS contact ON contact.contact_id = event.contact_id
WHERE %(account)s IN (account.account_id, account.alias_of) AND event.mark IS NULL
    AND event.at > %(since)s AND event.at <= %(now)s
"""


async def surest_event(connection: Connection, account_id: str, now: datetime) -> float | None:
    """Return how far the surest of an account's events of late is believed to be its own; None where it has none."""
    parameters = {
        "account": account_id, "since": now - LOOKED_BACK, "now": now, "browser": CONFIDENCE[Method.BROWSER_USER_ID],
    }  # fmt: skip
    row = await (await connection.execute(_SUREST, parameters)).fetchone()
    return None if row is None or row[0] is None else round(float(row[0]), 4)
