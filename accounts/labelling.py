"""`segue label`: the label of every account of a file, as CSV or Parquet, by one query that streams."""

from __future__ import annotations

import contextlib
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from segue.accounts.account_file import move_into_place
from segue.accounts.label_missing import missing_column
from segue.accounts.label_source import WRONG, LabelSource, open_label_source
from segue.accounts.watched_query import Progress, run_watched
from segue.core.errors import InputError, Place
from segue.policies.classifier import Status
from segue.policies.language.dialects import Dialect
from segue.policies.pack import Pack
from segue.policies.program import Program

# labels keep a dictionary of their own: the limit spares a search for repeated account ids
_PARQUET = "FORMAT parquet, DICTIONARY_SIZE_LIMIT 100"

SHOWN_WRONG = 5
"""How many wrong values an error names."""


@dataclass(frozen=True, slots=True)
class LabelSummary:
    """What was labelled. `counts` is by segment, in the pack's order, then by status."""

    rows: int
    counts: Mapping[str, Mapping[str, int]]
    seconds: float


def label_file(
    pack: Pack,
    source: str | Path,
    target: str | Path,
    now: datetime,
    *,
    missing: bool = False,
    progress: Progress | None = None,
    memory_limit: str = "1GB",
) -> LabelSummary:
    """Label every account of a file and write `target`, which is CSV or Parquet by its name.

    The file is CSV, JSON lines or Parquet, its columns named as the pack's traits; other columns are
    left alone, a trait without one is unknown. A column `<trait>__confidence` says how far a value is
    believed. Written are account_id, domain and name where the file has them (else `row`), `segment`,
    `status`, and with `missing` the traits that would settle a provisional label (in CSV joined by
    ;), in the file's order. `target` appears whole at the end, or stays as it was when anything
    fails. `progress` is called from this thread with the share that is done, 0 to 1. `memory_limit`
    is DuckDB's; beyond it the disk is used.

    Raises:
        InputError: the file cannot be read or has no trait of the pack; a value is not of its trait's
            type (the error names row, trait and value; rows are counted from 1, the header of a CSV
            included); `target` is of no known format.
    """
    source, target = Path(source), Path(target)
    started = time.perf_counter()
    options = _format(target)
    if not target.parent.is_dir():
        raise InputError("there is no such folder to write to", Place(str(target.parent)))
    instant = now.replace(tzinfo=UTC) if now.tzinfo is None else now.astimezone(UTC)
    with _workshop(target, memory_limit) as (connection, folder):
        found = open_label_source(connection, source, pack, instant)
        made = folder / "labels"
        try:
            query = _prepare(
                connection, pack, found, instant, missing, _share(progress, 0.0, 0.5), "csv" in options
            )
            copy = f"COPY ({query}) TO '{_escaped(made)}' ({options}, PRESERVE_ORDER true)"
            run_watched(connection, copy, _share(progress, 0.5 if missing else 0.0, 1.0))
            counts = _count(connection, pack, made, options)
        except duckdb.Error as error:
            raise _as_input_error(connection, found, error) from None
        move_into_place(made, target)
    rows = sum(sum(each.values()) for each in counts.values())
    return LabelSummary(rows, counts, time.perf_counter() - started)


def _format(target: Path) -> str:
    formats = {".csv": "FORMAT csv, HEADER", ".parquet": _PARQUET, ".pq": _PARQUET}
    found = formats.get(target.suffix.lower())
    if found is None:
        raise InputError("cannot tell the format by the name: expected .csv or .parquet", Place(str(target)))
    return found


@contextlib.contextmanager
def _workshop(target: Path, memory_limit: str) -> Iterator[tuple[duckdb.DuckDBPyConnection, Path]]:
    """A connection, and a folder beside the target for what is unfinished; both are gone afterwards."""
    with tempfile.TemporaryDirectory(prefix=".segue-label-", dir=target.parent) as name:
        folder = Path(name)
        config: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": memory_limit,
            "temp_directory": str(folder / "spill"),
        }
        with duckdb.connect(config=config) as connection:
            connection.execute("SET TimeZone = 'UTC'")
            connection.execute("SET enable_progress_bar = true")
            connection.execute("SET enable_progress_bar_print = false")
            yield connection, folder


def _prepare(
    connection: duckdb.DuckDBPyConnection,
    pack: Pack,
    found: LabelSource,
    now: datetime,
    missing: bool,
    progress: Progress | None,
    csv: bool,
) -> str:
    """Create the view of the accounts and the types of the labels, and return the query of the labels."""
    connection.execute(f"CREATE TEMP VIEW accounts AS {found.view()}")
    segments = [each.name for each in pack.segments]
    for name, values in (("segment_label", segments), ("label_status", list(Status))):
        listed = ", ".join(f"'{value}'" for value in values)
        connection.execute(f"CREATE TYPE {name} AS ENUM ({listed})")
    program = Program(pack, Dialect.DUCKDB, now, found.readings, found.keys or ("row",))
    segment, status = program.label(("segment_label", "label_status"))
    columns = [f"{segment} AS segment", f"{status} AS status"]
    if missing:
        listed = missing_column(connection, program, status, progress)
        columns.append(f"array_to_string({listed}, ';') AS missing" if csv else f"{listed} AS missing")
    return program.query("accounts", columns)


def _share(progress: Progress | None, start: float, end: float) -> Progress | None:
    """Return what tells the progress of one part of the work as progress of the whole."""
    if progress is None:
        return None
    return lambda done: progress(start + done * (end - start))


def _count(
    connection: duckdb.DuckDBPyConnection, pack: Pack, made: Path, options: str
) -> dict[str, dict[str, int]]:
    scan = f"read_parquet('{_escaped(made)}')"
    if "csv" in options:
        marks = "delim = ',', quote = '\"', escape = '\"'"
        scan = f"read_csv('{_escaped(made)}', header = true, all_varchar = true, {marks})"
    rows = connection.execute(f"SELECT segment, status, count(*) FROM {scan} GROUP BY ALL").fetchall()  # noqa: S608
    found = {(str(segment), str(status)): int(count) for segment, status, count in rows}
    return {
        each.name: {
            status.value: found[each.name, status] for status in Status if (each.name, status) in found
        }
        for each in pack.segments
    }


def _as_input_error(
    connection: duckdb.DuckDBPyConnection, found: LabelSource, error: duckdb.Error
) -> InputError:
    place = Place(str(found.path))
    text = str(error)
    if WRONG in text:
        wrong = found.wrong_values(connection, SHOWN_WRONG)
        if wrong:
            return InputError("; ".join(wrong), place)
    lines = [line for line in text.splitlines() if line.strip()] or [type(error).__name__]
    return InputError(f"cannot be labelled: {lines[0].partition(': ')[2] or lines[0]}", place)


def _escaped(path: Path) -> str:
    return str(path).replace("'", "''")
