"""Rewrite a store so that its files hold what its rows hold and nothing that was removed from them.

PostgreSQL keeps removed rows in its tables until the room is used again, samples of them in its statistics,
and every change in its write-ahead log. What lies in free blocks of the disk itself, in backups, archives of
the log and other servers is not reached from here.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from segue.core.errors import UnavailableError
from segue.core.schema import connect
from segue.core.stored_texts import SCHEMAS

_MOST_SWITCHES = 256
_WAIT = 60.0
"""Seconds in which transactions that began before must end."""


def rewrite(url: str, log: Path | None = None) -> int:
    """Rewrite every table of Segue's, and let the log go on from here; return how many bytes the tables have.

    Each table is locked while it is rewritten: callers wait. For a server of one's own, by its superuser;
    `log` is the file in which that server writes its messages, which is emptied.

    Raises:
        UnavailableError: a transaction that began before does not end, or the server refuses.
    """
    with connect(url) as connection:
        connection.autocommit = True
        try:
            _wait_for_old_transactions(connection)
            _rewrite_tables(connection)
            size = _size(connection)
            _renew_log(connection)
        except psycopg.Error as error:
            said = str(error).splitlines()[0]
            raise UnavailableError(f"the store is not rewritten: {said}") from None
    if log is not None and log.is_file():
        with log.open("r+b") as file:  # the server appends to it
            file.truncate(0)
    return size


def _wait_for_old_transactions(connection: psycopg.Connection[Any]) -> None:
    """Wait until nobody can see rows that were removed by now: a rewrite would keep them for those."""
    row = connection.execute("SELECT pg_current_xact_id()::xid").fetchone()
    assert row is not None
    until = time.monotonic() + _WAIT
    while time.monotonic() < until:
        found = connection.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()"
            " AND (age(backend_xmin) >= age(%(now)s::xid) OR age(backend_xid) >= age(%(now)s::xid))",
            {"now": row[0]},
        ).fetchone()
        if found == (0,):
            return
        time.sleep(0.1)
    raise UnavailableError(
        f"a transaction has been open for over {_WAIT:.0f} s, and for it PostgreSQL keeps what was removed;"
        " end it and rewrite again"
    )


def _rewrite_tables(connection: psycopg.Connection[Any]) -> None:
    tables = connection.execute(
        "SELECT n.nspname, c.relname FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace"
        " WHERE n.nspname = ANY(%s) AND c.relkind = 'r' ORDER BY 1, 2",
        (list(SCHEMAS),),
    ).fetchall()
    # an emptied table keeps its samples otherwise
    connection.execute(
        "DELETE FROM pg_catalog.pg_statistic USING pg_class AS c, pg_namespace AS n"
        " WHERE starelid = c.oid AND n.oid = c.relnamespace AND n.nspname = ANY(%s)",
        (list(SCHEMAS),),
    )
    for schema, table in tables:
        connection.execute(sql.SQL("VACUUM (FULL, ANALYZE) {}").format(sql.Identifier(schema, table)))
    parents = connection.execute(
        "SELECT n.nspname, c.relname FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace"
        " WHERE n.nspname = ANY(%s) AND c.relkind = 'p'",
        (list(SCHEMAS),),
    ).fetchall()
    for schema, table in parents:
        connection.execute(sql.SQL("ANALYZE {}").format(sql.Identifier(schema, table)))
    _wait_for_old_transactions(connection)
    connection.execute("VACUUM FULL pg_catalog.pg_statistic")


def _renew_log(connection: psycopg.Connection[Any]) -> None:
    """Let every segment of the write-ahead log that was ever written be removed, not used again."""
    connection.execute("ALTER SYSTEM SET wal_recycle = off")
    connection.execute("SELECT pg_reload_conf()")
    try:
        connection.execute("CHECKPOINT")
        waiting = _segments(connection)
        for _ in range(_MOST_SWITCHES):
            # those that wait for use hold what was once written: each is written over, then removed
            connection.execute("SELECT pg_logical_emit_message(false, 'segue', 'rewritten', true)")
            connection.execute("SELECT pg_switch_wal()")
            connection.execute("CHECKPOINT")
            if not waiting & _segments(connection):
                break
        else:
            raise UnavailableError(
                "the write-ahead log keeps segments: a replica or an archive holds them back"
            )
    finally:
        connection.execute("ALTER SYSTEM RESET wal_recycle")
        connection.execute("SELECT pg_reload_conf()")


def _segments(connection: psycopg.Connection[Any]) -> set[str]:
    rows = connection.execute("SELECT name FROM pg_ls_waldir() WHERE name ~ '^[0-9A-F]{24}$'").fetchall()
    return {row[0] for row in rows}


def _size(connection: psycopg.Connection[Any]) -> int:
    row = connection.execute(
        "SELECT coalesce(sum(pg_table_size(c.oid)), 0)::bigint FROM pg_class AS c JOIN pg_namespace AS n"
        " ON n.oid = c.relnamespace WHERE n.nspname = ANY(%s) AND c.relkind = 'r'",
        (list(SCHEMAS),),
    ).fetchone()
    assert row is not None
    return int(row[0])
