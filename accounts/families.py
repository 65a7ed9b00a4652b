"""Parents and subsidiaries among the stored accounts.

A parent is kept as it was stated: by id, domain or name, as an export of a CRM has it. Which account that
is, is found when it is read, so that the parent may come later than its subsidiaries, or be merged.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from segue.accounts.locks import lock_accounts
from segue.core.database import Connection
from segue.core.errors import ConflictError, NotFoundError

_MOST = 100
"""Subsidiaries that are shown."""
_DEEPEST = 20
"""Parents above one another that are looked at."""

# an id comes before a domain and that before a name; of several the tie-break's pick, of a family its head
_PARENT = """
SELECT counted.account_id, counted.domain, counted.name FROM (
    SELECT 0 AS place, account_id, alias_of, duplicate_of, parent_id FROM segue.accounts WHERE account_id = %(said)s
    UNION ALL SELECT 1, account_id, alias_of, duplicate_of, parent_id FROM segue.accounts WHERE domain = %(said)s
    UNION ALL SELECT 2, account_id, alias_of, duplicate_of, parent_id FROM segue.accounts WHERE name = %(said)s
) AS found JOIN segue.accounts AS counted ON counted.account_id = coalesce(found.alias_of, found.account_id)
WHERE counted.account_id <> ALL(%(accounts)s)
ORDER BY place, found.duplicate_of IS NOT NULL, found.parent_id IS NOT NULL, found.account_id LIMIT 1
"""
_STATED = """
SELECT parent_id FROM segue.accounts WHERE account_id = ANY(%(accounts)s) AND parent_id IS NOT NULL
ORDER BY account_id <> %(own)s, account_id LIMIT 1
"""
_SUBSIDIARIES = """
WITH said AS (
    SELECT unnest(ARRAY[account_id, domain, name]) AS said FROM segue.accounts WHERE account_id = ANY(%(accounts)s)
)
SELECT account_id, domain, name FROM segue.accounts
WHERE parent_id IN (SELECT said FROM said WHERE said IS NOT NULL) AND alias_of IS NULL
    AND account_id <> ALL(%(accounts)s)
ORDER BY account_id LIMIT %(most)s
"""


@dataclass(frozen=True, slots=True)
class Relative:
    """An account of a family."""

    id: str
    domain: str | None
    name: str | None


@dataclass(frozen=True, slots=True)
class Family:
    """The parent and the subsidiaries of an account."""

    stated_parent: str | None
    """The parent as it was stated."""
    parent: Relative | None
    """The account that it is; None where there is no such account yet."""
    subsidiaries: tuple[Relative, ...]
    """At most a hundred, in the order of their ids."""

    def to_json(self) -> dict[str, Any]:
        """Return it as plain JSON."""
        return {
            "stated_parent": self.stated_parent,
            "parent": None if self.parent is None else _relative(self.parent),
            "subsidiaries": [_relative(each) for each in self.subsidiaries],
        }


async def read_family(connection: Connection, account_id: str, aliases: Sequence[str] = ()) -> Family:
    """Return the family of an account, by what is stated of it and of its aliases; its own statement first."""
    stated, parent = await _parent_of(connection, account_id, aliases)
    asked = {"accounts": [account_id, *aliases], "most": _MOST}
    cursor = await connection.execute(_SUBSIDIARIES, asked)
    return Family(stated, parent, tuple(Relative(*row) for row in await cursor.fetchall()))


async def set_parent(connection: Connection, account_id: str, parent: str | None) -> None:
    """State the parent of an account, which an import that names another one replaces; None takes it away.

    `parent` is the id of an account.

    Raises:
        NotFoundError: there is no such account.
        ConflictError: the account would be its own parent, or that of its parent.
    """
    await lock_accounts(connection, [account_id])
    above: str | None = parent
    for _ in range(_DEEPEST):
        if above is None:
            break
        if above == account_id:
            raise ConflictError(f"{parent!r} is {account_id!r} or belongs to it: it cannot be its parent")
        found = (await _parent_of(connection, above, ()))[1]
        above = None if found is None else found.id
    cursor = await connection.execute(
        "UPDATE segue.accounts SET parent_id = %s, updated_at = now() WHERE account_id = %s",
        (parent, account_id),
    )
    if not cursor.rowcount:
        raise NotFoundError(f"no account {account_id!r}")


async def _parent_of(
    connection: Connection, account_id: str, aliases: Sequence[str]
) -> tuple[str | None, Relative | None]:
    members = [account_id, *aliases]
    cursor = await connection.execute(_STATED, {"accounts": members, "own": account_id})
    row = await cursor.fetchone()
    if row is None:
        return None, None
    cursor = await connection.execute(_PARENT, {"said": row[0], "accounts": members})
    found = await cursor.fetchone()
    return row[0], None if found is None else Relative(*found)


def _relative(account: Relative) -> dict[str, Any]:
    return {"id": account.id, "domain": account.domain, "name": account.name}
