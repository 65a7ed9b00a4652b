"""`segue pin`, `unpin` and `switch`: what somebody holds by hand, straight in the store."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, TypeVar

import typer
from pydantic import BaseModel, ValidationError
from rich.markup import escape
from rich.table import Table

from segue.accounts.label_changes import Cause
from segue.accounts.reader import AccountReader, account_key
from segue.accounts.stored import Pin
from segue.accounts.writer import put_pin, remove_pin
from segue.agents.live_policies import LivePolicies
from segue.agents.pins import checked_pin, pack_of_pin
from segue.agents.switches import list_switches, turn
from segue.api.audit import record
from segue.api.cli.console import OUT, print_json, print_note, shown
from segue.api.cli.database import with_database
from segue.api.cli.options import JsonOption
from segue.api.models.accounts import PinIn
from segue.api.models.switches import SwitchIn
from segue.api.services import label_keeping
from segue.core.database import Database
from segue.core.errors import InputError, NotFoundError

_BY = "cli"
Wanted = TypeVar("Wanted", bound=BaseModel)
AccountArgument = Annotated[str, typer.Argument(help="The account, by id or domain.")]
ReasonOption = Annotated[str, typer.Option(help="Why, in a sentence; decisions and the audit show it.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.command()(pin)
    app.command()(unpin)
    app.command()(switch)


def pin(
    account: AccountArgument,
    reason: ReasonOption,
    days: Annotated[int, typer.Option(min=1, max=3650, help="Days until it is let go by itself.")],
    label: Annotated[str | None, typer.Option(metavar="SEGMENT", help="The segment to hold.")] = None,
    owner: Annotated[
        str | None, typer.Option(metavar="REP", help="The owner to hold, in every pack.")
    ] = None,
    pack: Annotated[
        str | None, typer.Option(help="The pack of the segment; the last live one if left out.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Hold an account's label or owner by hand, with a reason, for some days."""
    if (label is None) == (owner is None):
        raise InputError("expected either --label SEGMENT or --owner REP")
    expires = datetime.now(UTC) + timedelta(days=days)
    wanted = _read(PinIn, {
        "kind": "owner" if label is None else "label", "value": label if owner is None else owner,
        "pack": pack, "reason": reason, "expires_at": expires,
    })  # fmt: skip

    async def hold(database: Database) -> tuple[str, Pin]:
        asked = Pin(wanted.kind, wanted.pack or "", wanted.value, wanted.reason, wanted.expires_at)
        now = datetime.now(UTC)
        policies = await _policies(database)
        held = checked_pin(policies.live, asked, now)
        stored = await AccountReader(database).read_known(account_key(account))
        relabelled = label_keeping(policies).after(now, Cause.PIN, set_off_first=True)
        await put_pin(database, stored.account.id, held, _BY, relabelled)
        await record(database, _BY, "pin", stored.account.id, wanted.model_dump(mode="json"))
        return stored.account.id, held

    account_id, held = with_database(hold)
    if as_json:
        print_json(
            {"account": account_id, "pin": wanted.model_dump(mode="json") | {"pack": held.pack or None}}
        )
    else:
        where = f" in {held.pack}" if held.pack else ""
        print_note(
            f"{account_id}: {held.kind} {held.value}{where} until {held.expires_at:%Y-%m-%d %H:%M} UTC"
        )


def unpin(
    account: AccountArgument,
    label: Annotated[bool, typer.Option("--label", help="Let its label go.")] = False,
    owner: Annotated[bool, typer.Option("--owner", help="Let its owner go.")] = False,
    pack: Annotated[
        str | None, typer.Option(help="The pack of the label; the last live one if left out.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Let go of an account's label or owner that is held by hand."""
    if label == owner:
        raise InputError("expected either --label or --owner")
    kind = "label" if label else "owner"

    async def let_go(database: Database) -> tuple[str, str]:
        stored = await AccountReader(database).read_known(account_key(account))
        policies = await _policies(database)
        held_in = pack if label and pack else pack_of_pin(policies.live, kind, pack or "")
        relabelled = label_keeping(policies).after(datetime.now(UTC), Cause.PIN)
        if not await remove_pin(database, stored.account.id, kind, held_in, relabelled):
            where = f" in {held_in}" if held_in else ""
            raise NotFoundError(f"nothing is held by hand as {kind} of {stored.account.id}{where}")
        await record(database, _BY, "unpin", stored.account.id, {"kind": kind, "pack": held_in})
        return stored.account.id, held_in

    account_id, held_in = with_database(let_go)
    if as_json:
        print_json({"account": account_id, "kind": kind, "pack": held_in or None})
    else:
        print_note(f"{account_id}: its {kind} is no longer held by hand")


def switch(
    name: Annotated[
        str, typer.Argument(metavar="NAME|list", help="A surface or a play; `list` shows all that were set.")
    ],
    state: Annotated[
        str | None, typer.Argument(metavar="on|off", help="off holds it back on every replica.")
    ] = None,
    reason: Annotated[str | None, typer.Option(help="Why, in a sentence.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Hold a surface or a play back within seconds, or let it go again: the kill switch."""
    if state is None and name == "list":
        _show(with_database(list_switches), as_json)
        return
    if state not in ("on", "off"):
        raise InputError(
            f"expected on or off after {name!r}, found {state!r}"
            if state
            else f"expected on or off after {name!r}"
        )
    if reason is None:
        raise InputError("expected --reason: why it is switched")
    wanted = _read(SwitchIn, {"off": state == "off", "reason": reason})

    async def set_it(database: Database) -> None:
        await turn(database, (await _policies(database)).live, name, wanted.off, wanted.reason, _BY)
        await record(database, _BY, "switch", name, {"off": wanted.off, "reason": wanted.reason})

    with_database(set_it)
    if as_json:
        print_json({"name": name, "off": wanted.off, "reason": wanted.reason})
    else:
        print_note(f"{name} is {state}; every replica follows within seconds")


def _show(found: list[dict[str, Any]], as_json: bool) -> None:
    if as_json:
        print_json({"switches": [{**each, "changed_at": each["changed_at"].isoformat()} for each in found]})
        return
    table = Table("name", "state", "since", "by", "reason", box=None)
    for each in found:
        state = "[bad]off[/bad]" if each["off"] else "[good]on[/good]"
        when = f"{each['changed_at']:%Y-%m-%d %H:%M}"
        table.add_row(escape(each["name"]), state, when, each["changed_by"], escape(shown(each["reason"])))
    OUT.print(table)


async def _policies(database: Database) -> LivePolicies:
    policies = LivePolicies(database)
    await policies.refresh()
    return policies


def _read(model: type[Wanted], values: Mapping[str, Any]) -> Wanted:
    """Hold what was given to the same form as over HTTP.

    Raises:
        InputError: a part does not fit; the message names it.
    """
    try:
        return model.model_validate(dict(values))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise InputError(f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}") from None
