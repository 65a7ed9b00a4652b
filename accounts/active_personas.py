"""Which roles of the buying committee are active at an account: its contacts that were seen lately."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from segue.core.database import Connection
from segue.policies.pack import Pack
from segue.policies.personas import role_of

SEEN_WITHIN = timedelta(days=90)
"""A contact that was not seen for that long is not active."""
_MOST = 200
"""Contacts of an account that are read, the last seen first."""

_CONTACTS = """
SELECT traits FROM segue.contacts AS contact
WHERE account_id IN (SELECT account_id FROM segue.accounts WHERE account_id = %(account)s OR alias_of = %(account)s)
    AND last_seen > %(after)s
    AND NOT coalesce((SELECT state = 'denied' FROM segue.consents
        WHERE kind = 'contact' AND subject = contact.contact_id AND purpose = 'personalization'
        ORDER BY at DESC, state = 'denied' DESC LIMIT 1), false)
ORDER BY last_seen DESC, contact_id LIMIT %(most)s
"""


async def active_personas(
    connection: Connection, account_id: str, pack: Pack, now: datetime
) -> tuple[str, ...]:
    """Return the personas of the contacts of an account that were seen lately, the last seen first.

    Contacts that deny to be treated by who they are do not count. A pack without personas has none.
    """
    if pack.personas is None:
        return ()
    asked = {"account": account_id, "after": now - SEEN_WITHIN, "most": _MOST}
    cursor = await connection.execute(_CONTACTS, asked)
    personas = (_persona(pack, row[0]) for row in await cursor.fetchall())
    return tuple(dict.fromkeys(persona for persona in personas if persona is not None))


def _persona(pack: Pack, traits: Mapping[str, Any]) -> str | None:
    """Return the persona that a contact is said to be, else the one of their title."""
    assert pack.personas is not None
    name = pack.personas.traits.persona
    said = _best(traits.get(name))
    if said in pack.personas.committee:
        return said
    title = _best(traits.get("title"))
    return role_of(pack, title).persona if title else None


def _best(said: Any) -> str | None:
    """Return what the surest source says, of equally sure ones the newest; None where it is no text."""
    if not isinstance(said, Mapping) or not said:
        return None
    value = max(said.values(), key=lambda each: (each[1] or 0.0, each[2], str(each[0])))[0]
    return value if isinstance(value, str) else None
