"""Merge two accounts that are one, and undo it: each in the caller's transaction, all of it or nothing.

To merge is to set a pointer. The events, contacts, pins and traits of the account that is merged away stay
where they are, and count for the other as long as the pointer stands.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from segue.accounts.consequence_rows import cancel_merged
from segue.accounts.label_changes import Cause, Transition
from segue.accounts.label_keeping import LabelKeeping
from segue.accounts.label_rows import LabelRow, forget_labels, read_labels
from segue.accounts.locks import lock_accounts
from segue.accounts.merges import (
    Merge,
    add_merge,
    as_they_were,
    give_back,
    hold_merges,
    merged_through,
    point,
    read_merges,
    remove_merge,
)
from segue.accounts.transitions import store_changes
from segue.core.database import Connection
from segue.core.errors import ConflictError, InputError, NotFoundError


@dataclass(frozen=True, slots=True)
class Merged:
    """What merging two accounts, or undoing it, came to."""

    merge: Merge
    transitions: Sequence[Transition]
    """How labels changed by it: of the account that goes, or comes back, and of the one that stays."""


async def merge_accounts(
    connection: Connection,
    keeping: LabelKeeping,
    account_id: str,
    into: str,
    *,
    reason: str,
    by: str,
    now: datetime,
) -> Merged:
    """Let an account stand for another from now on.

    Where `into` is an alias itself, the account stands for the one that that stands for; what was merged
    into the account before goes with it. The label of the account ends, with what takes back what its
    record was given; the account that stays is labelled anew by what is known of both.

    Raises:
        NotFoundError: there is no such account.
        InputError: both are the same.
        ConflictError: the account was merged into another already, or the other into it.
    """
    await hold_merges(connection)
    now = now.astimezone(UTC)
    if account_id == into:
        raise InputError(f"into: expected another account than {account_id!r} itself")
    stood_for = await _stood_for(connection, (account_id, into))
    if (target := stood_for[account_id]) is not None:
        raise ConflictError(f"{account_id!r} is merged into {target!r} already; undo that first")
    target = stood_for[into] or into
    if target == account_id:
        raise ConflictError(f"{into!r} is merged into {account_id!r}: they would stand for each other")
    through = await merged_through(connection, account_id)
    await lock_accounts(connection, (*through, target))
    labels = await read_labels(connection, (account_id, target))
    await add_merge(connection, account_id, into, reason, by, now, as_they_were(labels))
    await point(connection, through, target)
    ended = await _end_labels(connection, keeping, account_id, labels[account_id], now)
    changed = await keeping.relabel(connection, [target], now, Cause.MERGE, set_off_first=True)
    (merge,) = await read_merges(connection, [account_id])
    return Merged(merge, (*ended, *changed))


async def undo_merge(
    connection: Connection, keeping: LabelKeeping, account_id: str, *, now: datetime
) -> Merged:
    """Let an account stand for itself again: it and the one that it stood for are as if never merged.

    What happened meanwhile counts for whom it happened to. What merging took back is done again where the
    label is the same, and nobody is told a second time.

    Raises:
        NotFoundError: the account is merged into no other.
    """
    await hold_merges(connection)
    now = now.astimezone(UTC)
    found = await read_merges(connection, [account_id])
    if not found:
        raise NotFoundError(f"{account_id!r} is merged into no other account")
    (merge,) = found
    first, *others = await merged_through(connection, account_id)
    await lock_accounts(connection, (first, *others, merge.alias_of))
    await remove_merge(connection, account_id)
    await point(connection, [first], None)
    await point(connection, others, first)
    both = sorted((first, merge.alias_of))
    changed = await keeping.relabel(connection, both, now, Cause.MERGE, set_off_first=True)
    await give_back(connection, merge)
    return Merged(merge, changed)


async def _stood_for(connection: Connection, account_ids: Sequence[str]) -> dict[str, str | None]:
    """Return whom accounts stand for; None where it is nobody else."""
    cursor = await connection.execute(
        "SELECT account_id, alias_of FROM segue.accounts WHERE account_id = ANY(%s)", (list(account_ids),)
    )
    found: dict[str, str | None] = dict(await cursor.fetchall())
    for each in account_ids:
        if each not in found:
            raise NotFoundError(f"no account {each!r}")
    return found


async def _end_labels(
    connection: Connection,
    keeping: LabelKeeping,
    account_id: str,
    labels: Mapping[str, LabelRow],
    now: datetime,
) -> list[Transition]:
    """End the labels of an account that is merged away, and set off what takes back what it was given."""
    changes = [
        Transition(
            account_id, row.pack, pack.revision, row.segment, None, row.status, None, (), Cause.MERGE,
            max(now, row.labelled_at), row.since,
        )
        for pack in keeping.packs
        if (row := labels.get(pack.name)) is not None
    ]  # fmt: skip
    await cancel_merged(connection, [account_id])
    told = {(each.account_id, each.pack) for each in changes}
    stored = await store_changes(connection, changes, keeping.packs, keeping.defer, told)
    await forget_labels(connection, [account_id])
    return stored
