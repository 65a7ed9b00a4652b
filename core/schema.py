"""Bring a database to the schema that this version of Segue expects, or back to an earlier one."""

from __future__ import annotations

from pathlib import Path

import psycopg

from segue.core.errors import InputError, UnavailableError, first_line

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
    found = current(url)
    if found == newest() and target in ("head", found):
        return found, found
    from segue.core.schema_changes import change_schema  # Alembic takes most of a second to import

    return change_schema(connect(url), _SCRIPTS, revisions(), target, lock=LOCK, version_table=VERSION_TABLE)


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
        raise UnavailableError(f"the database cannot be reached: {first_line(error)}") from None


def current(url: str) -> str | None:
    """Return the revision that a database is at, or None before the first; nothing is changed."""
    with connect(url) as connection:
        if connection.execute("SELECT to_regclass(%s)", (VERSION_TABLE,)).fetchone() == (None,):
            return None
        row = connection.execute(f"SELECT version_num FROM {VERSION_TABLE}").fetchone()  # noqa: S608
        return None if row is None else str(row[0])


def revisions() -> list[str]:
    """Return every schema revision that this version of Segue knows, the oldest first.

    The name of a revision's file begins with it; they are made one after the other and never branch.
    """
    return sorted(each.name.partition("_")[0] for each in (_SCRIPTS / "versions").glob("[0-9]*_*.py"))


def newest() -> str:
    """Return the schema revision that this version of Segue expects."""
    return revisions()[-1]


_SCRIPTS = Path(__file__).parent / "migrations"
