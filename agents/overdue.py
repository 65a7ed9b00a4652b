"""Accounts whose time has come before a change of policy comes to them: time moves them first, with what that sets off.

Were they labelled by the new policy alone, what time did to them would be taken for the policy's doing, of which
nothing is set off: a tag would stay, a sequence would run on.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from segue.accounts.label_changes import Cause
from segue.accounts.label_keeping import LabelKeeping
from segue.core.database import Connection
from segue.core.errors import SegueError
from segue.policies.pack import Pack

_log = logging.getLogger(__name__)

Chain = Callable[[Mapping[str, str]], Awaitable[tuple[Pack, ...]]]
"""Give the packs of stored revisions: pack to revision, in the order in which they read one another."""

_OVERDUE = """
SELECT account_id, jsonb_object_agg(pack, revision) FROM segue.accounts JOIN segue.labels USING (account_id)
WHERE account_id = ANY(%s) AND label_due_at <= %s AND pack = ANY(%s) GROUP BY account_id
"""


async def label_overdue(
    connection: Connection, keeping: LabelKeeping, chain: Chain, account_ids: Sequence[str], now: datetime
) -> None:
    """Label those of some accounts that are due, by the packs that labelled them last, as time has it.

    In the caller's transaction, who labels them by the packs of `keeping` afterwards. Where the packs before
    do not load any more, that is all that is done.
    """
    names = [pack.name for pack in keeping.packs]
    cursor = await connection.execute(_OVERDUE, (list(account_ids), now, names))
    groups: dict[tuple[tuple[str, str], ...], list[str]] = {}
    for account_id, revisions in await cursor.fetchall():
        ordered = tuple((name, revisions[name]) for name in names if name in revisions)
        groups.setdefault(ordered, []).append(account_id)
    for revisions, due in groups.items():
        packs = await _packs_of(keeping, chain, dict(revisions))
        if packs is not None:
            await replace(keeping, packs=packs).relabel(connection, due, now, Cause.TIME)


async def _packs_of(
    keeping: LabelKeeping, chain: Chain, revisions: Mapping[str, str]
) -> tuple[Pack, ...] | None:
    if revisions == {pack.name: pack.revision for pack in keeping.packs}:
        return keeping.packs
    try:
        return await chain(revisions)
    except SegueError as error:
        _log.warning(
            "labels of a policy that does not load are not looked at again: %s", type(error).__name__
        )
        return None
