"""`segue drift`: where the CRM disagrees with the labels here."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from segue.activation.connectors.connected import CRMS, connected, crm_of
from segue.activation.connectors.connector import RefusedError, TryAgainError
from segue.activation.connectors.crm import TagConnector
from segue.activation.drift import Drift, drift_of
from segue.agents.live_policies import LivePolicies
from segue.api.cli.console import OUT, print_json, print_note, shown
from segue.api.cli.database import with_database
from segue.api.cli.options import JsonOption
from segue.core.counted import counted
from segue.core.database import Database
from segue.core.errors import InputError, UnavailableError
from segue.core.settings import settings


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(drift)


def drift(
    connector: Annotated[
        str | None,
        typer.Option(help=f"The CRM: {' or '.join(CRMS)}; the one that is connected, if left out."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Read the tags in the CRM back, and list where they disagree with the labels."""
    connectors = connected(settings())
    name = connector or crm_of(connectors)
    found = connectors.get(name or "")
    if not isinstance(found, TagConnector):
        raise InputError(
            f"{name or 'no CRM'} is not configured; expected {' or '.join(CRMS)}, by its settings"
        )
    crm = found

    async def work(database: Database) -> list[Drift]:
        policies = LivePolicies(database)
        await policies.refresh()
        async with database.connection() as connection:
            return await drift_of(connection, crm, policies.live.packs)

    try:
        drifted = with_database(work)
    except (RefusedError, TryAgainError) as error:
        raise UnavailableError(f"the tags were not read: {error}") from None
    if as_json:
        print_json([asdict(each) for each in drifted])
        return
    if not drifted:
        print_note(f"the tags in {crm.name} are those of the labels")
        return
    table = Table("account", "domain", "record", "field", f"in {crm.name}", "here", "", box=None)
    for each in drifted:
        note = "on its way" if each.waiting else "no account here" if each.account is None else ""
        cells = (each.account, each.domain, each.record, each.field, each.there, each.here, note)
        table.add_row(*(escape(shown("-" if cell is None else cell)) for cell in cells))
    OUT.print(table)
    print_note(f"{counted(len(drifted), 'tag')} to put right")
