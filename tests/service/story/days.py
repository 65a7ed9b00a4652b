"""Days that pass: everything that the store dates goes back, since clocks cannot be moved forward."""

from __future__ import annotations

from datetime import timedelta

from tests.service.running import Service

_DATED = {
    "segue.events": ("at", "received_at"),
    "segue.accounts": ("event_traits_at", "event_traits_until", "label_due_at"),
    "segue.labels": ("since", "labelled_at"),
    "segue.transitions": ("at",),
    "segue.consequences": ("due_at", "changed_at"),
    "segue.deliveries": ("delivered_at",),
    "segue.audience_members": ("joined_at", "left_at"),
    "segue_jobs.procrastinate_jobs": ("scheduled_at",),
}


def let_pass(service: Service, time: timedelta) -> None:
    """Let time pass for the store: what was, was so much earlier, and what was to be is so much nearer."""
    for table, columns in _DATED.items():
        changes = ", ".join(f"{column} = {column} - %s" for column in columns)
        service.rows(f"UPDATE {table} SET {changes}", *([time] * len(columns)))
