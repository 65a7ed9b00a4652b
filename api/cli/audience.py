"""`segue audience`: an audience as a file that an advertising tool takes."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from segue.activation.audiences import write_audience
from segue.api.cli.console import print_json, print_note
from segue.api.cli.database import with_database
from segue.api.cli.options import JsonOption, read_instant
from segue.core.counted import counted
from segue.core.database import Database


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(audience)


def audience(
    name: Annotated[str, typer.Argument(help="The audience that plays name.")],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FILE", help="The CSV file to write.")],
    since: Annotated[
        datetime | None,
        typer.Option(
            parser=read_instant, metavar="INSTANT", help="Only who joined or left since then: a delta."
        ),
    ] = None,
    hashed: Annotated[
        bool, typer.Option("--hashed", help="Domains by their SHA-256, and nothing else.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Write an audience as a file: everybody in it, or who joined and left since an instant."""

    async def work(database: Database) -> int:
        async with database.transaction() as connection:
            return await write_audience(connection, name, out, since, hashed)

    written = with_database(work)
    if as_json:
        print_json({"audience": name, "file": str(out), "accounts": written})
    else:
        print_note(f"{counted(written, 'account')} in {out}")
