"""`segue link` and `segue unlink`: who belongs to whom, stated by hand."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer
from pydantic import ValidationError

from segue.accounts.explicit_links import Stated, part_stated, put_stated
from segue.accounts.label_changes import Cause
from segue.accounts.links import LinkKind
from segue.agents.live_policies import LivePolicies
from segue.api.audit import record
from segue.api.cli.console import print_json, print_note
from segue.api.cli.database import with_database
from segue.api.cli.options import JsonOption
from segue.api.models.links import LinkIn
from segue.api.services import label_keeping
from segue.core.database import Database
from segue.core.errors import InputError

_BY = "cli"
KindArgument = Annotated[LinkKind, typer.Argument(help="What goes to what; account_parent: to its parent.")]
FromArgument = Annotated[
    str, typer.Argument(metavar="FROM", help="The visitor, the contact or the subsidiary.")
]
ToArgument = Annotated[str, typer.Argument(metavar="TO", help="The contact, or the account by id or domain.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.command()(link)
    app.command()(unlink)


def link(
    kind: KindArgument,
    from_: FromArgument,
    to: ToArgument,
    confidence: Annotated[float, typer.Option(min=0, max=1, help="How far it is believed.")] = 1.0,
    as_json: JsonOption = False,
) -> None:
    """Link by hand: a visitor to a contact or account, a contact to an account, a subsidiary to its parent."""
    stated = _stated(kind, from_, to, confidence)

    async def state(database: Database) -> int:
        policies, now = await _policies(database), datetime.now(UTC)
        relabelled = label_keeping(policies).after(now, Cause.IDENTITY, set_off_first=True)
        stored = await put_stated(database, [stated], policies.live.packs, now, relabelled)
        await record(database, _BY, "link", "links", {stated.kind.value: stored})
        return stored

    stored = with_database(state)
    if as_json:
        print_json({"stored": stored})
    elif stored:
        print_note(f"{stated.from_id} is linked to {stated.to_id}")
    else:
        print_note("nothing is stored: whom it names was erased")


def unlink(kind: KindArgument, from_: FromArgument, to: ToArgument, as_json: JsonOption = False) -> None:
    """Part two by hand, whatever linked them: nothing but `segue link` links them again."""
    stated = _stated(kind, from_, to, 1.0)

    async def part(database: Database) -> bool:
        policies, now = await _policies(database), datetime.now(UTC)
        relabelled = label_keeping(policies).after(now, Cause.IDENTITY, set_off_first=True)
        removed = await part_stated(database, stated, _BY, policies.live.packs, now, relabelled)
        await record(database, _BY, "unlink", "links", {stated.kind.value: 1})
        return removed

    removed = with_database(part)
    if as_json:
        print_json({"removed": removed})
    else:
        what = "is no longer linked to" if removed else "was not linked to, and stays parted from,"
        print_note(f"{stated.from_id} {what} {stated.to_id}")


async def _policies(database: Database) -> LivePolicies:
    policies = LivePolicies(database)
    await policies.refresh()
    return policies


def _stated(kind: LinkKind, from_id: str, to_id: str, confidence: float) -> Stated:
    """Hold what was given to the same form as over HTTP.

    Raises:
        InputError: a part does not fit; the message names it.
    """
    try:
        wanted = LinkIn.model_validate({"kind": kind, "from": from_id, "to": to_id, "confidence": confidence})
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise InputError(f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}") from None
    return Stated(wanted.kind, wanted.from_.strip(), wanted.to.strip(), wanted.confidence)
