"""Label accounts again: write what changed, why, and what that sets off, in the caller's transaction."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from psycopg.types.json import Jsonb

from segue.accounts.consequence_rows import (
    StayKey,
    cancel_merged,
    cancel_overtaken,
    read_stays,
    store_consequences,
)
from segue.accounts.consequences import Consequence, Stay, consequences_of
from segue.accounts.due_instant import label_due_at
from segue.accounts.event_state import with_current_events
from segue.accounts.event_values import instant_for
from segue.accounts.label_changes import Cause, Transition, label_changes
from segue.accounts.label_rows import (
    LabelRow,
    forget_labels,
    read_labels,
    write_due,
    write_labels,
)
from segue.accounts.locks import Locked, lock_accounts
from segue.accounts.reader import AccountKey, read_accounts
from segue.core.database import Connection
from segue.policies.pack import Pack

Defer = Callable[[Connection, str, str | None, datetime, Mapping[str, Any]], Awaitable[None]]
"""Defer a job in a transaction: its name, what it must not run beside, when, and with which arguments."""

CARRY_OUT = "activation.carry_out"
"""The job of a consequence."""

_INSERT = """
INSERT INTO segue.transitions
    (account_id, pack, from_segment, to_segment, from_status, to_status, because, cause, revision, at)
SELECT * FROM jsonb_to_recordset(%s) AS new(account_id text, pack text, from_segment text, to_segment text,
    from_status text, to_status text, because jsonb, cause text, revision text, at timestamptz)
RETURNING account_id, pack, transition_id
"""


async def relabel(
    connection: Connection,
    account_ids: Iterable[str],
    packs: Sequence[Pack],
    now: datetime,
    cause: Cause,
    defer: Defer,
    *,
    set_off: bool = True,
    set_off_first: bool = False,
    locked: Locked | None = None,
) -> list[Transition]:
    """Label accounts as they are stored, and return what changed. In the caller's transaction.

    The accounts are locked in the order of their ids, an alias together with the account that it stands
    for, which is labelled in its place. Written are the labels, a transition for each change of segment
    or status, the consequences of a change of segment with the jobs that carry them out, and when time
    alone could change a label next. With `set_off` false nothing is set off, as when a policy changed;
    with `set_off_first` false nothing by the first label of an account in a pack, as when a whole file
    comes in. What waits and no longer holds is cancelled in any case.

    An account is never labelled at an instant before that of the label it has, or of what its events came
    to: of two transactions the later to lock it may have looked at the clock first. `locked` are the
    accounts where the caller holds them already.
    """
    if locked is None:
        locked = await lock_accounts(connection, account_ids)
    if locked.aliases:
        await forget_labels(connection, locked.aliases)
        await cancel_merged(connection, locked.aliases)
    stored = await read_accounts(connection, [AccountKey(each) for each in locked.accounts], 0.0, now)
    now = max((now, *(instant_for(each.events, now) for each in stored)))
    stored = await with_current_events(connection, stored, packs, now)
    before = await read_labels(connection, locked.accounts)
    rows: list[LabelRow] = []
    changes: list[Transition] = []
    due_instants: dict[str, datetime | None] = {}
    for account in stored:
        old = before[account.account.id]
        instant = max((now, *(row.labelled_at for row in old.values()))).astimezone(UTC)
        written, changed = label_changes(account, packs, old, cause, instant)
        rows += written
        changes += changed
        due_instants[account.account.id] = label_due_at(packs, account, instant)
    await write_labels(connection, rows)
    await write_due(connection, due_instants)
    told = {
        (each.account_id, each.pack)
        for each in changes
        if each.is_move and set_off and (set_off_first or each.from_segment is not None)
    }
    return await store_changes(connection, changes, packs, defer, told)


async def store_changes(
    connection: Connection,
    changes: Sequence[Transition],
    packs: Sequence[Pack],
    defer: Defer,
    told: Collection[tuple[str, str]],
) -> list[Transition]:
    """Store transitions, and of the moves in `told`, each an account and a pack, what they set off.

    What waits and no longer holds by any of them is cancelled.
    """
    moves = [each for each in changes if each.is_move]
    if moves:
        await cancel_overtaken(connection, moves)
    moves = [each for each in moves if (each.account_id, each.pack) in told]
    stays = await read_stays(connection, moves) if moves else {}
    transitions = await _store(connection, changes)
    moves = [each for each in transitions if each.is_move and (each.account_id, each.pack) in told]
    await _set_off(connection, moves, packs, stays, defer)
    return transitions


async def _store(connection: Connection, changes: Sequence[Transition]) -> list[Transition]:
    if not changes:
        return []
    listed = [
        {
            "account_id": row["account"], "pack": row["pack"], "from_segment": row["from"],
            "to_segment": row["to"], "from_status": row["status"]["from"], "to_status": row["status"]["to"],
            "because": row["because"], "cause": row["cause"], "revision": row["revision"], "at": row["at"],
        }
        for row in (each.to_json() for each in changes)
    ]  # fmt: skip
    cursor = await connection.execute(_INSERT, (Jsonb(listed),))
    ids = {(account, pack): number for account, pack, number in await cursor.fetchall()}
    return [replace(each, transition_id=ids[each.account_id, each.pack]) for each in changes]


async def _set_off(
    connection: Connection,
    moves: Sequence[Transition],
    packs: Sequence[Pack],
    stays: Mapping[StayKey, Stay],
    defer: Defer,
) -> None:
    by_name = {pack.name: pack for pack in packs}
    found: list[Consequence] = []
    for move in moves:
        left = stays.get((move.account_id, move.pack, move.from_segment or ""))
        entered = stays.get((move.account_id, move.pack, move.to_segment or ""))
        found += consequences_of(by_name[move.pack], move, left, entered)
    await store_consequences(connection, found)
    async with connection.pipeline():  # a job costs a statement: none waits for the answer to the one before
        for each in found:
            if each.excluded is not None:
                continue
            arguments = {"consequence_id": each.consequence_id}
            await defer(connection, CARRY_OUT, each.transition.account_id, each.due_at, arguments)
