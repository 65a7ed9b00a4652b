"""`segue duplicates`: stored accounts that may be one, proposed, merged by hand, and undone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from pydantic import ValidationError
from rich.text import Text

from segue.agents.live_policies import LivePolicies
from segue.agents.merging_by_hand import HandMerge, list_duplicates, merge_named, undo_named
from segue.api.audit import record
from segue.api.cli.console import OUT, print_json, print_lines, print_note, shown
from segue.api.cli.database import with_database
from segue.api.cli.options import JsonOption
from segue.api.models.duplicates import MergeIn
from segue.api.services import label_keeping
from segue.core.counted import counted
from segue.core.database import Database
from segue.core.errors import InputError

_BY = "cli"
_ACCOUNTS = 6
_CONTRADICTIONS = 3
AccountArgument = Annotated[str, typer.Argument(help="The account, by id or domain.")]

_SHARED_BY = {
    "crm_id": "one record of Salesforce", "domain": "the domain", "subsidiary": "one parent and the name",
    "country_domain": "the domain in two countries:", "people": "people:", "name": "the name and country:",
}  # fmt: skip
_BECAUSE = {
    "has_owner": "it has an owner", "has_open_opportunity": "it has an open opportunity",
    "most_filled": "most is known of it", "latest_activity": "its people were active last",
    "created_first": "it was there first", "lowest_id": "nothing tells them apart but the id",
    "first_row": "nothing tells them apart",
}  # fmt: skip


def register(app: typer.Typer) -> None:
    """Add the group to the command line."""
    group = typer.Typer(
        no_args_is_help=True, help="List stored accounts that may be one; merge two of them; undo it."
    )
    group.command("list")(show_all)
    group.command("merge")(merge)
    group.command("undo")(undo)
    app.add_typer(group, name="duplicates")


def show_all(
    account: Annotated[
        str | None, typer.Option(help="Only the group of an account, by id or domain.")
    ] = None,
    after: Annotated[str | None, typer.Option(help="What the page before named as the next.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1_000, help="How many groups, the surest first.")] = 20,
    as_json: JsonOption = False,
) -> None:
    """List stored accounts that may be one, the surest first, each group with the one that would stay."""

    async def ask(database: Database) -> dict[str, Any]:
        return await list_duplicates(database, after, limit, account)

    found = with_database(ask)
    if as_json:
        print_json(found)
        return
    groups = counted(found["total"], "group")
    OUT.print(Text(f"{groups} of accounts that may be one; nothing is merged by itself", "bold"))
    for group in found["groups"]:
        _show_group(group)
    if found["next"] is not None:
        print_note(f"more: segue duplicates list --after {found['next']}")


def merge(
    account: AccountArgument,
    into: Annotated[str, typer.Option(help="The account that stays, by id or domain.")],
    reason: Annotated[str, typer.Option(help="Why they are one, in a sentence; the audit shows it.")],
    as_json: JsonOption = False,
) -> None:
    """Merge an account into another: it stands for that one until it is undone."""
    wanted = _wanted(into, reason)

    async def do(database: Database) -> HandMerge:
        keeping = label_keeping(await _policies(database))
        async with database.transaction() as connection:
            found = await merge_named(
                connection, keeping, account, wanted.into, reason=wanted.reason, by=_BY, now=datetime.now(UTC)
            )
            one = found.merged.merge
            detail = {"into": one.into, "alias_of": one.alias_of, "reason": one.reason}
            await record(database, _BY, "merge", one.account_id, detail, connection=connection)
            return found

    _tell(with_database(do), as_json)


def undo(account: AccountArgument, as_json: JsonOption = False) -> None:
    """Undo the merge of an account: it and the one it stood for are as if never merged."""

    async def do(database: Database) -> HandMerge:
        keeping = label_keeping(await _policies(database))
        async with database.transaction() as connection:
            found = await undo_named(connection, keeping, account, now=datetime.now(UTC))
            one = found.merged.merge
            detail = {"from": one.alias_of}
            await record(database, _BY, "unmerge", one.account_id, detail, connection=connection)
            return found

    _tell(with_database(do), as_json)


def _wanted(into: str, reason: str) -> MergeIn:
    """Hold what was given to the same form as over HTTP."""
    try:
        return MergeIn(into=into, reason=reason)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise InputError(f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}") from None


async def _policies(database: Database) -> LivePolicies:
    policies = LivePolicies(database)
    await policies.refresh()
    return policies


def _tell(found: HandMerge, as_json: bool) -> None:
    told = found.to_json()
    if as_json:
        print_json(told)
        return
    merge = told["merge"]
    if found.undone:
        print_note(f"{merge['account']} is an account of its own again; it stood for {merge['alias_of']}")
    else:
        through = "" if merge["into"] == merge["alias_of"] else f", which {merge['into']} stands for too"
        print_note(f"{merge['account']} now stands for {merge['alias_of']}{through}")
    for each in told["moves"]:
        before, after = each["from_segment"] or "no label", each["to_segment"] or "no label of its own"
        print_lines(Text(shown(f"  {each['account']} in {each['pack']}: {before} -> {after}")))
    _show_contradictions(told["contradictions"])


def _show_group(group: Mapping[str, Any]) -> None:
    OUT.print()
    for shared in group["shared"]:
        print_lines(Text(shown(f"{_SHARED_BY[shared['by']]} {shared['what']}"), "bold"))
    for each in group["accounts"][:_ACCOUNTS]:
        stays = each["id"] == group["pick"]
        parts = [each["name"] or "no name", each["domain"] or "no domain"]
        parts.append(f"owner {each['owner']}" if each["owner"] else "no owner")
        parts += ["open opportunity"] * each["has_open_opportunity"]
        parts.append(f"{each['filled']} facts")
        line = shown(f"  {'stays' if stays else '     '}  {each['id']}: {', '.join(parts)}")
        print_lines(Text(line, "good" if stays else ""))
    if (rest := group["size"] - _ACCOUNTS) > 0:
        print_lines(Text(f"         and {rest:,} more", "dim"))
    print_lines(Text(f"  {_BECAUSE[group['because']]}", "dim"))
    _show_contradictions(group["contradictions"])


def _show_contradictions(found: list[Mapping[str, Any]]) -> None:
    for each in found[:_CONTRADICTIONS]:
        counts = f"{each['kept']!r} of {each['of']} counts, {each['other']!r} of {each['other_of']} does not"
        line = f"  {each['source']} contradicts itself on {each['trait']}: {counts}"
        print_lines(Text(shown(line), "value"))
    if (rest := len(found) - _CONTRADICTIONS) > 0:
        print_lines(Text(f"  and on {counted(rest, 'more value')}", "dim"))
