"""`segue experiments`: holdouts and tests between plays, arm by arm."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from segue.agents.experiments import found_so_far
from segue.agents.live_policies import LivePolicies
from segue.api.cli.console import OUT, print_json
from segue.api.cli.database import with_database
from segue.api.cli.options import JsonOption
from segue.api.cli.since import read_since
from segue.core.counted import counted
from segue.core.database import Database
from segue.core.errors import InputError


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(experiments)


def experiments(
    pack: Annotated[str | None, typer.Option(help="Only those of this live pack.")] = None,
    since: Annotated[
        str | None, typer.Option(help="Only decisions since then, such as 30d or 2026-11-20.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Show what holdouts and tests between plays found so far, and what they could show."""
    start = None if since is None else read_since(since, datetime.now(UTC))

    async def ask(database: Database) -> list[dict[str, Any]]:
        policies = LivePolicies(database)
        await policies.refresh()
        packs = policies.packs
        if pack is not None:
            packs = policies.live.up_to(pack)[-1:]
        async with database.connection() as connection:
            return [each.to_json() for each in await found_so_far(connection, packs, start)]

    found = with_database(ask)
    if as_json:
        print_json({"experiments": found})
        return
    if not found:
        raise InputError("no live policy declares a holdout or an experiment")
    for each in found:
        _show(each)


def _show(found: dict[str, Any]) -> None:
    where = f" on {found['surface']}" if found["surface"] else ""
    OUT.print(Text(f"{found['pack']}.{found['segment']}: {found['experiment']}{where}", "bold"))
    goal = (
        f"{found['goal']} within {found['within_days']:g} days"
        if found["goal"]
        else "no goal: the segment has no measure"
    )
    table = Table(
        "arm", "share", "accounts", "exposed", "reached", "rate", "95% interval", "difference", "could show"
    )
    for arm in found["arms"]:
        against = arm.get("against")
        table.add_row(
            arm["arm"], _percent(arm["share"], 0), f"{arm['accounts']:,}", f"{arm['exposed']:,}", f"{arm['reached']:,}",
            _percent(arm["rate"]), _range(arm["interval"]),
            "" if against is None else _difference(against),
            "" if against is None else _points(against["smallest_effect"]),
        )  # fmt: skip
    OUT.print(table)
    OUT.print(Text(f"goal: {goal}", "dim"))
    under_way = sum(arm["under_way"] for arm in found["arms"])
    if under_way:
        OUT.print(Text(f"{counted(under_way, 'account')} still within that time: rates will rise", "dim"))
    if found["mixed"]:
        OUT.print(Text(f"{counted(found['mixed'], 'account')} seen in two arms and left out", "dim"))
    OUT.print()


def _percent(share: float | None, digits: int = 1) -> str:
    return "-" if share is None else f"{share:.{digits}%}"


def _range(ends: list[float] | None) -> str:
    return "-" if ends is None else f"{ends[0]:.1%} to {ends[1]:.1%}"


def _points(share: float | None) -> str:
    return "-" if share is None else f"{share * 100:.1f} points"


def _difference(against: dict[str, Any]) -> str:
    if against["difference"] is None:
        return "-"
    low, high = against["interval"]
    return f"{against['difference'] * 100:+.1f} ({low * 100:+.1f} to {high * 100:+.1f})"
