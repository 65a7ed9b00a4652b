"""`segue jobs`: what changes of label set off, shown, tried again and parked."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any
from uuid import UUID

import typer
from rich.markup import escape
from rich.table import Table

from segue.activation.carrying import Activation
from segue.activation.consequence import STATUSES
from segue.activation.jobs import activation_of
from segue.activation.listing import (
    consequence_json,
    list_consequences,
    park,
    read_consequence,
    try_again,
)
from segue.activation.preview import preview
from segue.agents.live_policies import LivePolicies
from segue.api.audit import record
from segue.api.cli.console import OUT, print_json, print_note, shown
from segue.api.cli.database import with_database
from segue.api.cli.options import JsonOption
from segue.core.counted import counted
from segue.core.database import Database
from segue.core.errors import InputError
from segue.core.settings import settings

_IdArgument = Annotated[str, typer.Argument(metavar="ID", help="The id of a consequence.")]


def register(app: typer.Typer) -> None:
    """Add the group to the command line."""
    jobs = typer.Typer(
        no_args_is_help=True, help="Show what changes of label set off; try it again; park it."
    )
    jobs.command("list")(show_all)
    jobs.command("show")(show)
    jobs.command("retry")(retry)
    jobs.command("park")(put_aside)
    app.add_typer(jobs, name="jobs")


def show_all(
    status: Annotated[str | None, typer.Option(help=f"Only those that are {', '.join(STATUSES)}.")] = None,
    account: Annotated[str | None, typer.Option(help="Only those of an account, by its id.")] = None,
    limit: Annotated[
        int, typer.Option(min=1, max=10_000, help="How many, the last that changed first.")
    ] = 50,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say of those that wait what they would do now, and do nothing.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """List what changes of label set off, the last that changed first."""
    if status is not None and status not in STATUSES:
        raise InputError(f"--status: expected one of {', '.join(STATUSES)}, found {status!r}")

    async def work(database: Database) -> list[dict[str, Any]]:
        async with database.connection() as connection:
            found = await list_consequences(connection, "waiting" if dry_run else status, account, limit)
        if not dry_run:
            return [consequence_json(each) for each in found]
        activation = await _activation(database)
        told = []
        for each in found:
            seen = await preview(activation, each)
            told.append(
                consequence_json(each)
                | {"status": seen.status, "reason": seen.reason, "connector": seen.connector,
                   "detail": dict(seen.would or {})}
            )  # fmt: skip
        return told

    found = with_database(work)
    if as_json:
        print_json(found)
        return
    table = Table(
        "id",
        "account",
        "segment",
        "play",
        "due",
        "would be" if dry_run else "status",
        "tries",
        "why",
        box=None,
    )
    for each in found:
        why = each["reason"] or _told(each["detail"])
        cells = (
            each["id"], each["account"], f"{each['moment']} {each['segment']}", each["play"], each["due_at"][:16],
            each["status"], str(each["attempts"]), why,
        )  # fmt: skip
        table.add_row(*(escape(shown(cell)) for cell in cells))
    OUT.print(table)


def show(consequence_id: _IdArgument) -> None:
    """Show one whole, as JSON."""

    async def work(database: Database) -> dict[str, Any]:
        async with database.connection() as connection:
            return consequence_json(await read_consequence(connection, _uuid(consequence_id)))

    print_json(with_database(work))


def retry(
    consequence_ids: Annotated[
        list[str], typer.Argument(metavar="[ID]...", help="The ids of consequences.")
    ] = [],  # noqa: B006 - typer copies it
    parked: Annotated[bool, typer.Option("--parked", help="All that are parked.")] = False,
) -> None:
    """Have consequences carried out now, their tries counted anew, under the ids that they have."""
    if bool(consequence_ids) == parked:
        raise InputError("name the consequences to try again, or say --parked for all that are parked")
    wanted = [_uuid(each) for each in consequence_ids]

    async def work(database: Database) -> int:
        if parked:
            async with database.connection() as connection:
                wanted.extend(
                    each.consequence_id
                    for each in await list_consequences(connection, "parked", None, 1_000_000)
                )
        async with database.transaction() as connection:
            for each in wanted:
                await try_again(connection, each)
                await record(database, "cli", "retry", each, None, None, connection)
        return len(wanted)

    print_note(f"{counted(with_database(work), 'consequence')} to be tried again")


def put_aside(consequence_id: _IdArgument) -> None:
    """Park one that waits: it is carried out when somebody has it tried again, and not before."""

    async def work(database: Database) -> None:
        async with database.transaction() as connection:
            await park(connection, _uuid(consequence_id))
            await record(database, "cli", "park", consequence_id, None, None, connection)

    with_database(work)
    print_note(f"consequence {consequence_id} is parked")


async def _activation(database: Database) -> Activation:
    policies = LivePolicies(database)
    await policies.refresh()
    return await asyncio.to_thread(activation_of, settings(), database, policies)


def _told(detail: dict[str, Any]) -> str:
    if "before" in detail:
        return f"{detail['field']}: {detail['before'] or 'empty'} -> {detail['after'] or 'empty'}"
    return ", ".join(f"{name} {value}" for name, value in detail.items() if isinstance(value, str))


def _uuid(text: str) -> str:
    try:
        return str(UUID(text))
    except ValueError:
        raise InputError(
            f"expected the id of a consequence, found {text!r}: `segue jobs list` shows them"
        ) from None
