"""Back the store up into one file, and restore it: all of it or nothing, by PostgreSQL's own programs."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import threading
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

import psycopg

from segue.core.backup_file import PIECE, Heading, dump_of, read_whole, written_whole
from segue.core.errors import ConflictError, InputError, UnavailableError
from segue.core.postgres_programs import Programs, environment_for, programs_for
from segue.core.schema import LOCK, VERSION_TABLE, connect, current, newest, revisions

SCHEMAS = ("segue", "segue_analytics", "segue_jobs")
"""The schemas that a backup holds, whole. What else is in the database is not Segue's."""


def back_up(url: str, path: Path) -> Heading:
    """Write the store into a file, as it is at one instant; the service may run on meanwhile.

    Raises:
        ConflictError: there is such a file already, or the database holds no store.
        UnavailableError: the database or a program that fits it cannot be reached.
    """
    with connect(url) as connection:
        connection.autocommit = True
        connection.execute("SELECT pg_advisory_lock_shared(%s)", (LOCK,))  # the schema stays as it is
        schema = current(url)
        if schema is None:
            raise ConflictError("the database holds nothing of Segue yet: there is nothing to back up")
        major = connection.info.server_version // 10_000
        found = programs_for(major)
        heading = Heading(schema, f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}", major)
        command = [found.path("pg_dump"), "--format=custom", "--no-owner", "--no-privileges"]
        command += [f"--schema={name}" for name in SCHEMAS]
        with written_whole(path, heading) as file, tempfile.TemporaryFile() as errors:
            with subprocess.Popen(  # noqa: S603
                command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors,
                env=environment_for(url),
            ) as program:  # fmt: skip
                assert program.stdout is not None
                shutil.copyfileobj(program.stdout, file, PIECE)  # given the file itself, it would seek in it
            _check(program.returncode, "pg_dump", errors)
    return heading


def restore(url: str, path: Path, *, replace: bool = False) -> Heading:
    """Make the store what it was when the file was written, in one transaction: all of it or nothing.

    The schema is then that of the file; `segue.core.schema.migrate` brings it up to date.

    Raises:
        InputError: the file is no backup, was cut off or changed, or is of a newer version of Segue.
        ConflictError: the database holds decisions or accounts, and `replace` is not said.
        UnavailableError: the database or a program that fits it cannot be reached, or refused.
    """
    heading = read_whole(path)
    if heading.schema not in revisions():
        raise InputError(
            f"{path}: the backup is of schema revision {heading.schema}, and this version of Segue knows them"
            f" up to {newest()}: restore it with the version that made it, or a newer one"
        )
    with connect(url) as connection:
        if not replace:
            _check_empty(connection)
        found = programs_for(connection.info.server_version // 10_000)
    _run_in_one_transaction(url, found, path, heading)
    return heading


def _check_empty(connection: psycopg.Connection[Any]) -> None:
    for table in ("decisions", "accounts", "keys"):
        known = connection.execute("SELECT to_regclass(%s)", (f"segue.{table}",)).fetchone()
        if known == (None,):
            continue
        if connection.execute(f"SELECT 1 FROM segue.{table} LIMIT 1").fetchone() is not None:  # noqa: S608
            raise ConflictError(
                f"the database holds {table} already: restore with --replace, which puts the backup in their"
                " place"
            )


_BEFORE = """
\\set ON_ERROR_STOP on
BEGIN;
SET LOCAL lock_timeout = '30s';
SELECT pg_advisory_xact_lock({lock});
DROP SCHEMA IF EXISTS segue_jobs CASCADE;
DROP SCHEMA IF EXISTS segue_analytics CASCADE;
DROP SCHEMA IF EXISTS segue CASCADE;
SET LOCAL lock_timeout = 0;
"""
_AFTER = """
CREATE TABLE IF NOT EXISTS {table} (
    version_num varchar(32) NOT NULL CONSTRAINT segue_schema_version_pkc PRIMARY KEY
);
DELETE FROM {table};
INSERT INTO {table} VALUES ('{revision}');
NOTIFY segue_changed;
COMMIT;
"""


def _run_in_one_transaction(url: str, found: Programs, path: Path, heading: Heading) -> None:
    """Let pg_restore write its script into psql, which commits only once it has come whole."""
    with tempfile.TemporaryFile() as errors, tempfile.TemporaryFile() as complaints:
        psql = _started(
            [found.path("psql"), "-X", "-q", "-o", "/dev/null"], environment_for(url), errors, None
        )
        assert psql.stdin is not None
        _write(psql.stdin, [_BEFORE.format(lock=LOCK).encode()])
        script = [found.path("pg_restore"), "--no-owner", "--no-privileges", "--file=-"]
        reader = _started(script, environment_for(url), complaints, psql.stdin)
        assert reader.stdin is not None
        feeding = threading.Thread(target=_feed, args=(reader.stdin, path), daemon=True)
        feeding.start()
        read = reader.wait()
        feeding.join()
        if read == 0:
            after = _AFTER.format(table=VERSION_TABLE, revision=heading.schema)
            _write(psql.stdin, [after.encode()])
        with suppress(OSError):
            psql.stdin.close()  # without its COMMIT nothing has happened
        _check(psql.wait(), "psql", errors)
        _check(read, "pg_restore", complaints)


def _feed(into: IO[bytes], path: Path) -> None:
    _write(into, dump_of(path))
    with suppress(OSError):
        into.close()


def _write(into: IO[bytes], pieces: Any) -> None:
    with suppress(OSError):  # a program that ended says why itself
        for piece in pieces:
            into.write(piece)
        into.flush()


def _started(
    command: Sequence[str], environment: dict[str, str], errors: IO[bytes], output: IO[bytes] | None
) -> subprocess.Popen[bytes]:
    to = subprocess.DEVNULL if output is None else output
    return subprocess.Popen(  # noqa: S603
        command, stdin=subprocess.PIPE, stdout=to, stderr=errors, env=environment
    )


def _check(code: int, program: str, errors: IO[bytes]) -> None:
    if code:
        errors.seek(0)
        lines = [line.strip() for line in errors.read().decode("utf-8", "replace").splitlines()]
        said = next(
            (line for line in lines if "ERROR" in line or "error:" in line), (lines or ["no word"])[0]
        )
        raise UnavailableError(f"{program} ended with {code}, and nothing is changed: {said}")
