"""`segue erasures`: who asked in a conversation to be erased, for whoever sees to it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

import typer
from rich.table import Table

from segue.agents.erasure_requests import ErasureRequest, close_request, open_requests
from segue.api.audit import record
from segue.api.cli.console import OUT, print_json, print_note, shown
from segue.api.cli.database import with_database
from segue.api.cli.options import JsonOption
from segue.core.database import Database


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command("erasures")(erasures)


def erasures(
    close: Annotated[
        UUID | None,
        typer.Option(metavar="CONVERSATION", help="Let the request of this conversation go: it was seen to."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """List who asked in a conversation to have their data deleted, until they are erased or the request is closed."""

    async def work(database: Database) -> Sequence[ErasureRequest]:
        async with database.transaction() as connection:
            if close is not None:
                await close_request(connection, close)
                await record(database, "cli", "close_erasure_request", str(close), connection=connection)
            return await open_requests(connection)

    found = with_database(work)
    if as_json:
        print_json([
            {"conversation_id": each.conversation_id, "kind": each.kind, "subject": each.subject,
             "asked_at": each.asked_at.isoformat()}
            for each in found
        ])  # fmt: skip
        return
    if not found:
        print_note("nobody is waiting to be erased")
        return
    table = Table("asked at", "who", "conversation", box=None, pad_edge=False)
    for each in found:
        who = "nobody known" if each.subject is None else f"{each.kind} {shown(each.subject)}"
        table.add_row(f"{each.asked_at:%Y-%m-%d %H:%M}", who, each.conversation_id)
    OUT.print(table)
    print_note(
        "see that it was they who asked; `segue erase --contact ID` or `--visitor ID` answers the request"
    )
