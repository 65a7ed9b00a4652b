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
from segue.accounts.duplicates import Duplicates
from segue.accounts.field_readers import CurrencyReader, field_readers
from segue.accounts.headers import HeaderMap, map_headers
from segue.accounts.import_report import FieldReport, ImportReport
from segue.accounts.problem_log import ProblemLog
from segue.accounts.reading import FileFormat, Source, open_source
from segue.accounts.readings import Rates
from segue.accounts.row_domains import DomainReader
from segue.accounts.source_text import RejectedRow, RowFault
from segue.core.errors import InputError, Place
from segue.policies.models.traits import Scope, Trait, TraitType

SHOWN_GROUPS = 200
"""How many groups of duplicates a report shows; the account file names the pick of every one."""

_PROGRESS_ROWS = 2_000


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
    rows done and the rows there are.

    Raises:
        InputError: the file cannot be read, has no column that names an account, or makes no account at
            all; `named` speaks of what there is not; or a trait has a name that the file reserves.
    """
    options = options or ImportOptions()
    stated = {name: trait for name, trait in traits.items() if name not in IDENTITY}
    kept = {
        name: trait.type
        for name, trait in stated.items()
        if not trait.is_derived and trait.scope is Scope.ACCOUNT
    }
    check_trait_names({**kept, **{name: trait.type for name, trait in traits.items() if name in IDENTITY}})
    source = open_source(path, format=options.format, encoding=options.encoding, delimiter=options.delimiter)
    headers = map_headers(source.columns, stated, options.named)
    _check_names_accounts(source, headers)
    job = _Import(source, Path(target), stated, kept, headers, options, progress)
    return job.run()


@dataclass(frozen=True, slots=True)
class _Import:
    """One import, its file opened and its columns mapped."""

    source: Source
    target: Path
    traits: Mapping[str, Trait]
    kept: Mapping[str, TraitType]
    headers: HeaderMap
    options: ImportOptions
    progress: Callable[[int, int], None] | None

    def run(self) -> ImportReport:
        found = survey(self.source, *self._open_columns())
        now = self.options.imported_at or datetime.now(UTC)
        imported = {name: kind for name, kind in self.kept.items() if self.headers.columns_of(name)}
        with _workshop(self.target) as folder:
            problems = folder / "problems.jsonl"
            with (
                problems.open("w", encoding="utf-8") as problem_file,
                (folder / "staged.csv").open("w", encoding="utf-8", newline="") as staged_file,
            ):
                log, staged = ProblemLog(problem_file), StagedAccounts(staged_file)
                reader = self._reader(found, list(imported), log, now)
                self._read(reader, staged, log, found.rows)
            self._check_some(staged.count, log)
            info = AccountFileInfo(
                VERSION, self.source.path.name, self.options.source_name, now.isoformat(), staged.count, dict(imported)
            )
            made = folder / "accounts.parquet"
            duplicates = write_account_file(folder / "staged.csv", made, imported, info, show=SHOWN_GROUPS)
            move_into_place(problems, problems_path(self.target))
            move_into_place(made, self.target)
        return self._report(reader, staged.count, log, found, duplicates, now)

    def _reader(self, found: Survey, imported: list[str], log: ProblemLog, now: datetime) -> RowReader:
        fields = field_readers(self.headers, self.traits, found, self.options.rates)
        domains = DomainReader(self.headers, frozenset(self.options.companies))
        currency = CurrencyReader(self.headers.columns_of(CURRENCY))
        return RowReader(fields, imported, domains, currency, log, now)

    def _open_columns(self) -> tuple[dict[int, bool], frozenset[int]]:
        """The columns of numbers, with whether these are whole, and those of dates."""
        kinds = {**SUPPORT, **self.traits}
        typed = [(column.index, kinds[column.field].type) for column in self.headers.mapped if column.field in kinds]
        numbers = {index: kind == "integer" for index, kind in typed if kind in ("integer", "number")}
        return numbers, frozenset(index for index, kind in typed if kind == "timestamp")

    def _read(self, reader: RowReader, staged: StagedAccounts, log: ProblemLog, total: int) -> None:
        done = 0
        for found in self.source.records():
            if isinstance(found, RejectedRow):
                log.reject(found)
                continue
            account = reader.read(*found)
            if account is not None:
                staged.add(account)
            done += 1
            if self.progress is not None and done % _PROGRESS_ROWS == 0:
                self.progress(done, total)
        if self.progress is not None:
            self.progress(done, total)

    def _check_some(self, written: int, log: ProblemLog) -> None:
        if written:
            return
        place = Place(str(self.source.path))
        if log.rejected:
            first = log.rejected[0]
            raise InputError(f"every row is broken; the first: {first.message}", Place(place.file, first.row))
        if log.dropped:
            dropped = log.dropped[0]
            raise InputError(f"no row makes an account; the first: {dropped.why}", Place(place.file, dropped.row))
        raise InputError("has a header and no rows", place)

    def _report(
        self, reader: RowReader, written: int, log: ProblemLog, found: Survey, duplicates: Duplicates, now: datetime
    ) -> ImportReport:
        rejected = log.rejected_by.total()
        return ImportReport(
            source=str(self.source.path),
            source_name=self.options.source_name,
            target=str(self.target),
            problems_file=str(problems_path(self.target)),
            format=self.source.format.value,
            encoding=self.source.encoding,
            delimiter=self.source.delimiter,
            imported_at=now,
            rows_read=found.rows + rejected,
            rows_written=written,
            rows_rejected=rejected,
            rejected=tuple(log.rejected),
            rejected_by=dict(log.rejected_by),
            rows_dropped=log.rows_dropped,
            dropped=tuple(log.dropped),
            headers=self.headers,
            evidence={self.source.columns[index]: counts for index, counts in found.evidence.items()},
            fields=self._fields(reader, log, written),
            duplicates=duplicates,
            notes=self._notes(log),
        )

    def _fields(self, reader: RowReader, log: ProblemLog, written: int) -> tuple[FieldReport, ...]:
        names = dict.fromkeys(column.field for column in self.headers.mapped if column.field not in (EMAIL, CURRENCY))
        return tuple(self._field(name, reader, log, written) for name in ("domain", *(n for n in names if n != "domain")))

    def _field(self, name: str, reader: RowReader, log: ProblemLog, written: int) -> FieldReport:
        trait = self.traits.get(name) or SUPPORT.get(name)
        filled, unreadable = reader.filled[name], reader.unreadable[name]
        return FieldReport(
            field=name,
            type=trait.type if trait else "text",
            columns=tuple(column.column for column in self.headers.columns_of(name)),
            filled=filled,
            empty=written - filled - unreadable,
            unreadable=unreadable,
            faults=dict(log.faults.get(name, {})),
            unknown_spellings=dict(log.spellings[name].most_common(50)) if name in log.spellings else {},
            converted=reader.converted[name],
            examples=tuple(problem for (owner, _), found in log.examples.items() if owner == name for problem in found),
        )

    def _notes(self, log: ProblemLog) -> tuple[str, ...]:
        notes: list[str] = []
        spoilt = log.rejected_by[RowFault.INVALID_ENCODING]
        if spoilt and not self.options.encoding:
            notes.append(
                f"{spoilt} rows are not {self.source.encoding}: if the export was saved by Excel or as"
                " ISO-8859-1, import it with the encoding windows-1252"
            )
        strangers = sorted(
            column.field
            for column in self.headers.mapped
            if (trait := self.traits.get(column.field)) and trait.sources and self.options.source_name not in trait.sources
        )
        if strangers:
            names = ", ".join(dict.fromkeys(strangers))
            notes.append(f"the pack does not name {self.options.source_name} as a source of {names}")
        return tuple(notes)


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


def _check_names_accounts(source: Source, headers: HeaderMap) -> None:
    if any(headers.columns_of(name) for name in ("account_id", "domain", "name", "website", EMAIL)):
        return
    found = ", ".join(source.columns[:8]) + (", ..." if len(source.columns) > 8 else "")
    raise InputError(
        f"no column names the account: expected one such as Account Name, Website or Domain, found {found};"
        " name one with header=name",
        Place(str(source.path), source.header_line or 1),
    )
