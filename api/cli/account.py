"""`segue account`: a stored account as a person looks at it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.text import Text

from segue.accounts.reader import AccountReader, account_key
from segue.agents.account_view import account_view
from segue.agents.live_policies import LivePolicies
from segue.api.cli.console import OUT, print_json, print_lines, shown
from segue.api.cli.database import with_database
from segue.api.cli.options import JsonOption
from segue.core.counted import counted
from segue.core.database import Database

_NAMED = 5


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(account)


def account(
    named: Annotated[str, typer.Argument(metavar="ACCOUNT", help="The account, by id or domain.")],
    as_json: JsonOption = False,
) -> None:
    """Show a stored account: who it is one with, its labels, its buying committee and what sources say."""

    async def ask(database: Database) -> dict[str, Any]:
        policies, reader, now = LivePolicies(database), AccountReader(database), datetime.now(UTC)
        await policies.refresh()
        packs = policies.live.packs
        stored = await reader.with_events(await reader.read_known(account_key(named)), packs, now)
        async with database.connection() as connection:
            return await account_view(connection, stored, packs, now)

    found = with_database(ask)
    if as_json:
        print_json(found)
        return
    who = found["account"]
    title = who["name"] or who["domain"] or who["id"]
    parts = [who["id"], who["domain"] or "no domain", f"owner {who['owner']}" if who["owner"] else "no owner"]
    OUT.print(Text(shown(str(title)), "bold"))
    _line("", ", ".join(parts))
    _show_relations(found)
    for pack, label in found["labels"].items():
        open_ = f", hangs on {', '.join(label['missing'])}" if label["missing"] else ""
        _line(pack, f"{label['segment']} ({label['status']}{open_})")
    for pack, committee in found["committee"].items():
        _line(f"{pack} committee", _committee(committee))
    for name, said in found["traits"].items():
        _line(name, "; ".join(f"{each['value']!r} by {each['source']}" for each in said))


def _show_relations(found: Mapping[str, Any]) -> None:
    if found["asked_as"] is not None:
        _line("asked for as", f"{found['asked_as']}, which was merged into it")
    for each in found["merged"]:
        _line(
            "merged into it", f"{each['account']} on {each['at']:%Y-%m-%d} by {each['by']}: {each['reason']}"
        )
    family = found["family"]
    if family["parent"] is not None:
        _line("parent", _relative(family["parent"]))
    elif family["stated_parent"] is not None:
        _line("parent", f"{family['stated_parent']}, of which there is no account")
    if family["subsidiaries"]:
        named = [_relative(each) for each in family["subsidiaries"][:_NAMED]]
        more = len(family["subsidiaries"]) - len(named)
        _line("subsidiaries", "; ".join([*named, *([f"{more} more"] if more else [])]))


def _committee(found: Mapping[str, Any]) -> str:
    active = [
        f"{persona} {counted(each['contacts'], 'contact')} (last {each['last_seen']:%Y-%m-%d})"
        for persona, each in found["active"].items()
    ]
    missing = f"missing {', '.join(found['missing'])}" if found["missing"] else "nobody missing"
    return "; ".join([", ".join(active) or "nobody active", missing])


def _relative(found: Mapping[str, Any]) -> str:
    return f"{found['name'] or found['domain'] or found['id']} ({found['id']})"


def _line(what: str, text: str) -> None:
    print_lines(Text.assemble((f"  {shown(what)}: " if what else "  ", "dim"), shown(text)))
