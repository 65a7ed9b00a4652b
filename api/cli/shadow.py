"""`segue shadow diff`: where shadow decisions and the live ones, or another tool's, disagree."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from segue.agents.replay import Period
from segue.agents.shadow_diff import COMPARED, ShadowDiff, against_file, shadow_diff
from segue.api.cli.clauses import clause_text
from segue.api.cli.console import OUT, print_json, shown
from segue.api.cli.database import with_database
from segue.api.cli.options import JsonOption, SinceOption
from segue.core.counted import counted
from segue.core.database import Database

_SHOWN = 40


def register(app: typer.Typer) -> None:
    """Add the group to the command line."""
    shadow = typer.Typer(
        no_args_is_help=True,
        help="Say where shadow decisions, or those of another tool, and Segue's disagree.",
    )
    shadow.callback()(_group)
    shadow.command("diff")(diff)
    app.add_typer(shadow, name="shadow")


def _group() -> None:
    """Say where shadow decisions, or those of another tool, and Segue's disagree."""


def diff(
    since: SinceOption = None,
    against: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="A CSV of what another tool decided: account, and play or segment or both."
        ),
    ] = None,
    live: Annotated[
        bool, typer.Option("--live", help="Hold the live decisions against the file, not the shadows'.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """List every disagreement, with the clauses behind it."""
    if live and against is None:
        raise typer.BadParameter("it needs --against", param_hint="--live")

    async def compare(database: Database) -> ShadowDiff:
        async with database.transaction() as connection:
            if against is None:
                return await shadow_diff(connection, Period(since))
            return await against_file(connection, Period(since), against, live=live)

    found = with_database(compare)
    if as_json:
        print_json(found.to_json())
        return
    _show(found, "the file" if against else "live", "live" if live else "shadow")


def _show(found: ShadowDiff, theirs: str, ours: str) -> None:
    number = len(found.disagreements)
    mark = Text("✗ ", "warn") if number else Text("✓ ", "good")
    compared = counted(found.compared, "decision")
    OUT.print(mark + Text(f"{compared} compared with {theirs}, {counted(number, 'disagreement')}"))
    if found.alone:
        OUT.print(Text(f"  {found.alone:,} had nothing to compare with", "dim"))
    for what in COMPARED:
        moved = found.moved(what)
        if moved:
            table = Table(box=None, pad_edge=False, header_style="dim")
            for heading in (f"{what}, {theirs}", f"{what}, {ours}"):
                table.add_column(heading)
            table.add_column("decisions", justify="right")
            for (before, after), count in moved.most_common():
                table.add_row(_text(before), _text(after), f"{count:,}")
            OUT.print("", table)
    if number:
        OUT.print()
    for each in found.disagreements[:_SHOWN]:
        _show_one(each, theirs, ours)
    if number > _SHOWN:
        OUT.print(Text(f"and {counted(number - _SHOWN, 'disagreement')} more: --json names them all", "dim"))


def _show_one(each: dict[str, Any], theirs: str, ours: str) -> None:
    who = " · ".join(shown(text) for text in (each["name"], each["domain"] or each["account"]) if text)
    OUT.print(Text.assemble((who, "name"), (f"  {each['surface']}  {each['decision_id']}", "dim")))
    for side, called in (("beside", theirs), ("shadow", ours)):
        said = each[side]
        words = ", ".join(str(said[name]) for name in COMPARED if said[name])
        OUT.print(Text.assemble((f"  {called:<8} ", "dim"), shown(words)))
        for clause in said["because"]:
            OUT.print(Text("           ") + clause_text(clause))
        if said["why_not"] is not None and not said["why_not"]["permitted"]:
            against = said["why_not"]
            line = f"not {against['play']}: {against['reason']}"
            OUT.print(Text(f"           {shown(line)}  {shown(against.get('clause') or '')}", "warn"))


def _text(value: Any) -> Text:
    return Text("-" if value is None else shown(str(value)))
