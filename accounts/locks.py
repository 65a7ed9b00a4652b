"""Hold accounts for a transaction that writes what is known of them, or their labels."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from segue.core.database import Connection

# all who write take these locks in this order, so that none waits for one who waits for it; what only
# refers to an account, such as a contact, is not held up, which FOR UPDATE would do
_LOCK = """
WITH asked AS (SELECT DISTINCT unnest(%s::text[]) AS account_id),
wanted AS (
    SELECT account_id FROM asked
    UNION SELECT alias_of FROM segue.accounts JOIN asked USING (account_id) WHERE alias_of IS NOT NULL
)
SELECT accounts.account_id, alias_of FROM segue.accounts JOIN wanted USING (account_id)
ORDER BY accounts.account_id FOR NO KEY UPDATE OF accounts
"""


@dataclass(frozen=True, slots=True)
class Locked:
    """The accounts that a transaction holds. What is known of an alias counts for the account it stands for."""

    accounts: tuple[str, ...]
    aliases: tuple[str, ...]


async def lock_accounts(connection: Connection, account_ids: Iterable[str]) -> Locked:
    """Hold accounts, and those whose aliases they are, until the end of the transaction, in order of their ids."""
    found: dict[str, str | None] = {}
    wanted = list(account_ids)
    while wanted:
        cursor = await connection.execute(_LOCK, (wanted,))
        found |= dict(await cursor.fetchall())
        # one may have become an alias while it was waited for
        wanted = sorted({each for each in found.values() if each is not None} - found.keys())
    ordered = sorted(found)
    return Locked(
        tuple(account for account in ordered if found[account] is None),
        tuple(account for account in ordered if found[account] is not None),
    )
