"""`segue tal`: the target account list, proposed from every account and applied by a person."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import orjson
import typer
from rich.table import Table
from rich.text import Text

from segue.agents.artifact_store import artifact_of_prefix
from segue.agents.policy_store import Deployment
from segue.agents.target_accounts import (
    ListProposal,
    applied_list,
    apply_list,
    list_json,
    propose_list,
    rank_of,
)
from segue.api.audit import record
from segue.api.cli.artifacts import ArtifactArgument, live
from segue.api.cli.console import OUT, print_json, shown
from segue.api.cli.database import with_database
from segue.api.cli.options import JsonOption
from segue.api.cli.policies import SetOffOption
from segue.core.counted import counted
from segue.core.database import Database
from segue.core.errors import InputError
from segue.policies.artifact import Artifact

_HELP = "Propose, apply and show the target account list: who has a seat, in which tier."
_SHOWN = 40
"""Changes that a terminal shows; all are in the JSON."""
PackArgument = Annotated[str | None, typer.Argument(help="An active pack; the last if left out.")]
TraitOption = Annotated[str | None, typer.Option(help="Which trait rank, where the pack has several.")]


def register(app: typer.Typer) -> None:
    """Add the group to the command line."""
    group = typer.Typer(no_args_is_help=True, help=_HELP)
    for command in (propose, apply, show):
        group.command()(command)
    app.add_typer(group, name="tal")


def propose(
    pack: PackArgument = None,
    trait: TraitOption = None,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the proposal as JSON, whole, to a file.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Rank every account, and say who would enter the list, leave it or change tier, and why."""
    if out is not None and not out.parent.is_dir():
        raise InputError(f"{out}: there is no such folder to write to")

    async def make(database: Database) -> ListProposal:
        policies = await live(database)
        return await propose_list(database, policies.live.up_to(pack), trait, datetime.now(UTC), "cli")

    found = with_database(make)
    if out is not None:
        out.write_bytes(orjson.dumps(found.to_json(), option=orjson.OPT_INDENT_2) + b"\n")
    if as_json:
        print_json(found.to_json())
        return
    _print(found)


def apply(
    proposal: ArtifactArgument,
    by: Annotated[str, typer.Option(metavar="NAME", help="Who applies it: the audit shows the name.")],
    set_off: SetOffOption = False,
    as_json: JsonOption = False,
) -> None:
    """Make a proposed list the one that counts, unless another was applied since, and label every account again."""
    who = by.strip()
    if not who or len(who) > 200:
        raise InputError(f"--by: expected a name of 1 to 200 characters, found {by!r}")

    async def change(database: Database) -> tuple[Artifact, Deployment]:
        async with database.connection() as connection:
            found = (await artifact_of_prefix(connection, proposal)).artifact
        (await live(database)).live.check_fits(found)
        made = await apply_list(database, found, who, set_off=set_off)
        detail = {
            "artifact": found.id,
            "pack": found.pack,
            "trait": found.trait,
            "by": who,
            "set_off": set_off,
        }
        await record(database, "cli", "apply_target_accounts", str(made.deployment_id), detail)
        return found, made

    found, made = with_database(change)
    if as_json:
        print_json({"applied": found.id, "deployment": made.deployment_id})
        return
    seats = counted(len(found.body["seats"]), "account")
    OUT.print(
        Text.assemble(("✓ ", "good"), f"deployment {made.deployment_id} reads the list: {seats} with a seat")
    )


def show(pack: PackArgument = None, trait: TraitOption = None, as_json: JsonOption = False) -> None:
    """Show the list that is applied, the best first."""

    async def read(database: Database) -> tuple[str, str, Artifact | None]:
        policies = await live(database)
        found = policies.live.up_to(pack)[-1]
        name = rank_of(found, trait)
        async with database.connection() as connection:
            return (
                found.name,
                name,
                await applied_list(connection, policies.live.deployment, found.name, name),
            )

    named, name, found = with_database(read)
    if as_json:
        print_json(list_json(named, name, found))
        return
    if found is None:
        OUT.print(Text(f"no list of {named}.{name} was applied yet: segue tal propose"))
        return
    OUT.print(Text.assemble((f"{named}.{name}", "label"), f"  {found.id[:19]}  {found.as_of:%Y-%m-%d %H:%M}"))
    table = Table(box=None, pad_edge=False, header_style="dim")
    for heading, justify in (("tier", "left"), ("account", "left"), ("rank", "right"), ("score", "right")):
        table.add_column(heading, justify="right" if justify == "right" else "left")
    for account, tier, rank, score in found.body["seats"]:
        table.add_row(tier, shown(account), f"{rank:,}", f"{score:,.2f}")
    OUT.print(table)


def _print(found: ListProposal) -> None:
    artifact = found.artifact
    table = Table(box=None, pad_edge=False, header_style="dim")
    for heading in ("", "account", "from", "to", "rank", "score", "why"):
        table.add_column(heading, justify="right" if heading in ("rank", "score") else "left")
    for each in found.changes[:_SHOWN]:
        why = each.reason.value.replace("_", " ") + (f" of {each.ahead_of}" if each.ahead_of else "")
        table.add_row(
            each.what, shown(each.domain or each.account_id), each.before, each.after,
            _moved(each.rank_before, each.rank_after, ",d"), _moved(each.score_before, each.score_after, ",.2f"),
            shown(why),
        )  # fmt: skip
    if found.changes:
        OUT.print(table)
    if len(found.changes) > _SHOWN:
        OUT.print(Text(f"  and {len(found.changes) - _SHOWN:,} more: --json has all", "dim"))
    seats = ", ".join(f"{tier} {count:,}" for tier, count in found.seats.items())
    changes = counted(len(found.changes), "change")
    OUT.print(
        Text.assemble(
            ("✓ ", "good"),
            f"{artifact.pack}.{artifact.trait}: {seats} of {found.eligible:,} eligible; {changes}",
        )
    )
    OUT.print(Text(f"  segue tal apply {artifact.id[:19]} --by NAME", "dim"))


def _moved(before: float | None, after: float | None, form: str) -> str:
    shown_as = ["–" if each is None else format(each, form) for each in (before, after)]
    return shown_as[1] if before is None else " → ".join(shown_as)
