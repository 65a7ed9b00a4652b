"""Labels that change by themselves: the accounts whose time has come are labelled again."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from segue.accounts.label_changes import Cause
from segue.accounts.label_keeping import LabelKeeping
from segue.core.database import Connection, Database
from segue.core.errors import UnavailableError

_log = logging.getLogger(__name__)

_LATER = timedelta(hours=1)
"""How long an account that cannot be labelled is left alone."""

# who claims takes only what is free and never waits, so that it may hold accounts out of their order
_CLAIM = """
SELECT account_id FROM segue.accounts WHERE label_due_at <= %s AND alias_of IS NULL
ORDER BY label_due_at LIMIT %s FOR NO KEY UPDATE SKIP LOCKED
"""
_NEXT = "SELECT min(label_due_at) FROM segue.accounts WHERE label_due_at IS NOT NULL AND alias_of IS NULL"


@dataclass(frozen=True, slots=True)
class DueRound:
    """What one round of labelling did."""

    claimed: int = 0
    changed: int = 0
    """Accounts of which some label became another, or more or less sure."""
    failed: int = 0
    """Accounts that could not be labelled; they are tried again later."""

    @property
    def spurious(self) -> int:
        """Accounts that were looked at for nothing: the instant was a bound, not the change itself."""
        return self.claimed - self.changed - self.failed


async def relabel_due(database: Database, keeping: LabelKeeping, now: datetime, limit: int) -> DueRound:
    """Label again up to `limit` of the accounts that are due, in one transaction, and return what came of it.

    Several may do so at once: each claims other accounts. An account that cannot be labelled does not
    hold the others up.

    Raises:
        UnavailableError: the database does not answer.
    """
    claimed: list[str] = []
    try:
        async with database.transaction() as connection:
            cursor = await connection.execute(_CLAIM, (now, limit))
            claimed = [row[0] for row in await cursor.fetchall()]
            return await _label(connection, keeping, claimed, now)
    except UnavailableError:
        raise
    except Exception as error:  # whatever it is, it is one account's: the others are labelled without it
        _log.warning("%d accounts could not be labelled together: %s", len(claimed), type(error).__name__)
        return await _one_by_one(database, keeping, claimed, now)


async def next_due(connection: Connection) -> datetime | None:
    """Return when the next account is due, or None where time alone changes nothing."""
    cursor = await connection.execute(_NEXT)
    row = await cursor.fetchone()
    return None if row is None else row[0]


async def _label(
    connection: Connection, keeping: LabelKeeping, claimed: Sequence[str], now: datetime
) -> DueRound:
    if not claimed:
        return DueRound()
    changed = await keeping.relabel(connection, claimed, now, Cause.TIME)
    return DueRound(len(claimed), len({each.account_id for each in changed}))


async def _one_by_one(
    database: Database, keeping: LabelKeeping, account_ids: Sequence[str], now: datetime
) -> DueRound:
    changed = failed = 0
    for account_id in account_ids:
        try:
            async with database.transaction() as connection:
                changed += (await _label(connection, keeping, [account_id], now)).changed
        except UnavailableError:
            raise
        except Exception as error:
            failed += 1
            _log.error("account %s cannot be labelled: %s", account_id, type(error).__name__)
            async with database.connection() as connection:
                await connection.execute(
                    "UPDATE segue.accounts SET label_due_at = %s WHERE account_id = %s",
                    (now + _LATER, account_id),
                )
    return DueRound(len(account_ids), changed, failed)
