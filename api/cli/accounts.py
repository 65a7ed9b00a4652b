"""`segue import`: files of accounts in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Group, RenderableType
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from segue.accounts.import_report import FieldReport, ImportReport
from segue.accounts.importing import ImportOptions, import_accounts
from segue.accounts.known import account_file
from segue.api.cli.console import ERR, OUT, print_json
from segue.api.cli.options import JsonOption
from segue.core.errors import InputError, nearest
from segue.core.settings import settings
from segue.policies.load import load_pack


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command("import")(import_file)


def import_file(
    file: Annotated[
        Path, typer.Argument(help="CSV, JSON lines or Parquet; an export of Salesforce or HubSpot as it is.")
    ],
    pack: Annotated[str, typer.Option("--pack", "-p", help="The pack that the accounts are for.")],
    source: Annotated[str, typer.Option(help="The pack's name for where the file comes from.")] = "crm",
    column: Annotated[
        list[str],
        typer.Option("--map", "-m", help="header=trait, over what is recognised; header= leaves it out."),
    ] = [],  # noqa: B006 - typer copies it
    as_json: JsonOption = False,
) -> None:
    """Import a file of accounts: every value typed or reported, duplicates shown, nothing merged."""
    loaded = load_pack(pack)
    if source not in loaded.file.sources:
        known = ", ".join(loaded.file.sources)
        raise InputError(f"--source: {source!r} is not among the sources of {loaded.name}: {known}"
                         f"{nearest(source, loaded.file.sources)}")  # fmt: skip
    named = {}
    for pair in column:
        header, mark, trait = pair.rpartition("=")
        if not mark:
            raise InputError(f"--map {pair!r}: expected header=trait")
        named[header] = trait
    target = account_file(settings().data_dir, loaded.name)
    target.parent.mkdir(parents=True, exist_ok=True)
    with rows_bar("importing", shown=not as_json) as progress:
        report = import_accounts(
            file, target, loaded.traits, ImportOptions(source_name=source, named=named), progress
        )
    if as_json:
        print_json(report.as_dict())
    else:
        OUT.print(import_summary(report))


@contextmanager
def rows_bar(what: str, *, shown: bool = True) -> Iterator[Callable[[int, int], None]]:
    """Show a progress bar on a terminal's standard error; yield what moves it: (rows done, rows there are)."""
    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=ERR, transient=True, disable=not shown or not ERR.is_terminal) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def import_summary(report: ImportReport, *, short: bool = False) -> RenderableType:
    """Return what an import did, as a person wants to know it; short leaves out the places of problems."""
    parts: list[RenderableType] = [_head(report), Text(), _fields(report)]
    problems = [] if short else list(_problems(report))
    if problems:
        parts += [Text(), *problems]
    duplicates = _duplicates(report)
    if duplicates:
        parts += [Text(), *duplicates]
    if not short:
        parts += [
            Text(),
            Text.from_markup(f"[dim]every problem, one a line: {escape(report.problems_file)}[/dim]"),
        ]
    return Group(*parts)


def _head(report: ImportReport) -> Text:
    text = f"[good]✓[/good] [name]{report.rows_written:,}[/name] accounts from {escape(Path(report.source).name)}"
    if report.headers.crm is not None:
        text += f"  [dim]recognised as an export of {report.headers.crm.value}[/dim]"
    if report.rows_rejected:
        text += f"  [bad]{report.rows_rejected:,} broken rows left out[/bad]"
    if report.rows_dropped:
        text += f"  [warn]{report.rows_dropped:,} rows make no account[/warn]"
    return Text.from_markup(text)


def _fields(report: ImportReport) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for heading in ("trait", "from column"):
        table.add_column(heading)
    for heading in ("filled", "empty", "unreadable"):
        table.add_column(heading, justify="right")
    table.add_column("for example")
    for each in report.fields:
        bad = f"[warn]{each.unreadable:,}[/warn]" if each.unreadable else "[dim]0[/dim]"
        columns = escape(", ".join(each.columns))
        table.add_row(each.field, columns, f"{each.filled:,}", f"{each.empty:,}", bad, _example(each))
    return table


def _example(each: FieldReport) -> str:
    if each.unknown_spellings:
        return "[dim]not a known value:[/dim] " + escape(", ".join(list(each.unknown_spellings)[:3]))
    if not each.examples:
        return ""
    first = each.examples[0]
    shown = first.value if len(first.value) <= 28 else first.value[:27] + "…"
    return f"[dim]row {first.row}:[/dim] {escape(shown)} [dim]{first.fault.value.replace('_', ' ')}[/dim]"


def _problems(report: ImportReport) -> Iterator[RenderableType]:
    if report.headers.unmapped:
        names = ", ".join(each.column for each in report.headers.unmapped)
        yield Text.from_markup(f"[dim]columns not used:[/dim] {escape(names)}")
    for row in report.rejected[:5]:
        yield Text.from_markup(f"[bad]✗[/bad] row {row.row}: {escape(row.message)}")
    for dropped in report.dropped[:3]:
        what = dropped.name or dropped.domain or "unnamed"
        yield Text.from_markup(f"[warn]·[/warn] row {dropped.row}: {escape(what)}: {escape(dropped.why)}")
    if report.rows_dropped > 3:
        yield Text.from_markup(f"[dim]  and {report.rows_dropped - 3:,} more rows that make no account[/dim]")
    for note in report.notes:
        yield Text.from_markup(f"[warn]note:[/warn] {escape(note)}")


def _duplicates(report: ImportReport) -> list[RenderableType]:
    found = report.duplicates
    if not found.groups:
        return []
    groups = f"{found.groups:,} group{'s' if found.groups > 1 else ''} of duplicates"
    head = f"[warn]{groups}[/warn], {found.rows:,} rows, all kept; a look-up picks one of each:"
    lines: list[RenderableType] = [Text.from_markup(head)]
    for group in found.shown[:3]:
        pick, *others = group.rows
        passed = ", ".join(f"row {row.row} {row.name or ''}".strip() for row in others)
        because = group.because.value.replace("_", " ")
        lines.append(
            Text.from_markup(
                f"  {escape(group.shared)}: row {pick.row} [name]{escape(pick.name or '')}[/name] "
                f"[dim]({because})[/dim] over {escape(passed)}"
            )
        )
    return lines
