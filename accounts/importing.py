"""`segue import`: a file of accounts in, an account file and a report out.

The file is read twice as a stream (once to settle how its columns write dates and numbers), each value is
typed or reported, duplicates are found and shown, and the account file appears whole at the end.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from segue.accounts.account_fields import CURRENCY, EMAIL, IDENTITY, SUPPORT
from segue.accounts.account_file import (
    VERSION,
    AccountFileInfo,
    StagedAccounts,
    check_trait_names,
    move_into_place,
    write_account_file,
)
from segue.accounts.account_rows import RowReader
from segue.accounts.column_survey import Survey, survey
from segue.accounts.field_readers import CurrencyReader, field_readers
from segue.accounts.headers import HeaderMap, map_headers
from segue.accounts.import_report import ImportReport
from segue.accounts.problem_log import ProblemLog
from segue.accounts.reading import FileFormat, Source, open_source
from segue.accounts.readings import Rates
from segue.accounts.report_building import Imported, build_report
from segue.accounts.row_domains import DomainReader
from segue.core.errors import InputError, Place
from segue.policies.models.traits import Scope, Trait, TraitType

SHOWN_GROUPS = 200
"""How many groups of duplicates a report shows; the account file names the pick of every one."""


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """What a user may say about a file. Nothing of it is needed for an export that is recognised."""

    source_name: str = "crm"
    """The pack's name for where the file comes from, as in a trait's `from`."""
    named: Mapping[str, str] = field(default_factory=dict)
    """Header to trait or field, over whatever is recognised; to "" for a column to leave out."""
    format: FileFormat | None = None
    encoding: str | None = None
    delimiter: str | None = None
    rates: Rates = field(default_factory=Rates)
    companies: Collection[str] = ()
    """Domains that are companies though a list calls them free or disposable mail."""
    imported_at: datetime | None = None
    """Now, unless given; aware."""


def import_accounts(
    path: str | Path,
    target: str | Path,
    traits: Mapping[str, Trait],
    options: ImportOptions | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> ImportReport:
    """Import a file of accounts and return the report.

    `target` is the Parquet file to write; beside it `<stem>.problems.jsonl` lists every problem. Both
    replace earlier ones at the end, or stay untouched when anything fails. `progress` is called with the
    rows done and the rows there are. Derived traits and traits of contacts or requests are not imported.

    Raises:
        InputError: the file cannot be read, has no column that names an account, or makes no account at
            all; `named` speaks of what there is not; a trait has a name that the account file reserves;
            or the target cannot be written.
    """
    options = options or ImportOptions()
    traits = {name: trait for name, trait in traits.items() if "." not in name}  # labels of other packs
    importable = {
        name: trait for name, trait in traits.items() if not trait.is_derived and trait.scope is Scope.ACCOUNT
    }
    check_trait_names({name: trait.type for name, trait in importable.items()})
    source = open_source(path, format=options.format, encoding=options.encoding, delimiter=options.delimiter)
    mappable = {name: trait for name, trait in traits.items() if name not in IDENTITY}
    headers = map_headers(source.columns, mappable, options.named)
    _check_names_accounts(source, headers)
    now = options.imported_at or datetime.now(UTC)
    return _Import(source, Path(target), importable, headers, options, now).run(progress)


@dataclass(frozen=True, slots=True)
class _Import:
    """One import, its file opened and its columns mapped."""

    source: Source
    target: Path
    traits: Mapping[str, Trait]
    """Those that a file may state."""
    headers: HeaderMap
    options: ImportOptions
    now: datetime

    def run(self, progress: Callable[[int, int], None] | None) -> ImportReport:
        """Read the file, write the account file and return the report."""
        found = survey(self.source, *self._open_columns())
        columns: dict[str, TraitType] = {
            name: trait.type
            for name, trait in self.traits.items()
            if name not in IDENTITY and self.headers.columns_of(name)
        }
        with _workshop(self.target) as folder:
            problems, rows = folder / "problems.jsonl", folder / "staged.csv"
            with (
                problems.open("w", encoding="utf-8") as problem_file,
                rows.open("w", encoding="utf-8", newline="") as staged_file,
            ):
                log, staged = ProblemLog(problem_file), StagedAccounts(staged_file, columns)
                reader = self._reader(found, list(columns), log)
                self._read(reader, staged, log, lambda done: progress and progress(done, found.rows))
            self._check_some(staged.count, log)
            made = folder / "accounts.parquet"
            duplicates = write_account_file(
                rows, made, columns, self._info(columns, staged.count), SHOWN_GROUPS
            )
            move_into_place(problems, problems_path(self.target))
            move_into_place(made, self.target)
        return build_report(self._imported(), found, reader, log, staged.count, duplicates)

    def _reader(self, found: Survey, columns: list[str], log: ProblemLog) -> RowReader:
        fields = field_readers(self.headers, self.traits, found, self.options.rates)
        domains = DomainReader(self.headers, frozenset(self.options.companies))
        currency = CurrencyReader(self.headers.columns_of(CURRENCY))
        return RowReader(fields, columns, domains, currency, log, self.now)

    def _read(
        self, reader: RowReader, staged: StagedAccounts, log: ProblemLog, progress: Callable[[int], object]
    ) -> None:
        done = 0
        for batch in self.source.batches():
            for rejected in batch.rejected:
                log.reject(rejected)
            staged.add(reader.read(batch))
            done += len(batch.rows)
            progress(done)

    def _open_columns(self) -> tuple[dict[int, bool], frozenset[int]]:
        """The columns of numbers, with whether these are whole, and those of dates."""
        kinds = {**SUPPORT, **self.traits}
        mapped = [column for column in self.headers.mapped if column.field in kinds]
        typed = [(column.index, kinds[column.field].type) for column in mapped]
        numbers = {index: kind == "integer" for index, kind in typed if kind in ("integer", "number")}
        return numbers, frozenset(index for index, kind in typed if kind == "timestamp")

    def _info(self, columns: Mapping[str, TraitType], accounts: int) -> AccountFileInfo:
        shared = {name: "text" for name in IDENTITY if name in self.traits}
        traits = {**shared, **columns}
        source = self.source.path.name
        return AccountFileInfo(
            VERSION, source, self.options.source_name, self.now.isoformat(), accounts, traits
        )

    def _imported(self) -> Imported:
        problems = problems_path(self.target)
        names = self.options.source_name, self.options.encoding
        return Imported(self.source, self.target, problems, self.headers, self.traits, self.now, *names)

    def _check_some(self, written: int, log: ProblemLog) -> None:
        if written:
            return
        path = str(self.source.path)
        if log.rejected:
            first = log.rejected[0]
            raise InputError(f"every row is broken; the first: {first.message}", Place(path, first.row))
        if log.dropped:
            why, row = log.dropped[0].why, log.dropped[0].row
            raise InputError(f"no row makes an account; the first: {why}", Place(path, row))
        raise InputError("has a header and no rows", Place(path))


def problems_path(target: Path) -> Path:
    """Return where the problems of an import go: beside its account file."""
    return target.with_name(f"{target.stem}.problems.jsonl")


@contextmanager
def _workshop(target: Path) -> Iterator[Path]:
    """A folder beside the target, on the same disk, that is gone afterwards."""
    place = Place(str(target))
    if target.is_dir():
        raise InputError("is a folder, expected the name of a file to write", place)
    try:
        with tempfile.TemporaryDirectory(prefix=".segue-import-", dir=target.parent) as folder:
            yield Path(folder)
    except OSError as error:
        raise InputError(f"cannot be written: {error.strerror or error}", place) from error
    except duckdb.Error as error:
        raise InputError(f"cannot be written: {str(error).splitlines()[0]}", place) from error


def _check_names_accounts(source: Source, headers: HeaderMap) -> None:
    if any(headers.columns_of(name) for name in ("account_id", "domain", "name", "website", EMAIL)):
        return
    found = ", ".join(source.columns[:8]) + (", ..." if len(source.columns) > 8 else "")
    raise InputError(
        f"no column names the account: expected one such as Account Name, Website or Domain, found {found};"
        " name one with header=name",
        Place(str(source.path), source.header_line or 1),
    )
