"""`segue keys`: make, list and revoke the keys of callers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from segue.api.audit import record
from segue.api.cli.console import OUT, print_json, print_note, shown
from segue.api.cli.database import with_database
from segue.api.cli.options import JsonOption
from segue.api.keys import Kind, create_key, list_keys, revoke_key
from segue.core.database import Database
from segue.core.errors import InputError


def register(app: typer.Typer) -> None:
    """Add the group to the command line."""
    keys = typer.Typer(no_args_is_help=True, help="Make, list and revoke the keys of callers.")
    keys.command("create")(create)
    keys.command("list")(show)
    keys.command("revoke")(revoke)
    app.add_typer(keys, name="keys")


def create(
    kind: Annotated[Kind, typer.Option(help="What the key may do.")],
    name: Annotated[str, typer.Option(help="Who uses it.")] = "",
    origin: Annotated[
        list[str],
        typer.Option(metavar="URL", help="A page that may use a publishable key; again for others."),
    ] = [],  # noqa: B006 - typer copies it
    days: Annotated[
        int | None, typer.Option(min=1, help="Days until it expires; never, if left out.")
    ] = None,
    may_act: Annotated[
        bool, typer.Option("--may-act", help="Over MCP a secret key may have decisions recorded, too.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Make a key. It is shown now and never again."""
    expires = datetime.now(UTC) + timedelta(days=days) if days else None

    async def make(database: Database) -> tuple[str, str]:
        made = await create_key(database, kind, name, origin, expires, may_act)
        detail = {"kind": kind.value, "name": name, "may_act": may_act}
        await record(database, "cli", "create_key", made[0], detail)
        return made

    key_id, secret = with_database(make)
    if as_json:
        print_json({"id": key_id, "key": secret})
        return
    print_note(f"key {key_id}, {kind}; it is not shown again:")
    typer.echo(secret)


def show(as_json: JsonOption = False) -> None:
    """List the keys, without their secrets."""
    found = with_database(list_keys)
    if as_json:
        print_json([{name: _plain(value) for name, value in each.items()} for each in found])
        return
    table = Table("id", "kind", "name", "origins", "made", "expires", "revoked", "may act", box=None)
    for each in found:
        table.add_row(*(escape(shown(_shown(value))) for value in each.values()))
    OUT.print(table)


def revoke(key_id: Annotated[str, typer.Argument(help="The id of the key.")]) -> None:
    """Revoke a key; every replica refuses it within a minute."""

    async def end(database: Database) -> None:
        await revoke_key(database, key_id)
        await record(database, "cli", "revoke_key", key_id)

    if not key_id.isalnum():
        raise InputError(f"expected the id of a key, found {key_id!r}: `segue keys list` shows them")
    with_database(end)
    print_note(f"key {key_id} is revoked")


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _shown(value: Any) -> str:
    if value is None or value is False:
        return "-"
    if value is True:
        return "yes"
    return (
        f"{value:%Y-%m-%d}"
        if isinstance(value, datetime)
        else " ".join(value)
        if isinstance(value, list)
        else str(value)
    )
