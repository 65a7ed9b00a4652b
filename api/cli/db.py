"""`segue db`: the schema of the store, its backup and its restoration."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from segue.api.cli.console import OUT, print_json, print_note
from segue.api.cli.options import JsonOption
from segue.core.backup import back_up, restore
from segue.core.counted import counted
from segue.core.private_server import database_url
from segue.core.schema import migrate, newest
from segue.core.settings import settings
from segue.core.store_status import store_status


def register(app: typer.Typer) -> None:
    """Add the group to the command line."""
    group = typer.Typer(no_args_is_help=True, help="Migrate, back up and restore the store, and look at it.")
    group.command("status")(status)
    group.command("migrate")(change_schema)
    group.command("backup")(backup)
    group.command("restore")(put_back)
    app.add_typer(group, name="db")


def status(as_json: JsonOption = False) -> None:
    """Say which schema the database is at and how much it holds; nothing is changed."""
    with _url() as url:
        found = store_status(url)
    if as_json:
        print_json(found)
        return
    for name, value in found.items():
        shown = f"{value:,}" if isinstance(value, int) and name != "postgres" else value
        OUT.print(f"[name]{name.replace('_', ' '):<18}[/name]", end="")
        OUT.print("-" if value is None else str(shown), markup=False)


def change_schema(
    to: Annotated[
        str,
        typer.Option(metavar="REV", help="A schema revision, head for the newest, base for none at all."),
    ] = "head",
    as_json: JsonOption = False,
) -> None:
    """Bring the schema to a revision, by default the newest. Going back removes what came after it."""
    with _url() as url:
        before, after = migrate(url, to)
    if as_json:
        print_json({"before": before, "after": after})
    elif before == after:
        print_note(f"the schema is at {after or 'base'} already")
    else:
        print_note(f"the schema went from {before or 'base'} to {after or 'base'}")


def backup(
    file: Annotated[Path, typer.Argument(help="The file to write; there must be none yet.")],
    as_json: JsonOption = False,
) -> None:
    """Write the whole store into one file, as it is at one instant. The service may run on."""
    with _url() as url:
        heading = back_up(url, file)
    size = file.stat().st_size
    if as_json:
        print_json({"file": str(file), "bytes": size, "schema": heading.schema, "made_at": heading.made_at})
    else:
        print_note(
            f"{file}: {counted(size, 'byte')}, schema {heading.schema}; it holds account data, keep it so"
        )


def put_back(
    file: Annotated[Path, typer.Argument(help="A file that `segue db backup` wrote.")],
    replace: Annotated[
        bool, typer.Option("--replace", help="Put it in the place of what the database holds.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Restore the store from a backup, all of it or nothing. Stop the service first."""
    with _url() as url:
        heading = restore(url, file, replace=replace)
        migrate(url)
    if as_json:
        print_json({"file": str(file), "made_at": heading.made_at, "schema": newest()})
    else:
        print_note(f"the store is as it was at {heading.made_at}, its schema at {newest()}")


@contextmanager
def _url() -> Iterator[str]:
    given = settings().database_url
    with database_url(given.get_secret_value() if given else None, settings().data_dir) as url:
        yield url
