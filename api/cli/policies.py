"""`segue policies`: what is stored and active, changing that, and what a change would do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from segue.agents.deploying import deployment_of, loaded_beside
from segue.agents.live_policies import LivePolicies
from segue.agents.moves import Moves, what_moves
from segue.agents.pack_chains import REVISION, active_chain, load_chains, pack_files
from segue.agents.policy_store import (
    Deployment,
    deploy,
    newest_deployment,
    revision_of_prefix,
    roll_back,
    store_pack,
)
from segue.api.audit import record
from segue.api.cli.console import OUT, print_json
from segue.api.cli.database import with_database
from segue.api.cli.options import JsonOption
from segue.api.cli.policy_diff import diff
from segue.core.counted import counted
from segue.core.database import Database
from segue.policies.pack import Pack

_ACTOR = "cli"
SetOffOption = Annotated[
    bool,
    typer.Option(
        "--set-off",
        help="Carry out what accounts set off that move by this; without it labels change and nothing else.",
    ),
]
_HELP = "List, store, activate and roll back policies, and say what a change of them would do."


def register(app: typer.Typer) -> None:
    """Add the group to the command line."""
    policies = typer.Typer(no_args_is_help=True, help=_HELP)
    policies.command("list")(show)
    policies.command("store")(store)
    policies.command("activate")(activate)
    policies.command("rollback")(rollback)
    policies.command("diff")(diff)
    app.add_typer(policies, name="policies")


def show(as_json: JsonOption = False) -> None:
    """List the stored revisions, the newest first, and which are active."""
    found = with_database(_listed)
    if as_json:
        print_json(found)
        return
    live = {(each["revision"], each["shadow"]) for each in (found["active"] or {"packs": []})["packs"]}
    table = Table(box=None, pad_edge=False, header_style="dim")
    for heading in ("pack", "revision", "stored", "by", ""):
        table.add_column(heading, no_wrap=True)
    for each in found["revisions"]:
        revision = each["revision"]
        marks = [word for word, shadow in (("active", False), ("shadow", True)) if (revision, shadow) in live]
        table.add_row(
            Text(each["pack"], "label"), revision[:19], each["stored_at"][:16], each["stored_by"],
            Text(" ".join(marks), "good"),
        )  # fmt: skip
    OUT.print(table)


def store(
    pack: Annotated[str, typer.Argument(help="A pack by name or folder.")], as_json: JsonOption = False
) -> None:
    """Load a pack and store it as a revision, which is not active yet."""

    async def keep(database: Database) -> dict[str, str]:
        return await _stored(database, pack)

    found = with_database(keep)
    if as_json:
        print_json(found)
        return
    OUT.print(Text.assemble(("✓ ", "good"), f"{found['pack']} {found['revision']} is stored"))


def activate(
    packs: Annotated[
        list[str], typer.Argument(help="The packs to serve, in order: names, folders or stored revisions.")
    ],
    shadow: Annotated[
        list[str], typer.Option(metavar="PACK", help="A pack that decides beside them; again for others.")
    ] = [],  # noqa: B006 - typer copies it
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what it would move, and change nothing.")
    ] = False,
    set_off: SetOffOption = False,
    as_json: JsonOption = False,
) -> None:
    """Serve these packs, all of them or none, and say which accounts that moves."""

    async def change(database: Database) -> tuple[Moves, Deployment | None]:
        revisions = [await _revision(database, each) for each in packs]
        shadows = [await _revision(database, each) for each in shadow]
        policies = LivePolicies(database)
        await policies.refresh()
        deployed = await deployment_of(policies, revisions, shadows)
        kept = policies.live.deployment.artifacts if policies.ready else {}
        wanted = await policies.load(Deployment(0, deployed, artifacts=kept))
        before = policies.live.packs if policies.ready else ()
        moves = await what_moves(database, before, wanted.packs)
        if dry_run:
            return moves, None
        made = await deploy(database, deployed, "activate", _ACTOR, set_off=set_off)
        detail = {"packs": [each.to_json() for each in deployed], "set_off": set_off}
        await record(database, _ACTOR, "activate", str(made.deployment_id), detail)
        return moves, made

    moves, made = with_database(change)
    if as_json:
        print_json({"moves": moves.to_json(), "active": _deployment_json(made)})
        return
    moved = sum(moves.moved.values())
    lead = "would move" if made is None else f"deployment {made.deployment_id} is active and moves"
    OUT.print(Text.assemble(("✓ ", "good"), f"{lead} {moved:,} of {counted(moves.accounts, 'account')}"))
    for (pack, before, after), count in moves.moved.most_common():
        OUT.print(Text(f"  {pack}: {before or 'no label'} → {after or 'no label'}  {count:,}"))


def rollback(set_off: SetOffOption = False, as_json: JsonOption = False) -> None:
    """Serve again what served before."""

    async def back(database: Database) -> Deployment:
        made = await roll_back(database, _ACTOR, set_off=set_off)
        await record(database, _ACTOR, "rollback", str(made.deployment_id), {"set_off": set_off})
        return made

    made = with_database(back)
    if as_json:
        print_json({"active": _deployment_json(made)})
        return
    packs = ", ".join(f"{each.pack} {each.revision[:14]}" for each in made.packs)
    OUT.print(Text.assemble(("✓ ", "good"), f"deployment {made.deployment_id} is active: {packs}"))


async def _listed(database: Database) -> dict[str, Any]:
    async with database.connection() as connection:
        cursor = await connection.execute(
            "SELECT revision, pack, stored_at, stored_by FROM segue.policy_revisions ORDER BY stored_at DESC"
        )
        rows = await cursor.fetchall()
        active = await newest_deployment(connection)
    revisions = [
        {"revision": revision, "pack": pack, "stored_at": at.isoformat(), "stored_by": by}
        for revision, pack, at, by in rows
    ]
    return {"active": _deployment_json(active), "revisions": revisions}


async def _stored(database: Database, name: str) -> dict[str, str]:
    """Store a pack that loads beside the live ones."""
    async with database.connection() as connection:
        found = await pack_files(connection, name)
        live: Sequence[Pack] = load_chains(await active_chain(connection))[0]
    pack = loaded_beside(found.files, found.root, live)
    async with database.transaction() as connection:
        await store_pack(connection, pack, found.files, _ACTOR)
    await record(database, _ACTOR, "store_policy", pack.revision, {"pack": pack.name})
    return {"pack": pack.name, "revision": pack.revision}


async def _revision(database: Database, name: str) -> str:
    """Return the revision that a name means; what is not stored yet is stored."""
    if not name.startswith(REVISION):
        return (await _stored(database, name))["revision"]
    async with database.connection() as connection:
        return await revision_of_prefix(connection, name)


def _deployment_json(deployment: Deployment | None) -> dict[str, Any] | None:
    if deployment is None:
        return None
    packs = [each.to_json() for each in deployment.packs]
    return {"deployment": deployment.deployment_id, "action": deployment.action, "packs": packs}
