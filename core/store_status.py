"""What the store is and how much it holds, for whoever operates it."""

from __future__ import annotations

from typing import Any

from segue.core.schema import connect, current, newest

_COUNTS = """
SELECT
    (SELECT count(*) FROM segue.accounts),
    (SELECT count(*) FROM segue.decisions),
    (SELECT min(decided_at) FROM segue.decisions),
    (SELECT max(decided_at) FROM segue.decisions),
    (SELECT count(*) FROM pg_inherits WHERE inhparent = 'segue.decisions'::regclass),
    (SELECT count(*) FROM segue.keys WHERE revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())),
    (SELECT deployment_id FROM segue.deployments ORDER BY deployment_id DESC LIMIT 1)
"""
_NAMES = (
    "accounts", "decisions", "oldest_decision", "newest_decision", "partitions", "valid_keys", "deployment",
)  # fmt: skip


def store_status(url: str) -> dict[str, Any]:
    """Return the state of the store as plain data; a database without one has no counts.

    Raises:
        UnavailableError: the database cannot be reached.
    """
    at = current(url)
    with connect(url) as connection:
        size = connection.execute("SELECT pg_database_size(current_database())").fetchone()
        found: dict[str, Any] = {
            "postgres": connection.info.server_version // 10_000,
            "database": connection.info.dbname,
            "schema": at,
            "newest_schema": newest(),
            "bytes": size[0] if size else 0,
        }
        if at is None:
            return found
        row = connection.execute(_COUNTS).fetchone() or ()
    counts: dict[str, Any] = dict(zip(_NAMES, row, strict=True))
    for name in ("oldest_decision", "newest_decision"):
        counts[name] = counts[name].isoformat() if counts[name] else None
    return found | counts
