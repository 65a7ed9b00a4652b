"""Merge accounts by hand: named by id or domain, and told on what they contradict each other."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from segue.accounts.duplicate_proposals import Contradiction, contradictions, proposals, read_members
from segue.accounts.families import set_parent
from segue.accounts.label_keeping import LabelKeeping
from segue.accounts.merging import Merged, merge_accounts, undo_merge
from segue.accounts.reader import account_key, read_accounts
from segue.accounts.stored import StoredAccount
from segue.accounts.stored_duplicates import Place, duplicate_accounts, page_of
from segue.core.database import Connection, Database
from segue.core.errors import InputError, NotFoundError


@dataclass(frozen=True, slots=True)
class HandMerge:
    """What merging two accounts, or undoing it, came to, for who did it."""

    merged: Merged
    undone: bool
    contradictions: tuple[Contradiction, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return it as plain JSON with instants in it."""
        return {
            "merge": self.merged.merge.to_json(),
            "undone": self.undone,
            "moves": [
                {"account": each.account_id, "pack": each.pack, "from_segment": each.from_segment,
                 "to_segment": each.to_segment}
                for each in self.merged.transitions if each.is_move
            ],
            "contradictions": [each.to_json() for each in self.contradictions],
        }  # fmt: skip


async def merge_named(
    connection: Connection,
    keeping: LabelKeeping,
    account: str,
    into: str,
    *,
    reason: str,
    by: str,
    now: datetime,
) -> HandMerge:
    """Merge one account into another, in the caller's transaction.

    Raises:
        NotFoundError: one of them is not stored.
        InputError, ConflictError: they cannot be merged; the message says why.
    """
    one, other = row_of(await _read(connection, account)), row_of(await _read(connection, into))
    merged = await merge_accounts(connection, keeping, one, other, reason=reason, by=by, now=now)
    kept = merged.merge.alias_of
    members = sorted(
        await read_members(connection, [one, kept]), key=lambda each: each.row.account_id != kept
    )
    return HandMerge(merged, False, tuple(contradictions(members)))


async def undo_named(
    connection: Connection, keeping: LabelKeeping, account: str, *, now: datetime
) -> HandMerge:
    """Undo the merge of an account, in the caller's transaction.

    Raises:
        NotFoundError: it is not stored, or merged into no other.
    """
    return HandMerge(
        await undo_merge(connection, keeping, row_of(await _read(connection, account)), now=now), True
    )


async def set_parent_named(
    connection: Connection, account: str, parent: str | None
) -> tuple[str, str | None]:
    """State the parent of an account by id or domain; return both as they are kept.

    Raises:
        NotFoundError: one of them is not stored.
        ConflictError: the account would be its own parent, or that of its parent.
    """
    one = (await _read(connection, account)).account.id
    above = None if parent is None else (await _read(connection, parent)).account.id
    await set_parent(connection, one, above)
    return one, above


async def list_duplicates(
    database: Database, after: str | None, limit: int, account: str | None = None
) -> dict[str, Any]:
    """Return a page of the groups of stored accounts that may be one, the surest first, as plain JSON.

    With `account`, an id or a domain, only the groups in which that is.

    Raises:
        InputError: `after` is no place in the list.
        NotFoundError: there is no such account.
    """
    place = None if after is None else _place(after)
    async with database.transaction() as connection:
        named = None if account is None else row_of(await _read(connection, account))
        groups = await duplicate_accounts(connection)
        page, following = page_of(groups, place, limit, named)
        found = await proposals(connection, page)
    return {
        "groups": [each.to_json() for each in found],
        "total": sum(named is None or named in each.accounts for each in groups),
        "next": None if following is None else f"{following[0]}:{following[1]}",
    }


def row_of(stored: StoredAccount) -> str:
    """Return the account that was named, though it may be merged into the one that was read."""
    return stored.asked_as or stored.account.id


async def _read(connection: Connection, account: str) -> StoredAccount:
    (stored,) = await read_accounts(connection, [account_key(account)], 0.0)
    if not stored.known:
        raise NotFoundError(f"no account {account!r}")
    return stored


def _place(after: str) -> Place:
    rank, mark, account = after.partition(":")
    if not mark or not account or not (rank.isascii() and rank.isdigit() and len(rank) < 4):
        raise InputError(f"after: expected the `next` of another page, found {after[:100]!r}")
    return int(rank), account
