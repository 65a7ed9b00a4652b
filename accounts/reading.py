"""Open a file of accounts: CSV, JSON lines or Parquet, as a stream of numbered records.

Text files may be gzip-compressed. A file is read row by row and never held: its size does not matter.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import duckdb

from segue.accounts.csv_records import DELIMITERS, csv_header, csv_records
from segue.accounts.engine import open_engine
from segue.accounts.json_records import json_columns, json_records
from segue.accounts.source_text import RejectedRow, SourceText, read_start, settle_text
from segue.core.errors import InputError, Place

Record = tuple[int, Sequence[object]]
"""A row's number and its cells, in the order of the columns. Cells of CSV are texts, "" included.

The number is the line on which the row starts, counted from 1 with the header, as an editor shows it; for
Parquet it is the record's own number, from 1.
"""

_BATCH = 1_024


@dataclass(frozen=True, slots=True)
class Batch:
    """Some rows of a file, in its order: numbers and cells of records, and the rows rejected among them."""

    rows: list[int]
    records: list[Sequence[object]]
    rejected: list[RejectedRow]

    def column(self, index: int) -> list[object]:
        """Return the cells of one column."""
        return [record[index] for record in self.records]


class FileFormat(StrEnum):
    """The formats that are read."""

    CSV = "csv"
    JSONL = "jsonl"
    PARQUET = "parquet"


_FORMATS = {
    ".csv": FileFormat.CSV, ".tsv": FileFormat.CSV, ".tab": FileFormat.CSV, ".txt": FileFormat.CSV,
    ".jsonl": FileFormat.JSONL, ".ndjson": FileFormat.JSONL, ".json": FileFormat.JSONL,
    ".parquet": FileFormat.PARQUET, ".pq": FileFormat.PARQUET,
}  # fmt: skip
_FOREIGN = (
    (b"PK\x03\x04", "is a workbook or an archive: save the sheet as CSV"),
    (b"\xd0\xcf\x11\xe0", "is an old Excel workbook: save the sheet as CSV"),
    (b"%PDF", "is a PDF"),
    (b"<", "is HTML or XML: export it as CSV"),
    (b"Obj\x01", "is an Avro file: write it as Parquet"),
)


@dataclass(frozen=True, slots=True)
class Source:
    """A file whose columns are known. `records` may be called again and gives the same rows."""

    path: Path
    format: FileFormat
    columns: tuple[str, ...]
    text: SourceText | None = None
    delimiter: str | None = None
    header_line: int = 0

    @property
    def encoding(self) -> str | None:
        """The encoding of a text file, None for Parquet."""
        return self.text.encoding if self.text else None

    def batches(self) -> Iterator[Batch]:
        """Yield every row in the file's order, a thousand at a time. Raises as `records` does."""
        batch = Batch([], [], [])
        for found in self.records():
            if isinstance(found, RejectedRow):
                batch.rejected.append(found)
            else:
                batch.rows.append(found[0])
                batch.records.append(found[1])
            if len(batch.rows) + len(batch.rejected) >= _BATCH:
                yield batch
                batch = Batch([], [], [])
        if batch.rows or batch.rejected:
            yield batch

    def records(self) -> Iterator[Record | RejectedRow]:
        """Yield every row in the file's order: its number and cells, or its rejection.

        Raises:
            InputError: the file ends early or cannot be read on.
        """
        if self.text is None:
            return _parquet_records(self.path)
        if self.format is FileFormat.JSONL:
            return json_records(self.text, list(self.columns))
        return csv_records(self.text, self.delimiter or ",", len(self.columns), self.header_line)


def open_source(
    path: str | Path,
    *,
    format: FileFormat | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
) -> Source:
    """Open a file of accounts and read its columns.

    The format is told by the first bytes, else by the file's ending (.csv .tsv .txt .jsonl .ndjson
    .json .parquet, each also with .gz). JSON lines are read through once for their keys.

    Raises:
        InputError: the file is missing, empty, of another format, or has no usable header.
    """
    path = Path(path)
    place = Place(str(path))
    start, compressed = read_start(path, place)
    found = format or _format(path, start, place)
    if found is FileFormat.PARQUET:
        if compressed:
            raise InputError("is gzip-compressed: Parquet compresses inside", place)
        return Source(path, found, _parquet_columns(path, start))
    text = settle_text(path, start, encoding, compressed=compressed)
    if found is FileFormat.JSONL:
        if start.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"["):
            raise InputError("is one JSON array: expected JSON lines, one object a line", Place(str(path), 1))
        columns = json_columns(text)
        if not columns:
            raise InputError("no line holds a JSON object with a key: expected JSON lines", place)
        return Source(path, found, tuple(columns), text)
    if delimiter is not None and len(delimiter) != 1:
        raise InputError(f"a delimiter is one character, such as {DELIMITERS[1]}, found {delimiter!r}", place)
    names, mark, line = csv_header(text, delimiter)
    if not any(name.strip() for name in names):
        raise InputError("the first row names no columns: expected a header", Place(str(path), line or 1))
    return Source(path, found, tuple(name.strip(" \t\ufeff\u00a0") for name in names), text, mark, line)


def _format(path: Path, start: bytes, place: Place) -> FileFormat:
    if start.startswith(b"PAR1"):
        return FileFormat.PARQUET
    head = start.lstrip(b"\xef\xbb\xbf \t\r\n")
    for mark, what in _FOREIGN:
        if head.startswith(mark):
            raise InputError(f"{what}. Read are CSV, JSON lines and Parquet", place)
    suffixes = [suffix.lower() for suffix in path.suffixes if suffix.lower() != ".gz"]
    found = _FORMATS.get(suffixes[-1]) if suffixes else None
    if found is FileFormat.PARQUET:
        raise InputError("is not Parquet, though it is named so", place)
    if found is None:
        raise InputError(
            "cannot tell the format by the name: expected .csv, .tsv, .jsonl, .ndjson or .parquet", place
        )
    return found


def _parquet_columns(path: Path, start: bytes) -> tuple[str, ...]:
    if not start.startswith(b"PAR1"):
        raise InputError("is not Parquet", Place(str(path)))
    with _parquet(path) as (connection, safe):
        rows = connection.execute("DESCRIBE SELECT * FROM read_parquet(?)", [safe]).fetchall()
    return tuple(str(row[0]) for row in rows)


def _parquet_records(path: Path) -> Iterator[Record]:
    with _parquet(path) as (connection, safe):
        connection.execute("SELECT * FROM read_parquet(?)", [safe])
        row = 0
        while rows := connection.fetchmany(_BATCH):
            for cells in rows:
                row += 1
                yield row, cells


@contextmanager
def _parquet(path: Path) -> Iterator[tuple[duckdb.DuckDBPyConnection, str]]:
    """A connection, and a name of the file that DuckDB does not take for a pattern."""
    with tempfile.TemporaryDirectory(prefix="segue-") as folder, open_engine() as connection:
        safe = Path(folder) / "source.parquet"
        try:
            safe.symlink_to(path.resolve())
        except OSError:
            shutil.copyfile(path, safe)
        try:
            yield connection, str(safe)
        except duckdb.Error as error:
            reason = str(error).splitlines()[0].replace(str(safe), path.name)
            raise InputError(f"is not readable as Parquet: {reason}", Place(str(path))) from error
