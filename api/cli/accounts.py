"""`segue import`: files of accounts in."""

from __future__ import annotations

import math
import re
import shlex
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from segue.accounts.account_file import AccountFileInfo
from segue.accounts.book import AccountBook
from segue.accounts.import_report import ImportReport
from segue.accounts.importing import ImportOptions, import_accounts
from segue.accounts.known import account_file
from segue.accounts.reading import FileFormat
from segue.accounts.readings import Rates
from segue.api.cli.console import ERR, OUT, print_json, shown
from segue.api.cli.options import JsonOption
from segue.api.cli.show_import import import_summary
from segue.core.counted import counted
from segue.core.errors import InputError, nearest
from segue.core.settings import settings
from segue.policies.load import load_pack
from segue.policies.pack import Pack

_PAIR = re.compile(r"[A-Z]{6}")


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command("import")(import_file)


def import_file(
    file: Annotated[
        Path, typer.Argument(help="CSV, JSON lines or Parquet; an export of Salesforce or HubSpot as it is.")
    ],
    pack: Annotated[
        str, typer.Option("--pack", "-p", metavar="PACK", help="The pack that the accounts are for.")
    ],
    source: Annotated[
        str, typer.Option(metavar="NAME", help="The pack's name for where the file comes from.")
    ] = "crm",
    column: Annotated[
        list[str],
        typer.Option(
            "--map", "-m", metavar="HEADER=TRAIT",
            help="Over what is recognised: the trait that a column states; HEADER= leaves it out.",
        ),
    ] = [],  # noqa: B006 - typer copies it
    kind: Annotated[
        FileFormat | None, typer.Option("--format", help="Told by the file's contents and name if left out.")
    ] = None,
    encoding: Annotated[
        str | None, typer.Option(metavar="NAME", help="Such as windows-1252; UTF-8 if left out.")
    ] = None,
    delimiter: Annotated[
        str | None, typer.Option(metavar="CHARACTER", help="Of a CSV, such as ';'. Told by the header if left out.")
    ] = None,
    rate: Annotated[
        list[str],
        typer.Option(metavar="PAIR=RATE", help="EURUSD=1.08 makes one euro 1.08 dollars. None are built in."),
    ] = [],  # noqa: B006
    company: Annotated[
        list[str], typer.Option(metavar="DOMAIN", help="A company, though its domain also serves free mail.")
    ] = [],  # noqa: B006
    as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Import a file of accounts: every value typed or reported, duplicates shown, nothing merged."""
    loaded = load_pack(pack)
    options = ImportOptions(
        source_name=_known_source(source, loaded), named=_named(column), format=kind, encoding=encoding,
        delimiter="\t" if delimiter == "\\t" else delimiter, rates=Rates(_rates(rate)), companies=company,
    )  # fmt: skip
    target = account_file(settings().data_dir, loaded.name)
    before = _imported_before(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    with rows_bar(f"importing {file.name}", shown=not as_json) as progress:
        report = import_accounts(file, target, loaded.traits, options, progress)
    if as_json:
        replaced = None if before is None else {"source": before.source, "accounts": before.accounts}
        print_json({**report.as_dict(), "replaced": replaced})
        return
    OUT.print(import_summary(report))
    OUT.print()
    _tell_where(report, before, shlex.quote(pack))


def _tell_where(report: ImportReport, before: AccountFileInfo | None, pack: str) -> None:
    """Print where things are now, what is there no more, and what to do next."""
    lines = [f"accounts: {report.target}", f"every problem, one a line: {report.problems_file}"]
    if before is not None:
        of = f"{counted(before.accounts, 'account')} of {shown(before.source)}"
        lines.insert(0, f"in place of the {of}, imported {before.imported_at[:10]}")
    lines.append(f"next: segue decide DOMAIN --pack {pack}")
    lines.append(f"      segue label {shlex.quote(report.target)} --pack {pack} --out labels.csv")
    for line in lines:
        OUT.print(Text(line, "dim"), soft_wrap=True)


@contextmanager
def rows_bar(what: str, *, shown: bool = True) -> Iterator[Callable[[int, int], None]]:
    """Show a progress bar on a terminal's standard error; yield what moves it: (rows done, rows there are)."""
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=ERR, transient=True, disable=not shown or not ERR.is_terminal) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _known_source(source: str, pack: Pack) -> str:
    if source in pack.file.sources:
        return source
    known = ", ".join(pack.file.sources)
    raise InputError(
        f"--source: {source!r} is not among the sources of {pack.name}: {known}"
        f"{nearest(source, pack.file.sources)}"
    )


def _named(pairs: Sequence[str]) -> dict[str, str]:
    """Read `--map` options: header to trait."""
    named = {}
    for pair in pairs:
        header, mark, trait = pair.rpartition("=")
        if not mark or not header:
            raise InputError(f"--map {pair!r}: expected HEADER=TRAIT")
        named[header] = trait
    return named


def _rates(pairs: Sequence[str]) -> dict[str, float]:
    """Read `--rate` options: a pair of currencies to what one of the first is in the second."""
    rates = {}
    for text in pairs:
        pair, _, number = text.partition("=")
        try:
            rate = float(number)
        except ValueError:
            rate = math.nan
        if not _PAIR.fullmatch(pair) or not 0 < rate < math.inf:
            raise InputError(f"--rate {text!r}: expected two currencies and a number, such as EURUSD=1.08")
        rates[pair] = rate
    return rates


def _imported_before(target: Path) -> AccountFileInfo | None:
    """Return what the account file that is about to be replaced says of itself, if it can be read."""
    if not target.is_file():
        return None
    try:
        with AccountBook(target) as book:
            return book.info
    except InputError:
        return None
