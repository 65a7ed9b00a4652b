"""`segue artifacts`: what the whole population decides, dated: made, shown, and put to use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from segue.agents.answer_distribution import MadeAnswers, make_answers
from segue.agents.artifact_store import artifact_of_prefix, list_artifacts
from segue.agents.cut_points import MadeCutPoints, make_cut_points
from segue.agents.live_policies import LivePolicies
from segue.agents.policy_store import ArtifactIds, Deployment, activate_artifacts, newest_deployment
from segue.api.audit import record
from segue.api.cli.console import OUT, print_json, shown
from segue.api.cli.database import with_database
from segue.api.cli.options import JsonOption, read_instant
from segue.api.cli.policies import SetOffOption
from segue.core.counted import counted
from segue.core.database import Database
from segue.core.errors import InputError
from segue.policies.artifact import ArtifactKind

_ACTOR = "cli"
_HELP = "Make, list, show and activate what the population decides: the cut points of RFM, applied lists."
ArtifactArgument = Annotated[str, typer.Argument(help="An artifact, by the start of its id.")]


def register(app: typer.Typer) -> None:
    """Add the group to the command line."""
    artifacts = typer.Typer(no_args_is_help=True, help=_HELP)
    for command in (make, answers, show, activate):
        artifacts.command()(command)
    artifacts.command("list")(listed)
    app.add_typer(artifacts, name="artifacts")


def make(
    trait: Annotated[
        str | None, typer.Argument(help="A trait rfm; all of the active packs if left out.")
    ] = None,
    as_of: Annotated[
        datetime | None,
        typer.Option(parser=read_instant, metavar="INSTANT", help="Up to then; now if left out."),
    ] = None,
    activate: Annotated[bool, typer.Option("--activate", help="Put them to use at once.")] = False,
    set_off: SetOffOption = False,
    as_json: JsonOption = False,
) -> None:
    """Make the cut points of RFM from every account, and store them; unless told so they are not active yet."""

    async def make_them(database: Database) -> tuple[list[MadeCutPoints], Deployment | None]:
        policies = await live(database)
        found = await make_cut_points(
            database, policies.live.packs, as_of or datetime.now(UTC), _ACTOR, trait
        )
        if not activate:
            return found, None
        wanted: dict[str, dict[str, str]] = {}
        for each in found:
            wanted.setdefault(each.artifact.pack, {})[each.artifact.trait] = each.artifact.id
        return found, await _activated(database, wanted, set_off)

    found, made = with_database(make_them)
    if as_json:
        print_json({"made": [each.to_json() for each in found], "deployment": made and made.deployment_id})
        return
    for alike in _alike(found):
        _print_cuts(alike)
    if made is None:
        OUT.print(Text("  segue artifacts activate ID puts them to use", "dim"))
    else:
        OUT.print(Text.assemble(("✓ ", "good"), f"deployment {made.deployment_id} reads them"))


def answers(
    as_of: Annotated[
        datetime | None,
        typer.Option(parser=read_instant, metavar="INSTANT", help="Up to then; now if left out."),
    ] = None,
    activate: Annotated[bool, typer.Option("--activate", help="Put them to use at once.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Make, of every account, how likely each answer to a question is; by it the one question is chosen."""

    async def make_them(database: Database) -> tuple[list[MadeAnswers], Deployment | None]:
        policies = await live(database)
        found = await make_answers(database, policies.live.packs, as_of or datetime.now(UTC), _ACTOR)
        if not activate:
            return found, None
        wanted = {each.artifact.pack: {each.artifact.trait: each.artifact.id} for each in found}
        return found, await _activated(database, wanted, set_off=False)

    found, made = with_database(make_them)
    if as_json:
        print_json({"made": [each.to_json() for each in found], "deployment": made and made.deployment_id})
        return
    for each in found:
        known = counted(each.accounts, "account")
        OUT.print(Text.assemble((each.artifact.pack, "label"), f"  {each.artifact.id[:19]}  of {known}"))
    if made is None:
        OUT.print(Text("  segue artifacts activate ID puts them to use", "dim"))
    else:
        OUT.print(Text.assemble(("✓ ", "good"), f"deployment {made.deployment_id} reads them"))


def listed(as_json: JsonOption = False) -> None:
    """List the stored artifacts, the newest first, and which are active."""

    async def read(database: Database) -> list[dict[str, Any]]:
        async with database.connection() as connection:
            deployment = await newest_deployment(connection)
            active = deployment.artifacts if deployment else {}
            return [
                {**each.to_json(), "active": _is_active(active, each.artifact.id)}
                for each in await list_artifacts(connection)
            ]

    found = with_database(read)
    if as_json:
        print_json(found)
        return
    table = Table(box=None, pad_edge=False, header_style="dim")
    for heading in ("trait", "artifact", "kind", "as of", "by", ""):
        table.add_column(heading, no_wrap=True)
    for each in found:
        mark = Text("active" if each["active"] else "", "good")
        table.add_row(
            Text(f"{each['pack']}.{each['trait']}", "label"), each["artifact"][:19], each["kind"],
            each["as_of"][:16], shown(each["made_by"]), mark,
        )  # fmt: skip
    OUT.print(table)


def show(artifact: ArtifactArgument) -> None:
    """Print an artifact whole, as JSON."""

    async def read(database: Database) -> dict[str, Any]:
        async with database.connection() as connection:
            found = await artifact_of_prefix(connection, artifact)
            return {**found.to_json(), "body": found.artifact.body}

    print_json(with_database(read))


def activate(artifact: ArtifactArgument, set_off: SetOffOption = False, as_json: JsonOption = False) -> None:
    """Let its trait read these cut points, or questions be chosen by these answers; every account is labelled again."""

    async def change(database: Database) -> Deployment:
        async with database.connection() as connection:
            found = (await artifact_of_prefix(connection, artifact)).artifact
        if found.kind is ArtifactKind.PROOF_POINTS:
            raise InputError("proof points take part when a person approves them: segue proof approve")
        if found.kind is ArtifactKind.ANSWERS:
            return await _activated(database, {found.pack: {found.trait: found.id}}, set_off=False)
        if found.kind is not ArtifactKind.CUT_POINTS:
            raise InputError("a list is applied by a person: segue tal apply")
        (await live(database)).live.check_fits(found)
        return await _activated(database, {found.pack: {found.trait: found.id}}, set_off)

    made = with_database(change)
    if as_json:
        print_json({"deployment": made.deployment_id, "artifacts": made.artifacts})
        return
    OUT.print(Text.assemble(("✓ ", "good"), f"deployment {made.deployment_id} reads it"))


async def live(database: Database) -> LivePolicies:
    """Return the policies that serve.

    Raises:
        InputError: none do.
    """
    policies = LivePolicies(database)
    await policies.refresh()
    if not policies.ready:
        raise InputError("no pack is active: `segue serve --pack NAME` activates one")
    return policies


async def _activated(database: Database, wanted: ArtifactIds, set_off: bool) -> Deployment:
    made = await activate_artifacts(database, wanted, _ACTOR, set_off=set_off)
    detail = {"artifacts": wanted, "set_off": set_off}
    await record(database, _ACTOR, "activate_artifacts", str(made.deployment_id), detail)
    return made


def _is_active(active: ArtifactIds, artifact_id: str) -> bool:
    return any(artifact_id in ids.values() for ids in active.values())


def _alike(found: Sequence[MadeCutPoints]) -> list[list[MadeCutPoints]]:
    """Return what was made, the parts of one definition together: they are cut alike."""
    groups: dict[str, list[MadeCutPoints]] = {}
    for each in found:
        groups.setdefault(each.artifact.body["definition"], []).append(each)
    return list(groups.values())


def _print_cuts(alike: Sequence[MadeCutPoints]) -> None:
    made = alike[0]
    body = made.artifact.body
    for each in alike:
        found = each.artifact
        OUT.print(Text.assemble((f"{found.pack}.{found.trait}", "label"), f"  {found.id[:19]}"))
    OUT.print(Text(f"  of {counted(body['accounts'], 'account')} with such an event", "dim"))
    table = Table(box=None, pad_edge=False, header_style="dim")
    for heading in ("quantile", "recency", "accounts", "days", "accounts", "sum", "accounts"):
        table.add_column(heading, justify="right")
    for row in _rows(body, made.sizes):
        table.add_row(*row)
    OUT.print(table)


def _rows(body: Mapping[str, Any], sizes: Mapping[str, list[int]]) -> list[list[str]]:
    """Return a row a quantile, the highest first: its bounds and how many accounts came into it."""
    recency = [f"{cut / 86_400:,.1f} d" for cut in body["recency"]]
    frequency, monetary = body["frequency"], [f"{cut:,.2f}" for cut in body["monetary"]]
    count = len(recency) + 1
    rows = []
    for score in range(count, 0, -1):
        young = f"< {recency[count - score]}" if score > 1 else f"≥ {recency[-1]}"
        often = f"> {frequency[score - 2]:,}" if score > 1 else f"≤ {frequency[0]:,}"
        much = f"> {monetary[score - 2]}" if score > 1 else f"≤ {monetary[0]}"
        counts = (f"{sizes[part][score - 1]:,}" for part in ("recency", "frequency", "monetary"))
        first, second, third = counts
        rows.append([str(score), young, first, often, second, much, third])
    return rows
