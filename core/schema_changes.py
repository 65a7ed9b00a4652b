"""What Alembic does for `segue.core.schema`; imported when a schema changes, so that a start pays nothing for it."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from psycopg import Connection as PostgresConnection
from sqlalchemy import Connection, create_engine, pool, text
from sqlalchemy.exc import OperationalError

from segue.core.errors import ConflictError, InputError, UnavailableError, first_line


def change_schema(
    connection: PostgresConnection[tuple[object, ...]],
    scripts: Path,
    order: list[str],
    target: str,
    *,
    lock: int,
    version_table: str,
) -> tuple[str | None, str | None]:
    """Bring a database to a schema revision in one transaction, under a lock; return those before and after.

    `connection` is used up. `order` holds every revision that `scripts` have, the oldest first.

    Raises:
        UnavailableError: the database is lost meanwhile.
        ConflictError: the database is at a revision that is not among them.
        InputError: `target` is not.
    """
    engine = create_engine("postgresql+psycopg://", creator=lambda: connection, poolclass=pool.NullPool)
    with engine.connect() as opened, _one_line(), opened.begin():
        opened.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": lock})
        before = _current(opened, version_table)
        config = Config()
        config.set_main_option("script_location", str(scripts).replace("%", "%%"))
        config.attributes["connection"] = opened
        _move(config, before, ["base", *order], target)
        opened.execute(text("SELECT 1"))
        return before, _current(opened, version_table)


def _move(config: Config, before: str | None, order: list[str], target: str) -> None:
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


def _current(connection: Connection, version_table: str) -> str | None:
    schema, _, table = version_table.partition(".")
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
            raise UnavailableError(f"the database was lost: {first_line(error.orig or error)}") from None
