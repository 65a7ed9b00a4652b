"""Days that pass: everything that a store dates goes back, since its clock cannot be moved forward."""

from __future__ import annotations

from datetime import timedelta

import psycopg
from psycopg import sql

_TRIES = 5
_DATED = {
    "segue.accounts": ("event_traits_at", "event_traits_until", "label_due_at"),
    "segue.events": ("at", "received_at"),
    "segue.contacts": ("last_seen",),
    "segue.visitors": ("last_seen",),
    "segue.labels": ("since", "labelled_at"),
    "segue.transitions": ("at",),
    "segue.consequences": ("due_at", "changed_at"),
    "segue.deliveries": ("delivered_at",),
    "segue.audience_members": ("joined_at", "left_at"),
    "segue_jobs.procrastinate_jobs": ("scheduled_at",),
}
"""Tables to their columns."""
_AT_REST = {"segue_jobs.procrastinate_workers": ("last_heartbeat",)}
"""Besides, where no worker runs: one that does would be taken for dead."""


def let_pass(url: str, time: timedelta, *, at_rest: bool = False) -> None:
    """Let time pass for a store: what was, was so much earlier, and what is to be is so much nearer.

    `at_rest` says that no service runs over it. One that does may be told of either side of it.
    """
    for tried in range(1, _TRIES + 1):
        try:
            with psycopg.connect(url) as connection:
                # whoever works on accounts ends first, and others begin after it
                connection.execute("LOCK TABLE segue.accounts IN EXCLUSIVE MODE")
                _move_back(connection, time, _DATED | (_AT_REST if at_rest else {}))
                return
        except psycopg.errors.DeadlockDetected:
            if tried == _TRIES:
                raise


def _move_back(connection: psycopg.Connection, time: timedelta, dated: dict[str, tuple[str, ...]]) -> None:
    for table, columns in dated.items():
        changes = [sql.SQL("{0} = {0} - %(time)s").format(sql.Identifier(each)) for each in columns]
        query = sql.SQL("UPDATE {} SET {}").format(
            sql.Identifier(*table.split(".")), sql.SQL(", ").join(changes)
        )
        connection.execute(query, {"time": time})
