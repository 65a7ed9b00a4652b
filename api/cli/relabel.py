"""`segue relabel`: every stored account labelled by one SQL program."""

from __future__ import annotations

import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from segue.agents.live_policies import LivePolicies
from segue.agents.relabel_store import LabelEngine, Relabelled, relabel_store
from segue.api.cli.console import OUT, print_json
from segue.api.cli.database import with_database
from segue.api.cli.options import JsonOption
from segue.api.services import label_keeping
from segue.core.counted import counted
from segue.core.database import Database
from segue.core.errors import InputError


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(relabel)


def relabel(
    engine: Annotated[
        LabelEngine, typer.Option("--engine", "-e", help="What runs the packs.")
    ] = LabelEngine.POSTGRES,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what differs.")] = False,
    set_off: Annotated[
        bool, typer.Option("--set-off", help="Let changes set off the plays of entering and leaving.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Label every stored account by the live packs, where the data is, and write the labels that differ."""
    started = time.perf_counter()
    found = with_database(lambda database: _relabelled(database, engine, dry_run, set_off))
    seconds = time.perf_counter() - started
    if as_json:
        print_json({**found.to_json(), "engine": engine.value, "seconds": round(seconds, 3)})
    else:
        _show(found, seconds, dry_run)


async def _relabelled(database: Database, engine: LabelEngine, dry_run: bool, set_off: bool) -> Relabelled:
    policies = LivePolicies(database)
    await policies.refresh()
    if not policies.ready:
        raise InputError("no pack is active: `segue serve --pack NAME` activates one")
    with tempfile.TemporaryDirectory(prefix="segue-relabel-") as folder:
        return await relabel_store(
            database, label_keeping(policies), engine, datetime.now(UTC), Path(folder),
            dry_run=dry_run, set_off=set_off,
        )  # fmt: skip


def _show(found: Relabelled, seconds: float, dry_run: bool) -> None:
    for pack, segments in found.labels.items():
        table = Table(box=None, pad_edge=False, header_style="dim", title=pack, title_justify="left")
        for heading in ("segment", "accounts", "settled", "provisional"):
            table.add_column(heading, justify="left" if heading == "segment" else "right")
        for segment, statuses in segments.items():
            total, open_ = sum(statuses.values()), statuses.get("provisional", 0)
            table.add_row(segment, f"{total:,}", f"{total - open_:,}", f"{open_:,}")
        OUT.print(table)
        OUT.print("")
    what = f"{counted(found.differing, 'account')} had other labels"
    done = "nothing was written" if dry_run else f"{found.written:,} written"
    OUT.print(
        Text("✓ ", "good")
        + Text(f"{counted(found.accounts, 'account')} labelled in {seconds:.1f} s; {what}, {done}")
    )
