"""What an import did: every column used or not, every value that could not be read, every duplicate."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import Enum
from typing import Any

from segue.accounts.duplicates import Duplicates
from segue.accounts.headers import HeaderMap
from segue.accounts.readings import Fault
from segue.accounts.source_text import RejectedRow, RowFault


@dataclass(frozen=True, slots=True)
class Problem:
    """One cell that gave no value, or not the one that another column states."""

    row: int
    column: str
    field: str
    value: str
    """The cell's text, at most 120 characters."""
    fault: Fault
    expected: str
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class FieldReport:
    """How one trait or field came out. `filled`, `empty` and `unreadable` add up to the rows written."""

    field: str
    type: str
    columns: tuple[str, ...]
    """The columns that feed it, the preferred first."""
    filled: int
    empty: int
    unreadable: int
    faults: Mapping[Fault, int]
    """How often each fault occurred, conflicts between columns included."""
    unknown_spellings: Mapping[str, int]
    """The spellings that no declared value has, the most frequent first, at most 50."""
    converted: int
    """Amounts converted at a rate that the user gave."""
    examples: tuple[Problem, ...]
    """The first three of each fault."""


@dataclass(frozen=True, slots=True)
class DroppedRow:
    """A row that makes no account: its only domain is a mail service's, or it names nobody."""

    row: int
    name: str | None
    domain: str | None
    why: str


@dataclass(frozen=True, slots=True)
class ImportReport:
    """The whole account of one import. Lists are bounded; counts are exact.

    `problems_file` names a JSON lines file with every problem of a cell, every rejected and every
    dropped row, one a line.
    """

    source: str
    source_name: str
    target: str
    problems_file: str
    format: str
    encoding: str | None
    delimiter: str | None
    imported_at: datetime
    rows_read: int
    """Rows of the file that hold a record, those rejected included."""
    rows_written: int
    rows_rejected: int
    rejected: tuple[RejectedRow, ...]
    """The first 200 rejected rows."""
    rejected_by: Mapping[RowFault, int]
    rows_dropped: int
    dropped: tuple[DroppedRow, ...]
    """The first 200 rows that make no account."""
    headers: HeaderMap
    evidence: Mapping[str, Mapping[str, int]]
    """By column, the cells that settle how it writes dates or numbers."""
    fields: tuple[FieldReport, ...]
    duplicates: Duplicates
    notes: tuple[str, ...] = ()
    """What a person should know besides: a likely encoding, a source that a trait does not name."""

    def as_dict(self) -> dict[str, Any]:
        """Return the report as plain data for JSON: enums as text, instants in ISO 8601."""
        plain: dict[str, Any] = json.loads(json.dumps(_plain(asdict(self))))
        return plain


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(_plain(key)): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if isinstance(value, Enum):
        return value.value
    return value.isoformat() if isinstance(value, datetime) else value
