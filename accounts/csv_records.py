"""The records of a CSV file (RFC 4180), broken ones rejected by the line they start on, the rest read on.

DuckDB's own reader was tried first: on a file with one unclosed quote it gives up quoting for the whole
file, or loses the row after the broken one, and it counts records where a person counts lines. So it
finds the delimiter, and the records are split here.
"""

from __future__ import annotations

import csv
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

import duckdb

from segue.accounts.engine import open_engine
from segue.accounts.source_text import Lines, RejectedRow, RowFault, SourceText, shown
from segue.core.errors import InputError, Place

DELIMITERS = (",", ";", "\t", "|")

_SEPARATOR_LINE = re.compile(r"sep=(.)\s*", re.I)
_SAMPLE_LINES = 1_000


def csv_header(text: SourceText, delimiter: str | None) -> tuple[list[str], str, int]:
    """Return the names in the first row that is not blank, the delimiter, and the last line of that row.

    The names are empty when the file has no such row. A first line `sep=;`, as Excel writes it, names
    the delimiter.

    Raises:
        InputError: that row is broken.
    """
    sample = _sample(text)
    declared = _SEPARATOR_LINE.fullmatch(sample[0]) if sample else None
    if declared is not None:
        delimiter = delimiter or declared[1]
        sample = sample[1:]
    delimiter = delimiter or _delimiter([line for line in sample if line.strip()])
    with text.open() as lines:
        if declared is not None:
            next(lines)
        for found in _records(lines, delimiter, None):
            if isinstance(found, RejectedRow):
                raise InputError(f"the header is broken: {found.message}", Place(str(text.path), found.row))
            return found[1], delimiter, lines.taken[-1][0]
    return [], delimiter, 0


def csv_records(
    text: SourceText, delimiter: str, width: int, after: int
) -> Iterator[tuple[int, list[str]] | RejectedRow]:
    """Yield every record below line `after` with the line on which it starts, or its rejection.

    A record has `width` fields. Blank lines, and records of empty fields alone, are passed over. After
    a quote that is never closed, or is closed by another row's quote, only the line on which it opens is
    rejected. A record over several lines with the wrong number of fields is rejected whole, unless its
    second line is a complete record: then it was an unclosed quote.
    """
    with text.open() as lines:
        for _ in range(after):
            next(lines)
        yield from _records(lines, delimiter, width)


def _records(
    lines: Lines, delimiter: str, width: int | None
) -> Iterator[tuple[int, list[str]] | RejectedRow]:
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    taken, faults = lines.taken, lines.faults
    while True:
        if faults:
            lines.begin()
        else:
            taken.clear()
        try:
            record = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            reader = csv.reader(lines, delimiter=delimiter, strict=True)
            yield _unparsed(lines, error)
            continue
        if faults:
            yield _faulty(lines)
        elif not any(record):
            continue
        elif width is None or len(record) == width:
            yield taken[0][0], record
        else:
            yield _miscounted(lines, len(record), width, delimiter)


def _unparsed(lines: Lines, error: csv.Error) -> RejectedRow:
    """Reject the first line of a record that does not parse, and give the others back."""
    several = len(lines.taken) > 1
    lines.give_back(len(lines.taken) - 1)
    row, text = lines.taken[0]
    if row in lines.faults:
        return _faulty(lines)
    if several or "end of data" in str(error):
        return RejectedRow(row, RowFault.UNCLOSED_QUOTE, "a quote opens and is not closed", shown(text))
    if "field limit" in str(error):
        return RejectedRow(row, RowFault.TOO_LONG, "a field is longer than 131,072 characters", shown(text))
    if "new-line" in str(error):
        return RejectedRow(
            row, RowFault.BROKEN_QUOTE, "a line break stands inside a field without quotes", shown(text)
        )
    return RejectedRow(row, RowFault.BROKEN_QUOTE, "text follows a closing quote", shown(text))


def _faulty(lines: Lines) -> RejectedRow:
    row, text = lines.taken[0]
    line, fault = next((line, fault) for line, fault in sorted(lines.faults.items()))
    message = (
        "is longer than a row may be" if fault is RowFault.TOO_LONG else "is not text in the file's encoding"
    )
    return RejectedRow(row, fault, message if line == row else f"line {line} {message}", shown(text))


def _miscounted(lines: Lines, found: int, width: int, delimiter: str) -> RejectedRow:
    row, text = lines.taken[0]
    if len(lines.taken) > 1 and _is_complete(lines.taken[1][1], width, delimiter):
        lines.give_back(len(lines.taken) - 1)
        return RejectedRow(row, RowFault.UNCLOSED_QUOTE, "a quote opens and is not closed", shown(text))
    message = f"expected {width} fields, found {found}"
    return RejectedRow(row, RowFault.WRONG_FIELD_COUNT, message, shown(text))


def _is_complete(line: str, width: int, delimiter: str) -> bool:
    try:
        records = list(csv.reader([line], delimiter=delimiter, strict=True))
    except csv.Error:
        return False
    return len(records) == 1 and len(records[0]) == width > 1


def _sample(text: SourceText) -> list[str]:
    found: list[str] = []
    with text.open() as lines:
        for line in lines:
            lines.begin()
            found.append(line)
            if len(found) >= _SAMPLE_LINES:
                break
    return found


def _delimiter(sample: list[str]) -> str:
    """The delimiter that DuckDB finds in the first lines, as long as it is one that the header has."""
    header = re.sub(r'"[^"]*"', "", sample[0]) if sample else ""
    present = [mark for mark in DELIMITERS if mark in header]
    if len(present) < 2:
        return present[0] if present else ","
    found = _sniffed(sample)
    return found if found in present else max(present, key=header.count)


def _sniffed(sample: list[str]) -> str | None:
    with tempfile.TemporaryDirectory(prefix="segue-") as folder:
        path = Path(folder) / "sample.csv"
        path.write_text("".join(line.rstrip("\r\n") + "\n" for line in sample), "utf-8", "replace")
        with open_engine() as connection:
            try:
                row = connection.execute(
                    "SELECT delimiter FROM sniff_csv(?, quote = '\"', all_varchar = true,"
                    " strict_mode = false, ignore_errors = true)",
                    [str(path)],
                ).fetchone()
            except duckdb.Error:
                return None
    return str(row[0]) if row else None
