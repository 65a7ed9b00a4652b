"""DuckDB as this floor uses it: in memory, instants in UTC, and silent."""

from __future__ import annotations

import duckdb


def open_engine(**config: str | int) -> duckdb.DuckDBPyConnection:
    """Return a connection of its own; close it, or use it in a `with` block.

    DuckDB writes a progress bar to standard output once a query takes two seconds, terminal or not: a
    caller who prints JSON would find it in there. It is switched off.
    """
    connection = duckdb.connect(config={**config})
    connection.execute("SET enable_progress_bar = false")
    connection.execute("SET TimeZone = 'UTC'")
    return connection
