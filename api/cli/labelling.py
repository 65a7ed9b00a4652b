"""`segue label`: the label of every account of a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from segue.accounts.labelling import LabelSummary, label_file
from segue.api.cli.console import ERR, OUT, print_json, shown
from segue.api.cli.options import JsonOption, NowOption, PackOption, instant
from segue.core.counted import counted
from segue.core.errors import InputError
from segue.policies.classifier import Status
from segue.policies.load import load_pack
from segue.policies.pack import Pack


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(label)


def label(
    file: Annotated[Path, typer.Argument(help="CSV, JSON lines or Parquet, its columns named as traits.")],
    pack: PackOption,
    out: Annotated[Path, typer.Option("--out", "-o", help="Where the labels go: .csv or .parquet.")],
    missing: Annotated[
        bool, typer.Option("--missing", help="Add the facts that would settle each provisional label.")
    ] = False,
    now: NowOption = None,
    as_json: JsonOption = False,
) -> None:
    """Label every account of a file: its segment and how sure that is, for millions of rows."""
    if len(pack) != 1:
        raise InputError(f"label with one pack at a time: found {len(pack)} after --pack")
    loaded = load_pack(pack[0])
    with _bar(hidden=as_json) as progress:
        task = progress.add_task(f"labelling {file.name}", total=1.0)
        summary = label_file(
            loaded, file, out, instant(now), missing=missing,
            progress=lambda done: progress.update(task, completed=done),
        )  # fmt: skip
    if as_json:
        found = {"pack": loaded.name, "revision": loaded.revision, "file": str(out), "rows": summary.rows}
        print_json({**found, "counts": summary.counts, "seconds": round(summary.seconds, 3)})
        return
    OUT.print(_table(loaded, summary))
    done = f"{counted(summary.rows, 'account')} in {summary.seconds:.1f} s: {shown(str(out))}"
    OUT.print(Text.assemble(("✓ ", "good"), done), soft_wrap=True)


def _bar(*, hidden: bool) -> Progress:
    said = TextColumn("{task.description}", markup=False)
    columns = (said, BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    return Progress(*columns, console=ERR, transient=True, disable=hidden or not ERR.is_terminal)


def _table(pack: Pack, summary: LabelSummary) -> Table:
    """Return the segments in the pack's order with their sizes, and how sure they are."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("segment")
    for heading in ("accounts", "share", *(status.value for status in Status)):
        table.add_column(heading, justify="right")
    for policy in pack.segments:
        counts = summary.counts[policy.name]
        size = sum(counts.values())
        share = f"{size / summary.rows:.1%}" if summary.rows else ""
        sure = [f"{counts[status]:,}" if counts.get(status) else "" for status in Status]
        table.add_row(f"[label]{policy.name}[/label]", f"{size:,}", share, *sure)
    return table
