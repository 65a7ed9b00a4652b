"""Bring a database to the schema that this version of Segue expects, or back to an earlier one."""

from __future__ import annotations

from pathlib import Path

import psycopg
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, pool, text
from sqlalchemy.exc import OperationalError

from segue.core.errors import ConflictError, InputError, UnavailableError

LOCK = 0x5E60E
"""The advisory lock under which the schema changes: two replicas that start at once take turns."""
VERSION_TABLE = "public.segue_schema_version"
"""Where the database says which revision its schema is at: beside what it takes back."""
_WAIT = 10
"""Seconds in which a connection must be made."""


def migrate(url: str, target: str = "head") -> tuple[str | None, str | None]:
    """Bring the database at `url` to a schema revision, by default the newest; return those before and after.

    Everything happens in one transaction under an advisory lock: it is at the new schema or unchanged.
    An earlier revision, or `base` for none at all, takes back what came after it, data included.

    Raises:
        UnavailableError: the database cannot be reached.
        ConflictError: the database is at a revision that this version does not know.
        InputError: there is no such revision.
    """
    engine = create_engine("postgresql+psycopg://", creator=lambda: connect(url), poolclass=pool.NullPool)
    with engine.connect() as connection, _one_line(), connection.begin():
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        before = _current(connection)
        config = Config()
        config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
        config.attributes["connection"] = connection
        _move(config, before, target)
        connection.execute(text("SELECT 1"))
        return before, _current(connection)


def connect(url: str) -> psycopg.Connection[tuple[object, ...]]:
    """Return a connection to a database.

    Raises:
        UnavailableError: it cannot be reached, or refuses; the reason is PostgreSQL's own.
        InputError: `url` is not one.
    """
    try:
        return psycopg.connect(url, connect_timeout=_WAIT)
    except psycopg.ProgrammingError:  # what it says quotes the address, and so the password
        expected = "postgresql://USER@HOST/DATABASE, with parameters that libpq knows"
        raise InputError(f"DATABASE_URL: expected an address such as {expected}") from None
    except psycopg.Error as error:
        raise UnavailableError(f"the database cannot be reached: {_first_line(error)}") from None


def current(url: str) -> str | None:
    """Return the revision that a database is at, or None before the first; nothing is changed."""
    with connect(url) as connection:
        if connection.execute("SELECT to_regclass(%s)", (VERSION_TABLE,)).fetchone() == (None,):
            return None
        row = connection.execute(f"SELECT version_num FROM {VERSION_TABLE}").fetchone()  # noqa: S608
        return None if row is None else str(row[0])


def revisions() -> list[str]:
    """Return every schema revision that this version of Segue knows, the oldest first."""
    return [each.revision for each in ScriptDirectory(str(_SCRIPTS)).walk_revisions()][::-1]


def newest() -> str:
    """Return the schema revision that this version of Segue expects."""
    return revisions()[-1]


_SCRIPTS = Path(__file__).parent / "migrations"


def _move(config: Config, before: str | None, target: str) -> None:
    order = ["base", *revisions()]
    wanted = order[-1] if target == "head" else target
    if wanted not in order:
        raise InputError(f"no schema revision {target!r}; expected one of {', '.join(order)} or head")
    if before is not None and before not in order:
        raise ConflictError(
            f"the database is at schema revision {before}, and this version of Segue knows them up to"
            f" {order[-1]}: a newer version made it; run that one"
        )
    at = order.index(before) if before else 0
    if order.index(wanted) > at:
        command.upgrade(config, wanted)
    elif order.index(wanted) < at:
        command.downgrade(config, wanted)


def _current(connection: Connection) -> str | None:
    schema, _, table = VERSION_TABLE.partition(".")
    context = MigrationContext.configure(
        connection, opts={"version_table": table, "version_table_schema": schema}
    )
    return context.get_current_revision()


class _one_line:
    """A block in which a database that is lost or refuses raises an error of one line."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if isinstance(error, OperationalError):
            raise UnavailableError(f"the database was lost: {_first_line(error.orig or error)}") from None


def _first_line(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0] if lines else type(error).__name__
