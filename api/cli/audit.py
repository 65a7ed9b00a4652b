"""`segue audit`: is the data fit to segment on."""

from __future__ import annotations

import shlex
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from segue.accounts.account_file import move_into_place
from segue.accounts.known import account_file
from segue.api.cli.console import print_json, print_note
from segue.api.cli.database import with_database
from segue.api.cli.loading import load_packs
from segue.api.cli.options import JsonOption, NowOption, PackOption, instant
from segue.api.cli.show_audit import print_audit
from segue.core.database import Database
from segue.core.errors import InputError, Place
from segue.core.settings import settings
from segue.evals.audit.model import Audit
from segue.evals.audit.page import audit_page
from segue.evals.audit.population import Population, population_of_file, population_of_store
from segue.evals.audit.run import LEAST
from segue.evals.audit.run import audit as run_audit
from segue.policies.pack import Pack


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(audit)


def audit(
    pack: PackOption,
    accounts: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="An account file. What was imported for the pack if left out."),
    ] = None,
    store: Annotated[bool, typer.Option("--store", help="Look at the service's database instead.")] = False,
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write a page with charts for people.")
    ] = None,
    least: Annotated[
        int, typer.Option(min=1, metavar="N", help="Accounts that a segment needs to be substantial.")
    ] = LEAST,
    now: NowOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say per trait what is known and how many labels hang on the gaps, and per segment what it fails."""
    if store and accounts is not None:
        raise InputError("expected either --store or --accounts FILE")
    packs, at = load_packs(pack), instant(now)
    population = _stored(packs, at) if store else _imported(packs, accounts, at)
    found = run_audit(packs[-1], population, at, least)
    if html is not None:
        _write(html, found, packs[-1])
    if as_json:
        print_json(found.to_json())
    else:
        print_audit(found)
    if html is not None:
        print_note(f"the page is {html}")


def _stored(packs: list[Pack], at: datetime) -> Population:
    async def read(database: Database) -> Population:
        async with database.transaction() as connection:
            return await population_of_store(connection, packs, at)

    return with_database(read)


def _imported(packs: list[Pack], given: Path | None, at: datetime) -> Population:
    path = account_file(settings().data_dir, packs[-1].name) if given is None else given
    if given is None and not path.is_file():
        name = shlex.quote(packs[-1].name)
        raise InputError(f"no accounts were imported for {name}: segue import FILE --pack {name}, or --store")
    return population_of_file(packs, path, at)


def _write(target: Path, found: Audit, pack: Pack) -> None:
    """Write the page whole or not at all."""
    if not target.parent.is_dir():
        raise InputError("there is no such folder to write to", Place(str(target.parent)))
    with tempfile.TemporaryDirectory(prefix=".segue-audit-", dir=target.parent) as name:
        made = Path(name) / "page"
        made.write_text(audit_page(found, pack), encoding="utf-8")
        move_into_place(made, target)
