"""The facts of every account as Parquet, and their labels by DuckDB or Spark over those files.

Which of several sources counts is settled when the facts are written, by PostgreSQL; the engines run the packs.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from segue.accounts.event_population import fold_population
from segue.accounts.population import (
    KEYS,
    account_parts,
    known_query,
    known_table,
    labels_query,
    labels_table,
    with_earlier_labels,
)
from segue.core.database import Connection
from segue.core.errors import InputError
from segue.policies.language.dialects import Dialect
from segue.policies.language.sql import column, column_type
from segue.policies.language.types import Type
from segue.policies.pack import Pack
from segue.policies.program import confidence_column

_TYPES: dict[Type, str] = {
    kind: column_type(kind, Dialect.DUCKDB) for kind in Type if kind not in (Type.RANGE, Type.NULL)
}


async def export_known(
    connection: Connection, packs: Sequence[Pack], now: datetime, folder: Path
) -> dict[str, Path]:
    """Write what each pack knows of every account as Parquet into a folder; return pack to file.

    The files are of one instant: call it within a transaction that is REPEATABLE READ.
    """
    has_events = await fold_population(connection, packs, now)
    found = {}
    for pack in packs:
        columns = _columns(pack)
        shown = ", ".join(
            f"to_json({name}) AS {name}" if kind == _TYPES[Type.TEXT_LIST] else name
            for name, kind in columns.items()
        )
        text = folder / f"{known_table(pack)}.csv"
        with text.open("wb") as file:
            for number, part in enumerate(await account_parts(connection)):
                known = known_query(pack, now, has_events, part)
                query = f"COPY (SELECT {shown} FROM ({known}) AS known) TO STDOUT (FORMAT csv"  # noqa: S608
                heading = ")" if number else ", HEADER)"
                async with connection.cursor() as cursor, cursor.copy((query + heading).encode()) as copy:
                    async for piece in copy:
                        file.write(piece)
        found[pack.name] = _as_parquet(text, columns)
        text.unlink()
    return found


def _columns(pack: Pack) -> dict[str, str]:
    """Return the columns of a pack's facts and their types in DuckDB."""
    found: dict[str, str] = dict.fromkeys(KEYS, "VARCHAR")
    for name in pack.imported:
        if "." not in name:
            found[column(name)] = _TYPES[pack.schema[name]]
            found[confidence_column(name)] = "DOUBLE"
    return found


def _as_parquet(text: Path, columns: Mapping[str, str]) -> Path:
    """Write a CSV file of PostgreSQL's as Parquet: there an empty text is quoted, and NULL is not."""
    target = text.with_suffix(".parquet")
    listed = ", ".join(f"'{name}': 'VARCHAR'" for name in columns)
    typed = ", ".join(
        f"CAST(CAST({name} AS JSON) AS VARCHAR[]) AS {name}"
        if kind == _TYPES[Type.TEXT_LIST]
        else f"CAST({name} AS {kind}) AS {name}"
        for name, kind in columns.items()
    )
    with _engine(text.parent) as connection:
        connection.execute(
            f"COPY (SELECT {typed} FROM read_csv(?, header = true, columns = {{{listed}}}, delim = ',',"  # noqa: S608
            " quote = '\"', escape = '\"', allow_quoted_nulls = false, nullstr = '', max_line_size = 100000000))"
            f" TO '{_quoted(target)}' (FORMAT parquet)",
            [str(text)],
        )
    return target


def _engine(folder: Path) -> duckdb.DuckDBPyConnection:
    """Open DuckDB within 1 GB of memory; beyond it works in a folder."""
    connection = duckdb.connect(config={"memory_limit": "1GB", "temp_directory": str(folder / "spill")})
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute("SET preserve_insertion_order = false")
    return connection


def label_with_duckdb(
    packs: Sequence[Pack], known: Mapping[str, Path], now: datetime, folder: Path
) -> dict[str, Path]:
    """Label the accounts of exported facts; return pack to a Parquet file of account_id, segment, status."""
    found = {}
    with _engine(folder) as connection:
        for pack in packs:
            source = f"SELECT * FROM read_parquet('{_quoted(known[pack.name])}')"  # noqa: S608
            connection.execute(
                f"CREATE VIEW {known_table(pack)} AS {with_earlier_labels(pack, packs, source)}"
            )
            columns = [each[0] for each in connection.execute(f"DESCRIBE {known_table(pack)}").fetchall()]
            query = labels_query(pack, known_table(pack), Dialect.DUCKDB, now, columns)
            target = folder / f"{labels_table(pack)}.parquet"
            connection.execute(f"COPY ({query}) TO '{_quoted(target)}' (FORMAT parquet)")
            connection.execute(
                f"CREATE VIEW {labels_table(pack)} AS SELECT * FROM read_parquet('{_quoted(target)}')"  # noqa: S608
            )
            found[pack.name] = target
    return found


def label_with_spark(
    packs: Sequence[Pack], known: Mapping[str, Path], now: datetime, folder: Path, session: Any = None
) -> dict[str, Path]:
    """As `label_with_duckdb`, by Spark: a session of your own, or one in this process. Files are folders then.

    Raises:
        InputError: pyspark is not installed.
    """
    try:
        started = session or importlib.import_module("pyspark.sql").SparkSession.builder.getOrCreate()
    except ModuleNotFoundError:
        raise InputError("Spark is not installed: pip install 'segue[spark]'") from None
    # the files hold instants in UTC without saying so
    started.conf.set("spark.sql.parquet.inferTimestampNTZ.enabled", "false")
    found = {}
    for pack in packs:
        started.read.parquet(str(known[pack.name])).createOrReplaceTempView(f"{known_table(pack)}_exported")
        source = f"SELECT * FROM {known_table(pack)}_exported"  # noqa: S608
        started.sql(with_earlier_labels(pack, packs, source)).createOrReplaceTempView(known_table(pack))
        query = labels_query(
            pack, known_table(pack), Dialect.SPARK, now, started.table(known_table(pack)).columns
        )
        target = folder / f"{labels_table(pack)}_spark.parquet"
        started.sql(query).write.mode("overwrite").parquet(str(target))
        started.read.parquet(str(target)).createOrReplaceTempView(labels_table(pack))
        found[pack.name] = target
    return found


def write_labels_csv(labels: Path, target: Path) -> None:
    """Write the labels that an engine made, a file or a folder of Parquet, as CSV without a header."""
    place = labels / "*.parquet" if labels.is_dir() else labels
    with _engine(target.parent) as connection:
        connection.execute(
            f"COPY (SELECT account_id, segment, status FROM read_parquet('{_quoted(place)}'))"  # noqa: S608
            f" TO '{_quoted(target)}' (FORMAT csv, HEADER false)"
        )


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
