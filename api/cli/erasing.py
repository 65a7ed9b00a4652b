"""`segue erase`: one person out of the store, and what is left of them out of its files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from segue.accounts.persons import Person
from segue.agents.counted_properties import counted_properties
from segue.agents.erasure import Asked, Erased, erase, look
from segue.agents.live_policies import LivePolicies
from segue.api.audit import record
from segue.api.cli.console import OUT, print_json, print_note
from segue.api.cli.database import with_database_url, with_url
from segue.api.cli.options import JsonOption
from segue.core.counted import counted
from segue.core.database import Connection, Database
from segue.core.errors import InputError
from segue.core.rewriting import rewrite
from segue.core.server_places import server_folder
from segue.core.settings import settings

_ELSEWHERE = (
    "not reached from here: backups (`segue db backup`, snapshots), archives of PostgreSQL's log, its replicas,"
    " account files, the CRM and whatever else was told of them; docs/privacy.md says what to do there"
)


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command("erase")(erase_person)


def erase_person(
    contact: Annotated[str | None, typer.Option(metavar="ID", help="The person as a contact.")] = None,
    visitor: Annotated[str | None, typer.Option(metavar="ID", help="The person at a browser.")] = None,
    email: Annotated[str | None, typer.Option(metavar="ADDRESS", help="The person by their address.")] = None,
    also: Annotated[
        list[str],
        typer.Option(
            metavar="TEXT",
            help="A further text that is theirs alone, such as a full name; replaced everywhere.",
        ),
    ] = [],  # noqa: B006 - typer copies it
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    finish: Annotated[
        bool,
        typer.Option("--finish", help="Rewrite the store's files too, or, alone, after erasures over HTTP."),
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Erase one person from the store, and its files of what was erased: it cannot be undone."""
    asked = Asked(contact, visitor, email, tuple(also))
    given = sum(each is not None for each in (contact, visitor, email))
    if given > 1 or (given == 0 and not finish) or (given == 0 and also):
        raise InputError("expected one of --contact ID, --visitor ID and --email ADDRESS, or --finish alone")
    for text in asked.names:
        if "\0" in text or not text.strip():
            raise InputError("expected a text that is not blank")
    if any(len(text) < 4 for text in also):
        raise InputError("--also: expected a text of 4 characters or more: it is replaced wherever it stands")
    is_private = settings().database_url is None
    result = with_database_url(lambda url: _do(url, asked if given else None, yes, finish or is_private))
    if as_json:
        print_json(result)
        return
    if given:
        rows = ", ".join(f"{counted(count, 'row')} of {table}" for table, count in result["rows"].items())
        OUT.print(f"erased {counted(result['contacts'], 'contact')} and {counted(result['visitors'], 'visitor')}:"
                  f" {rows or 'nothing was there'}", markup=False, soft_wrap=True)  # fmt: skip
    if result["rewritten"]:
        print_note("the store's files are rewritten: they hold nothing that was erased")
    else:
        print_note(
            "rows are erased; the database's files keep old versions until they are rewritten: run"
            " `segue erase --finish` as its superuser while callers can wait"
        )
    print_note(_ELSEWHERE)


def _do(url: str, asked: Asked | None, yes: bool, finish: bool) -> dict[str, Any]:
    result: dict[str, Any] = {"contacts": 0, "visitors": 0, "rows": {}}
    if asked is not None:
        if not yes:
            person = with_url(url, lambda database: look(database, asked))
            typer.confirm(_question(person), abort=True, err=True)
        result = with_url(url, lambda database: _erase(database, asked)).to_json()
    if finish:
        rewrite(url, _log())
    return {**result, "rewritten": finish}


def _question(person: Person) -> str:
    return (
        f"Erase {counted(len(person.contacts), 'contact')}, {counted(len(person.visitors), 'visitor')} and"
        f" {counted(len(person.emails), 'address', 'addresses')} of accounts"
        f" {', '.join(sorted(person.accounts)) or '(none)'}? It cannot be undone."
    )


async def _erase(database: Database, asked: Asked) -> Erased:
    policies = LivePolicies(database)
    await policies.refresh()
    packs = policies.live.packs if policies.ready else ()
    kind = "contact" if asked.contact else "visitor" if asked.visitor else "email"

    async def noted(connection: Connection, found: Erased) -> None:
        await record(database, "cli", "erase", kind, found.to_json(), connection=connection)

    return await erase(database, asked, counted=counted_properties(packs), noted=noted)


def _log() -> Path | None:
    """Return the file of the private server's messages, which may quote rows that it refused."""
    return None if settings().database_url is not None else server_folder(settings().data_dir) / "log"
