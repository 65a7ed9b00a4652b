"""Audiences: lists of accounts for advertising tools, kept here and exported as files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from segue.activation.connectors.connector import Errand, NotDoneError
from segue.core.database import Connection


class AudienceConnector:
    """Puts accounts into the audience that a play names, and takes them out of it."""

    name = "audience"

    async def carry_out_in(self, connection: Connection, errand: Errand) -> Mapping[str, Any]:
        """Join the audience, or leave it where the play takes another one back."""
        audience = errand.parameters.get("audience")
        if not isinstance(audience, str) or not audience:
            raise NotDoneError("no_audience")
        cursor = await connection.execute(
            _LEAVE if errand.takes_back else _JOIN,
            {"audience": audience, "account": errand.account.id},
        )
        did = "left" if errand.takes_back else "joined"
        return {"audience": audience, did: cursor.rowcount == 1}


_JOIN = """
INSERT INTO segue.audience_members AS member (audience, account_id) VALUES (%(audience)s, %(account)s)
ON CONFLICT (audience, account_id) DO UPDATE SET joined_at = now(), left_at = NULL WHERE member.left_at IS NOT NULL
"""
_LEAVE = """
UPDATE segue.audience_members SET left_at = now()
WHERE audience = %(audience)s AND account_id = %(account)s AND left_at IS NULL
"""
