"""What an import did, as a person wants to know it: what was filled, what could not be read, what is double."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from segue.accounts.duplicates import DuplicateGroup, Duplicates
from segue.accounts.import_report import FieldReport, ImportReport
from segue.api.cli.console import shown
from segue.api.cli.show_label import marked
from segue.core.counted import counted

_SHOWN = 5
"""How many rejected and how many dropped rows are shown."""
_SHOWN_GROUPS = 3


def import_summary(report: ImportReport, *, short: bool = False) -> RenderableType:
    """Return the summary of an import; short leaves out the rows that are broken or make no account."""
    parts: list[RenderableType] = [_head(report), Text(), _fields(report)]
    problems = [] if short else list(_problems(report))
    if problems:
        parts += [Text(), *problems]
    if report.duplicates.groups:
        parts += [Text(), *_duplicates(report.duplicates)]
    return Group(*parts)


def _head(report: ImportReport) -> Text:
    head = Text.assemble(("✓ ", "good"), (counted(report.rows_written, "account"), "name"))
    head.append(f" from {shown(Path(report.source).name)}")
    if report.headers.crm is not None:
        head.append(f", recognised as an export of {report.headers.crm.value.capitalize()}", "dim")
    if report.rows_rejected:
        head.append(f"; {counted(report.rows_rejected, 'broken row')} left out", "bad")
    if report.rows_dropped:
        made = "makes no account" if report.rows_dropped == 1 else "make no account"
        head.append(f"; {counted(report.rows_dropped, 'row')} {made}", "warn")
    return head


def _fields(report: ImportReport) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for heading in ("trait", "from column"):
        table.add_column(heading)
    for heading in ("filled", "empty", "unreadable"):
        table.add_column(heading, justify="right")
    table.add_column("for example")
    for each in report.fields:
        bad = Text(f"{each.unreadable:,}", "warn" if each.unreadable else "dim")
        columns = Text(shown(", ".join(each.columns)))
        table.add_row(each.field, columns, f"{each.filled:,}", f"{each.empty:,}", bad, _example(each))
    return table


def _example(each: FieldReport) -> Text:
    """Return what went wrong with a field most: spellings that the pack does not know, or the first fault."""
    if each.unknown_spellings:
        spellings = list(each.unknown_spellings.items())[:3]
        found = Text(", ").join(Text.assemble(_quoted(text), (f" {n:,}×", "dim")) for text, n in spellings)
        return Text.assemble(("no known value: ", "dim"), found)
    if not each.examples:
        return Text()
    first = each.examples[0]
    fault = first.fault.value.replace("_", " ")
    return Text.assemble((f"{fault}, row {first.row}: ", "dim"), _quoted(first.value))


def _quoted(text: str) -> str:
    return f"“{shown(text if len(text) <= 28 else text[:27] + '…')}”"


def _problems(report: ImportReport) -> Iterator[RenderableType]:
    if report.headers.unmapped:
        names = ", ".join(shown(each.column) for each in report.headers.unmapped)
        yield Text.assemble(("columns not used: ", "dim"), names)
    for row in report.rejected[:_SHOWN]:
        yield marked(Text("✗", "bad"), Text(f"row {row.row} is broken: {shown(row.message)}"))
    if report.rows_rejected > _SHOWN:
        yield Text(f"  and {counted(report.rows_rejected - _SHOWN, 'more broken row')}", "dim")
    for dropped in report.dropped[:_SHOWN]:
        what = shown(dropped.name or dropped.domain or "unnamed")
        yield marked(
            Text("·", "warn"), Text(f"row {dropped.row} makes no account: {what}: {shown(dropped.why)}")
        )
    if report.rows_dropped > _SHOWN:
        rest = counted(report.rows_dropped - _SHOWN, "more row that makes", "more rows that make")
        yield Text(f"  and {rest} no account", "dim")
    for note in report.notes:
        yield Text.assemble(("note: ", "warn"), shown(note))


def _duplicates(found: Duplicates) -> Iterator[RenderableType]:
    groups = counted(found.groups, "group of duplicates", "groups of duplicates")
    yield Text.assemble(
        (groups, "warn"), f", {counted(found.rows, 'row')}, all kept; a look-up picks one of each:"
    )
    for group in found.shown[:_SHOWN_GROUPS]:
        yield marked(Text("·", "dim"), _picked(group))
    if found.groups > _SHOWN_GROUPS:
        rest = counted(found.groups - _SHOWN_GROUPS, "more group")
        yield Text(f"  and {rest}: the column duplicate_of of the account file", "dim")


def _picked(group: DuplicateGroup) -> Text:
    pick, *others = group.rows
    passed = ", ".join(f"row {row.row} {shown(row.name or '')}".strip() for row in others)
    because = group.because.value.replace("_", " ")
    return Text.assemble(
        f"{shown(group.shared)}: row {pick.row} ", (shown(pick.name or ""), "name"),
        (f" ({because})", "dim"), f" over {passed}",
    )  # fmt: skip
