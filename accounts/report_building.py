"""The parts of an import put together into its report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from segue.accounts.account_fields import CURRENCY, EMAIL, SUPPORT
from segue.accounts.account_rows import RowReader
from segue.accounts.column_survey import Survey
from segue.accounts.duplicates import Duplicates
from segue.accounts.headers import HeaderMap
from segue.accounts.import_report import FieldReport, ImportReport
from segue.accounts.problem_log import ProblemLog
from segue.accounts.reading import Source
from segue.accounts.source_text import RowFault
from segue.policies.models.traits import Trait

_SHOWN_SPELLINGS = 50


@dataclass(frozen=True, slots=True)
class Imported:
    """Which file was imported, into what, and how it was understood."""

    source: Source
    target: Path
    problems: Path
    headers: HeaderMap
    traits: Mapping[str, Trait]
    imported_at: datetime
    source_name: str
    encoding: str | None
    """The encoding that the user named, None for none."""


def build_report(
    imported: Imported,
    found: Survey,
    reader: RowReader,
    log: ProblemLog,
    written: int,
    duplicates: Duplicates,
) -> ImportReport:
    """Return the report of an import that is done."""
    source = imported.source
    rejected = log.rejected_by.total()
    return ImportReport(
        source=str(source.path),
        source_name=imported.source_name,
        target=str(imported.target),
        problems_file=str(imported.problems),
        format=source.format.value,
        encoding=source.encoding,
        delimiter=source.delimiter,
        imported_at=imported.imported_at,
        rows_read=found.rows + rejected,
        rows_written=written,
        rows_rejected=rejected,
        rejected=tuple(log.rejected),
        rejected_by=dict(log.rejected_by),
        rows_dropped=log.rows_dropped,
        dropped=tuple(log.dropped),
        headers=imported.headers,
        evidence={source.columns[index]: counts for index, counts in found.evidence.items()},
        fields=_fields(imported, reader, log, written),
        duplicates=duplicates,
        notes=tuple(_notes(imported, log)),
    )


def _fields(imported: Imported, reader: RowReader, log: ProblemLog, written: int) -> tuple[FieldReport, ...]:
    mapped = [column.field for column in imported.headers.mapped if column.field not in (EMAIL, CURRENCY)]
    return tuple(_field(name, imported, reader, log, written) for name in dict.fromkeys(("domain", *mapped)))


def _field(name: str, imported: Imported, reader: RowReader, log: ProblemLog, written: int) -> FieldReport:
    trait = imported.traits.get(name) or SUPPORT.get(name)
    filled, unreadable = reader.filled[name], reader.unreadable[name]
    spellings = log.spellings[name].most_common(_SHOWN_SPELLINGS) if name in log.spellings else []
    columns = (name, "website", EMAIL) if name == "domain" else (name,)
    return FieldReport(
        field=name,
        type=trait.type if trait else "text",
        columns=tuple(column.column for each in columns for column in imported.headers.columns_of(each)),
        filled=filled,
        empty=written - filled - unreadable,
        unreadable=unreadable,
        faults=dict(log.faults.get(name, {})),
        unknown_spellings=dict(spellings),
        converted=reader.converted[name],
        examples=tuple(
            problem for (field, _), found in log.examples.items() if field == name for problem in found
        ),
    )


def _notes(imported: Imported, log: ProblemLog) -> list[str]:
    notes: list[str] = []
    spoilt = log.rejected_by[RowFault.INVALID_ENCODING]
    if spoilt and imported.encoding is None:
        notes.append(
            f"{spoilt} rows are not {imported.source.encoding}: a file that Excel saved, or an export as"
            " ISO-8859-1, is imported with the encoding windows-1252"
        )
    strangers = dict.fromkeys(
        column.field
        for column in imported.headers.mapped
        if (trait := imported.traits.get(column.field))
        and trait.sources
        and imported.source_name not in trait.sources
    )
    if strangers:
        notes.append(f"the pack does not name {imported.source_name} as a source of {', '.join(strangers)}")
    return notes
