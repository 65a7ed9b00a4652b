"""`segue replay`: logged decisions made again, and every difference shown."""

from __future__ import annotations

import json
import time
from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from segue.agents.replay import Period, Replayed
from segue.agents.replay_log import replay_log
from segue.api.cli.console import OUT, print_json, shown
from segue.api.cli.database import with_database_url
from segue.api.cli.options import JsonOption, SinceOption, UntilOption
from segue.api.cli.progress import Bar
from segue.core.counted import counted

_LONGEST = 60


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(replay)


def replay(
    since: SinceOption = None,
    until: UntilOption = None,
    pack: Annotated[
        str | None, typer.Option("--pack", "-p", metavar="NAME", help="Only decisions of this pack.")
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Only the newest so many.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Make logged decisions again, each under its own revision, and show where the answer differs."""
    found, seconds = with_database_url(lambda url: _replayed(url, Period(since, until, pack, limit)))
    rate = found.decisions / seconds if seconds else 0.0
    if as_json:
        print_json({**found.to_json(), "seconds": round(seconds, 3), "per_second": round(rate, 1)})
    else:
        _show(found, seconds, rate)
    if found.different:
        raise typer.Exit(1)


def _replayed(url: str, period: Period) -> tuple[Replayed, float]:
    started = time.perf_counter()
    with Bar("replaying") as bar:
        found = replay_log(url, period, lambda so_far, total: bar.at(so_far.decisions, total))
    return found, time.perf_counter() - started


def _show(found: Replayed, seconds: float, rate: float) -> None:
    mark = Text("✗ ", "bad") if found.different else Text("✓ ", "good")
    replayed = counted(found.same + found.different, "decision")
    revisions = counted(len(found.revisions), "revision")
    different = counted(found.different, "difference")
    OUT.print(
        mark + Text(f"{replayed} of {revisions} replayed, {different}; {seconds:.1f} s, {rate:,.0f} a second")
    )
    if found.erased:
        OUT.print(Text(f"  {counted(found.erased, 'decision')} could not be: the facts were erased", "warn"))
    if found.revision_gone:
        gone = counted(found.revision_gone, "decision")
        OUT.print(Text(f"  {gone} could not be: the revision is not stored any more", "warn"))
    if not found.differences:
        return
    table = Table(box=None, pad_edge=False, header_style="dim")
    for heading in ("decision", "field", "logged", "replayed"):
        table.add_column(heading, overflow="fold", no_wrap=heading == "decision")
    for each in found.differences:
        table.add_row(each.decision_id, each.field, _value(each.logged), _value(each.replayed))
    OUT.print(table)
    left = found.different - len(found.differences)
    if left:
        OUT.print(Text(f"and {counted(left, 'difference')} more", "dim"))


def _value(value: Any) -> Text:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return Text(shown(text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"), "value")
