"""After a change of policy every account is labelled again, by whichever replica comes to it, a batch at a time.

How far that has come is a row of the database, written in the transaction of each batch: a replica that dies
loses nothing, and none is done twice. What moves by it sets nothing off unless the deployment asked for it.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from psycopg.types.json import Jsonb

from segue.accounts.label_changes import Cause
from segue.accounts.label_keeping import LabelKeeping
from segue.accounts.label_rows import forget_packs
from segue.agents.overdue import Chain, label_overdue
from segue.core.database import Connection, Database
from segue.core.errors import UnavailableError

_log = logging.getLogger(__name__)

_HEARD_WITHIN = 10
"""Seconds after a deployment in which a replica may still label by the packs before it."""

_COLUMNS = "deployment_id, set_off, accounts, done, moved, failed, started_at, finished_at"
_TAKE = """
SELECT set_off, up_to, started_at IS NULL FROM segue.relabellings
WHERE deployment_id = %s AND finished_at IS NULL FOR UPDATE SKIP LOCKED
"""
_NEXT = """
SELECT account_id FROM segue.accounts WHERE account_id > %s AND alias_of IS NULL ORDER BY account_id LIMIT %s
"""
# a replica that had not heard yet may have labelled, by the packs before, accounts that were done already; a
# label does not say by which artifacts it was made, so where those changed it goes by when it was made
_LEFT_BEHIND = """
SELECT account_id FROM segue.accounts WHERE alias_of IS NULL AND account_id <> ALL(%(tried)s) AND ((
    SELECT count(*) FROM segue.labels JOIN jsonb_each_text(%(live)s) AS live(pack, revision) USING (pack, revision)
    WHERE labels.account_id = accounts.account_id) < %(packs)s
    OR EXISTS (SELECT FROM segue.labels WHERE labels.account_id = accounts.account_id
        AND labelled_at BETWEEN %(since)s AND %(heard)s))
ORDER BY account_id LIMIT %(limit)s
"""


@dataclass(frozen=True, slots=True)
class PolicyProgress:
    """How far the accounts are labelled by a deployment."""

    deployment_id: int
    set_off: bool
    accounts: int | None
    """How many there are to label; None before the first batch."""
    done: int
    moved: int
    """Accounts that came into another segment."""
    failed: int
    started_at: datetime | None
    finished_at: datetime | None

    def to_json(self) -> dict[str, Any]:
        """Return it as plain JSON."""
        return {
            "deployment": self.deployment_id, "set_off": self.set_off, "accounts": self.accounts,
            "done": self.done, "moved": self.moved, "failed": self.failed, "started_at": self.started_at,
            "finished_at": self.finished_at,
        }  # fmt: skip


async def policy_progress(connection: Connection) -> PolicyProgress | None:
    """Return how far the newest deployment is, or None where nothing was deployed."""
    cursor = await connection.execute(
        f"SELECT {_COLUMNS} FROM segue.relabellings ORDER BY deployment_id DESC LIMIT 1"  # noqa: S608
    )
    row = await cursor.fetchone()
    return None if row is None else PolicyProgress(*row)


async def relabel_batch(
    database: Database, keeping: LabelKeeping, chain: Chain, deployment_id: int, now: datetime, limit: int
) -> int:
    """Label the next accounts under a deployment, whose packs are `keeping`'s; return how many.

    What time has done to them is seen to first, by the packs of before, which `chain` gives.

    0 means that all is done, that another replica is at it, or that what is left must wait until every
    replica has heard of the deployment.

    Raises:
        UnavailableError: the database does not answer.
    """
    async with database.transaction() as connection:
        await connection.execute(
            "INSERT INTO segue.relabellings (deployment_id) VALUES (%s) ON CONFLICT DO NOTHING",
            (deployment_id,),
        )
        cursor = await connection.execute(_TAKE, (deployment_id,))
        row = await cursor.fetchone()
        if row is None:
            return 0
        set_off, up_to, is_first = row
        if is_first:
            await connection.execute(
                "UPDATE segue.relabellings SET started_at = now(), accounts ="
                " (SELECT count(*) FROM segue.accounts WHERE alias_of IS NULL) WHERE deployment_id = %s",
                (deployment_id,),
            )
        cursor = await connection.execute(_NEXT, (up_to, limit))
        account_ids = [each[0] for each in await cursor.fetchall()]
        if not account_ids:
            return await _left_behind(connection, keeping, chain, deployment_id, set_off, now, limit)
        moved, failed = await _label(connection, keeping, chain, account_ids, set_off, now)
        await connection.execute(
            "UPDATE segue.relabellings SET up_to = %s, done = done + %s, moved = moved + %s, failed = failed + %s"
            " WHERE deployment_id = %s",
            (account_ids[-1], len(account_ids), moved, len(failed), deployment_id),
        )
        return len(account_ids)


async def _left_behind(
    connection: Connection,
    keeping: LabelKeeping,
    chain: Chain,
    deployment_id: int,
    set_off: bool,
    now: datetime,
    limit: int,
) -> int:
    """Label those who were labelled by other packs meanwhile; with none of them left, it is finished."""
    cursor = await connection.execute(
        "SELECT now.made_at, now.made_at < now() - make_interval(secs => %s),"
        " now.artifacts IS DISTINCT FROM before.artifacts FROM segue.deployments AS now"
        " LEFT JOIN segue.deployments AS before ON before.deployment_id ="
        " (SELECT max(deployment_id) FROM segue.deployments WHERE deployment_id < now.deployment_id)"
        " WHERE now.deployment_id = %s",
        (_HEARD_WITHIN, deployment_id),
    )
    row = await cursor.fetchone()
    if row is None or not row[1]:
        return 0
    since = row[0] if row[2] else None
    heard = since and since + timedelta(seconds=_HEARD_WITHIN)
    revisions = Jsonb({pack.name: pack.revision for pack in keeping.packs})
    tried: list[str] = []
    while True:
        cursor = await connection.execute(
            _LEFT_BEHIND,
            {"tried": tried, "live": revisions, "packs": len(keeping.packs), "since": since, "heard": heard,
             "limit": limit},
        )  # fmt: skip
        account_ids = [each[0] for each in await cursor.fetchall()]
        moved, _ = await _label(connection, keeping, chain, account_ids, set_off, now)
        tried += account_ids
        if moved:
            await connection.execute(
                "UPDATE segue.relabellings SET moved = moved + %s WHERE deployment_id = %s",
                (moved, deployment_id),
            )
        if len(account_ids) < limit:
            break
    await connection.execute(
        "UPDATE segue.relabellings SET finished_at = now() WHERE deployment_id = %s", (deployment_id,)
    )
    return len(tried)


async def _label(
    connection: Connection,
    keeping: LabelKeeping,
    chain: Chain,
    account_ids: Sequence[str],
    set_off: bool,
    now: datetime,
) -> tuple[int, Sequence[str]]:
    """Label accounts; where they cannot be labelled together, each by itself. Return how many moved, and who failed."""
    if not account_ids:
        return 0, ()
    try:
        async with connection.transaction():
            await forget_packs(connection, account_ids, [pack.name for pack in keeping.packs])
            await label_overdue(connection, keeping, chain, account_ids, now)
            changed = await keeping.relabel(
                connection, account_ids, now, Cause.POLICY, set_off=set_off, set_off_first=set_off
            )
    except UnavailableError:
        raise
    except Exception as error:
        if connection.broken:
            raise
        if len(account_ids) == 1:  # the others are labelled without it
            _log.error("account %s cannot be labelled: %s", account_ids[0], type(error).__name__)
            return 0, account_ids
        halves = account_ids[: len(account_ids) // 2], account_ids[len(account_ids) // 2 :]
        found = [await _label(connection, keeping, chain, half, set_off, now) for half in halves]
        return found[0][0] + found[1][0], [*found[0][1], *found[1][1]]
    return len({each.account_id for each in changed if each.is_move and each.from_segment}), ()
