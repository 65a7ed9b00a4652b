"""Assignment: the account becomes its rep's, in Segue's own store."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from segue.activation.connectors.connector import Errand
from segue.core.database import Connection


class RouteConnector:
    """Makes the rep whom the policy assigns the account's owner, where it has none."""

    name = "route"

    async def carry_out_in(self, connection: Connection, errand: Errand) -> Mapping[str, Any]:
        """Write the owner, and return who it is, how they were found and who was passed over."""
        found = errand.assignment
        cursor = await connection.execute(
            "UPDATE segue.accounts SET owner = %s, updated_at = now() WHERE account_id = %s AND owner IS NULL",
            (found.rep, errand.account.id),
        )
        return {
            "rep": found.rep,
            "via": found.via.value,
            "pod": found.pod,
            "passed": [{"name": each.name, "reason": each.reason} for each in found.passed],
            "became_owner": cursor.rowcount == 1,
        }
