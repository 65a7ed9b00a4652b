"""Bring a database to the schema that this version of Segue expects, or back to an earlier one."""

from __future__ import annotations

from pathlib import Path

import psycopg
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, pool, text

from segue.core.errors import InputError, UnavailableError

_LOCK = 0x5E60E
"""The advisory lock under which the schema changes: two replicas that start at once take turns."""


def migrate(url: str, target: str = "head") -> tuple[str | None, str | None]:
    """Bring the database at `url` to a schema revision, by default the newest; return those before and after.

    Everything happens in one transaction under an advisory lock: it is at the new schema or unchanged.
    An earlier revision, or `base` for none at all, takes back what came after it, data included.

    Raises:
        UnavailableError: the database cannot be reached.
        InputError: there is no such revision.
    """
    engine = create_engine(
        "postgresql+psycopg://", creator=lambda: psycopg.connect(url), poolclass=pool.NullPool
    )
    try:
        with engine.connect() as connection, connection.begin():
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
            before = _current(connection)
            config = Config()
            config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
            config.attributes["connection"] = connection
            _move(config, before, target)
            connection.execute(text("SELECT 1"))
            return before, _current(connection)
    except psycopg.OperationalError as error:
        raise UnavailableError(f"the database cannot be reached: {_first_line(error)}") from None


def newest() -> str:
    """Return the schema revision that this version of Segue expects."""
    head = ScriptDirectory(str(_SCRIPTS)).get_current_head()
    assert head is not None
    return head


_SCRIPTS = Path(__file__).parent / "migrations"


def _move(config: Config, before: str | None, target: str) -> None:
    scripts = ScriptDirectory.from_config(config)
    order = ["base", *reversed([each.revision for each in scripts.walk_revisions()])]
    wanted = order[-1] if target == "head" else target
    if wanted not in order:
        raise InputError(f"no schema revision {target!r}; expected one of {', '.join(order)} or head")
    at = order.index(before) if before else 0
    if order.index(wanted) > at:
        command.upgrade(config, wanted)
    elif order.index(wanted) < at:
        command.downgrade(config, wanted)


def _current(connection: Connection) -> str | None:
    context = MigrationContext.configure(
        connection, opts={"version_table": "segue_schema_version", "version_table_schema": "public"}
    )
    return context.get_current_revision()


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
