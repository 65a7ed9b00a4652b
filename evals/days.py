"""Days that pass: everything that the store dates goes back, since clocks cannot be moved forward."""

from __future__ import annotations

from datetime import timedelta

import psycopg

_DATED = {
    "segue.events": ("at", "received_at"),
    "segue.accounts": ("event_traits_at", "event_traits_until", "label_due_at"),
    "segue.labels": ("since", "labelled_at"),
    "segue.transitions": ("at",),
    "segue.consequences": ("due_at", "changed_at"),
    "segue.deliveries": ("delivered_at",),
    "segue.audience_members": ("joined_at", "left_at"),
    "segue_jobs.procrastinate_jobs": ("scheduled_at",),
    "segue_jobs.procrastinate_workers": ("last_heartbeat",),
}


def let_pass(url: str, time: timedelta) -> None:
    """Let time pass for a store, by one transaction: what was, was so much earlier, what is to be is so much nearer.

    No service may run over it: one that does would write instants of before beside these.
    """
    with psycopg.connect(url) as connection:
        connection.execute(f"LOCK TABLE {', '.join(_DATED)} IN ACCESS EXCLUSIVE MODE".encode())
        for table, columns in _DATED.items():
            changes = ", ".join(f"{column} = {column} - %(time)s" for column in columns)
            connection.execute(f"UPDATE {table} SET {changes}".encode(), {"time": time})  # noqa: S608 - fixed names
