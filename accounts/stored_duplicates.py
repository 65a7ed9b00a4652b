"""Stored accounts that may be one: found by what they share, shown with a tie-break's pick, never merged here.

Accounts that share anything make one group. An alias is no account, and is in none.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from segue.accounts.duplicate_keys import RANKS, AccountNames, SharedBy, is_one_name, keys_of
from segue.core.database import Connection

_FETCH = 2_000
_LEAST_PEOPLE = 2
"""Contacts that lead to both accounts: one alone may have changed jobs, or advise another company."""

_ACCOUNTS = """
SELECT account_id, domain, name, (
    SELECT said.value ->> 0 FROM jsonb_each(traits -> 'country') AS said
    WHERE jsonb_typeof(said.value -> 0) = 'string' ORDER BY (said.value ->> 2)::bigint DESC, said.key LIMIT 1),
    parent_id
FROM segue.accounts WHERE alias_of IS NULL ORDER BY account_id
"""
# the links of one contact to two keys that are two accounts, by an id and else by a domain
_PEOPLE = """
WITH claimed AS (
    SELECT DISTINCT link.from_id, coalesce(account.alias_of, account.account_id) AS account_id
    FROM segue.links AS link JOIN LATERAL (
        SELECT account_id, alias_of FROM (
            SELECT 0 AS place, account_id, alias_of, duplicate_of, parent_id FROM segue.accounts
            WHERE account_id = link.to_id
            UNION ALL SELECT 1, account_id, alias_of, duplicate_of, parent_id FROM segue.accounts
            WHERE domain = link.to_id
        ) AS candidate ORDER BY place, duplicate_of IS NOT NULL, parent_id IS NOT NULL, account_id LIMIT 1
    ) AS account ON true
    WHERE link.kind = 'contact_account' AND link.removed_at IS NULL AND link.confidence >= 0.5
), several AS (
    SELECT from_id FROM claimed GROUP BY from_id HAVING count(*) BETWEEN 2 AND 5
)
SELECT one.account_id, other.account_id, count(*)
FROM several JOIN claimed AS one USING (from_id) JOIN claimed AS other USING (from_id)
WHERE one.account_id < other.account_id GROUP BY 1, 2 HAVING count(*) >= %s
"""


@dataclass(frozen=True, slots=True)
class Shared:
    """What some accounts of a group have in common."""

    by: SharedBy
    what: str
    """The id, the domain, the name, or how many people."""
    accounts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DuplicateAccounts:
    """Accounts that may be one, in the order of their ids."""

    accounts: tuple[str, ...]
    shared: tuple[Shared, ...]
    """The surest first."""

    @property
    def place(self) -> tuple[int, str]:
        """Where it stands in the list: the surest groups first."""
        return RANKS[self.shared[0].by], self.accounts[0]


async def duplicate_accounts(connection: Connection) -> list[DuplicateAccounts]:
    """Return every group of stored accounts that may be one, within a transaction.

    The accounts are read twice: to see which keys are there more than once, and to keep those alone.
    """
    seen, repeated = set[int](), set[int]()
    async for account in _accounts(connection):
        for key in map(hash, keys_of(account)):
            (repeated if key in seen else seen).add(key)
    del seen
    sharing: dict[tuple[SharedBy, str], list[AccountNames]] = {}
    subsidiaries: set[str] = set()
    async for account in _accounts(connection):
        if account.is_subsidiary:
            subsidiaries.add(account.account_id)
        for shared in keys_of(account):
            if hash(shared) in repeated:
                sharing.setdefault(shared, []).append(account)
    found = [
        _shared(by, key, accounts) for (by, key), accounts in sharing.items() if _is_shared(by, accounts)
    ]
    cursor = await connection.execute(_PEOPLE, (_LEAST_PEOPLE,))
    found += [
        Shared(SharedBy.PEOPLE, f"{people} contacts", (one, other))
        for one, other, people in await cursor.fetchall()
        if subsidiaries.isdisjoint((one, other))
    ]
    return grouped(found)


async def _accounts(connection: Connection) -> AsyncIterator[AccountNames]:
    async with connection.cursor("named_accounts") as cursor:
        await cursor.execute(_ACCOUNTS)
        while rows := await cursor.fetchmany(_FETCH):
            for row in rows:
                yield AccountNames(*row)


def _is_shared(by: SharedBy, accounts: Sequence[AccountNames]) -> bool:
    if by is SharedBy.COUNTRY_DOMAIN:  # of one domain they are said to be elsewhere
        several = len({each.domain for each in accounts}) > 1
        return several and is_one_name([each.name for each in accounts])
    return len(accounts) > 1


def _shared(by: SharedBy, key: str, accounts: Sequence[AccountNames]) -> Shared:
    what = key
    if by in (SharedBy.NAME, SharedBy.SUBSIDIARY):
        what = next((each.name for each in accounts if each.name), key)
    return Shared(by, what, tuple(each.account_id for each in accounts))


def grouped(shared: Sequence[Shared]) -> list[DuplicateAccounts]:
    """Return the groups that accounts make by what they share, each account in one; the surest first. Pure."""
    heads: dict[str, str] = {}

    def head(account: str) -> str:
        while (above := heads.setdefault(account, account)) != account:
            heads[account] = heads[above]
            account = above
        return account

    for each in shared:
        first, *others = each.accounts
        for other in others:
            one, two = sorted((head(first), head(other)))
            heads[two] = one
    reasons: dict[str, list[Shared]] = {}
    for each in shared:
        reasons.setdefault(head(each.accounts[0]), []).append(each)
    members: dict[str, list[str]] = {}
    for account in sorted(heads):
        members.setdefault(head(account), []).append(account)
    groups = [
        DuplicateAccounts(tuple(members[one]), tuple(sorted(told, key=_sureness)))
        for one, told in reasons.items()
    ]
    return sorted(groups, key=lambda each: each.place)


def _sureness(shared: Shared) -> tuple[int, str, tuple[str, ...]]:
    return RANKS[shared.by], shared.what, shared.accounts


Place = tuple[int, str]


def page_of(
    groups: Sequence[DuplicateAccounts], after: Place | None, limit: int, account: str | None = None
) -> tuple[Sequence[DuplicateAccounts], Place | None]:
    """Return the groups after a place, and the place of the last of them where more follow."""
    wanted = [each for each in groups if account is None or account in each.accounts]
    left = [each for each in wanted if after is None or each.place > after]
    page = left[:limit]
    return page, page[-1].place if len(left) > len(page) else None
