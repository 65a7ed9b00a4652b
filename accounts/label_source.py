"""Open a file whose columns are named as traits, for DuckDB to stream: CSV, JSON lines or Parquet."""

from __future__ import annotations

import glob
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from segue.accounts.account_file import AccountFileInfo
from segue.accounts.label_columns import Reading, read_column
from segue.accounts.label_statistics import parquet_extents
from segue.core.errors import InputError, Place, nearest
from segue.policies.language.sql import column
from segue.policies.language.types import Type
from segue.policies.pack import Pack
from segue.policies.program import confidence_column
from segue.policies.reads import traits_read

KEYS = ("account_id", "domain", "name")
"""The columns that say who the account is; those that the file has are written with its label."""

_CSV = (".csv", ".tsv", ".tab", ".txt")
_JSON = (".jsonl", ".ndjson", ".json")
_PARQUET = (".parquet", ".pq")


@dataclass(frozen=True, slots=True)
class LabelSource:
    """A file that can be labelled: how it is scanned, and how its columns are read."""

    path: Path
    scan: str
    """SQL of a table function."""
    first_row: int
    """The number of the first account as a person counts: 2 in CSV, below the header."""
    keys: tuple[str, ...]
    readings: dict[str, Reading]
    """Columns of `accounts` to their readings: traits and confidences."""

    def view(self) -> str:
        """Return the query of the accounts: keys and typed columns; it fails at the first wrong value."""
        items = [_quoted(key) + f" AS {key}" for key in self.keys] or ["row_number() OVER () AS row"]
        items += [f"{each.value} AS {name}" for name, each in self.readings.items()]
        checks = [each.wrong for each in self.readings.values() if each.wrong != "FALSE"]
        text = f"SELECT {', '.join(items)} FROM {self.scan}"  # noqa: S608 - names are checked or quoted
        if not checks:
            return text
        return f"{text} WHERE CASE WHEN {' OR '.join(checks)} THEN error('{WRONG}') ELSE TRUE END"

    def wrong_values(self, connection: duckdb.DuckDBPyConnection, most: int) -> list[str]:
        """Return the first wrong values of the file in words: row, trait and value."""
        checks = {name: each for name, each in self.readings.items() if each.wrong != "FALSE"}
        flags = ", ".join(f"COALESCE({each.wrong}, FALSE)" for each in checks.values())
        shown = ", ".join(f"left(CAST({each.raw} AS VARCHAR), 80)" for each in checks.values())
        rows = connection.execute(
            f"SELECT number, flags, shown FROM (SELECT row_number() OVER () AS number, [{flags}] AS flags,"  # noqa: S608
            f" [{shown}] AS shown FROM {self.scan}) WHERE list_bool_or(flags) LIMIT {most}"
        ).fetchall()
        return [
            f"row {number + self.first_row - 1}: {name}: expected {each.expected}, found {value!r}"
            for number, flags, values in rows
            for flag, value, (name, each) in zip(flags, values, checks.items(), strict=True)
            if flag
        ][:most]


WRONG = "segue: a value is not of its type"


def open_label_source(
    connection: duckdb.DuckDBPyConnection, path: Path, pack: Pack, now: datetime
) -> LabelSource:
    """Find out how a file is read for a pack.

    An account file of `segue import` is read as `segue decide` does: what is older than its trait's
    `fresh_for` is unknown, and every value is believed as far as its source is.

    Raises:
        InputError: the file is missing, of no known format, or has no trait that a label depends on;
            a column cannot be read as its trait.
    """
    place = Place(str(path))
    if not path.is_file():
        raise InputError("there is no such file", place)
    scan, first_row = _scan(path)
    found = _columns(connection, scan, place)
    wanted = _wanted(pack, found)
    if not wanted:
        hint = nearest(traits_read(pack)[0], found)
        raise InputError(
            f"no column is named as a trait that decides a label of {pack.name}:"
            f" {', '.join(traits_read(pack))}{hint}. An export of a CRM goes through `segue import` first",
            place,
        )
    keys = tuple(key for key in KEYS if key in found)
    if scan.startswith("read_ndjson"):
        scan, readings = _json_readings(scan, keys, wanted)
    else:
        readings = {}
        extents = parquet_extents(connection, path) if scan.startswith("read_parquet") else {}
        for name, (source, kind) in wanted.items():
            reading = read_column(
                _quoted(source), found[source], kind,
                parsed=scan.startswith("read_csv"), extent=extents.get(source),
            )  # fmt: skip
            if reading is None:
                raise InputError(f"the column {source!r} is of type {found[source]}, expected {kind}", place)
            readings[name] = _blank_is_none(reading) if scan.startswith("read_csv") else reading
        info = _account_file(connection, path, scan)
        if info is not None:
            readings = _as_known(readings, pack, info, now, found)
    return LabelSource(path, scan, first_row, keys, readings)


def _wanted(pack: Pack, found: Mapping[str, str]) -> dict[str, tuple[str, Type]]:
    """Return the columns to read: by their name in the query, their name in the file and their type."""
    wanted: dict[str, tuple[str, Type]] = {}
    for trait in traits_read(pack):
        source = trait if trait in found else column(trait)
        if source in found:
            wanted[column(trait)] = (source, pack.schema[trait])
        if confidence_column(trait) in found:
            wanted[confidence_column(trait)] = (confidence_column(trait), Type.NUMBER)
    return wanted


def _json_readings(
    scan: str, keys: Sequence[str], wanted: Mapping[str, tuple[str, Type]]
) -> tuple[str, dict[str, Reading]]:
    """Read every value as its JSON says it: no later line contradicts a type guessed from the first."""
    readings = {}
    for name, (source, kind) in wanted.items():
        reading = read_column(f"({_quoted(source)} ->> '$')", "VARCHAR", kind, parsed=True)
        assert reading is not None
        readings[name] = reading
    kinds = dict.fromkeys(keys, "VARCHAR") | {source: "JSON" for source, _ in wanted.values()}
    listed = ", ".join(f"{_text(name)}: '{kind}'" for name, kind in kinds.items())
    return f"{scan[:-1]}, columns = {{{listed}}})", readings


def _scan(path: Path) -> tuple[str, int]:
    suffixes = [suffix.lower() for suffix in path.suffixes if suffix.lower() != ".gz"]
    ending = suffixes[-1] if suffixes else ""
    name = _text(glob.escape(str(path)))
    if ending in _PARQUET:
        return f"read_parquet({name})", 1
    if ending in _JSON:
        return f"read_ndjson({name}, maximum_object_size = 67108864)", 1
    if ending in _CSV:
        # the quotes are said and the rest is found out: a sniffed quote can swallow rows
        options = "header = true, all_varchar = true, quote = '\"', escape = '\"'"
        return f"read_csv({name}, {options})", 2
    raise InputError(
        "cannot tell the format by the name: expected .csv, .tsv, .jsonl, .ndjson or .parquet",
        Place(str(path)),
    )


def _columns(connection: duckdb.DuckDBPyConnection, scan: str, place: Place) -> dict[str, str]:
    try:
        rows = connection.execute(f"DESCRIBE SELECT * FROM {scan}").fetchall()  # noqa: S608
    except duckdb.Error as error:
        raise InputError(f"cannot be read: {_reason(error)}", place) from None
    return {str(name): str(kind) for name, kind, *_ in rows}


def _blank_is_none(reading: Reading) -> Reading:
    """An empty field of CSV says nothing."""
    if reading.value != reading.raw:
        return reading
    return Reading(reading.raw, f"NULLIF({reading.value}, '')", reading.wrong, reading.expected)


def _account_file(connection: duckdb.DuckDBPyConnection, path: Path, scan: str) -> AccountFileInfo | None:
    if not scan.startswith("read_parquet"):
        return None
    row = connection.execute(
        "SELECT decode(value) FROM parquet_kv_metadata(?) WHERE decode(key) = 'segue'",
        [glob.escape(str(path))],
    ).fetchone()
    return AccountFileInfo.of(path, str(row[0])) if row else None


def _as_known(
    readings: dict[str, Reading], pack: Pack, info: AccountFileInfo, now: datetime, found: dict[str, str]
) -> dict[str, Reading]:
    """Make stale values unknown, and add how far the others are believed where some segment asks."""
    belief = pack.file.sources.get(info.source_name, 1.0)
    asked = {n for each in pack.segments for n, least in each.model.needs.items() if belief < least}
    known = dict(readings)
    for trait in pack.imported:
        name, reading = column(trait), readings.get(column(trait))
        if reading is None:
            continue
        fresh_for, value = pack.traits[trait].fresh_for, reading.value
        if fresh_for is not None and "as_of" in found:
            oldest = (now - fresh_for).astimezone(UTC).replace(tzinfo=None).isoformat(" ")
            stale = f"as_of[{_text(trait)}] < TIMESTAMP '{oldest}'"
            value = f"CASE WHEN {stale} THEN NULL ELSE {value} END"
            known[name] = Reading(reading.raw, value, reading.wrong, reading.expected)
        if trait in asked and confidence_column(trait) not in known:
            sql = f"CASE WHEN {value} IS NULL THEN NULL ELSE {belief!r} END"
            known[confidence_column(trait)] = Reading(sql, sql, "FALSE", "")
    return known


def _reason(error: duckdb.Error) -> str:
    return str(error).splitlines()[0].partition(": ")[2] or str(error).splitlines()[0]


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


__all__ = ["KEYS", "WRONG", "LabelSource", "open_label_source"]
