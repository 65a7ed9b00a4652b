"""The SQL engines of a differential run: each answers many predicates over one table of rows.

The engines run in session time zones other than UTC, so that an emitter that leans on the zone is
found out. What they need beyond Segue's own requirements is imported where it is used.
"""

from __future__ import annotations

import importlib
import os
import shutil
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Protocol

import duckdb

from segue.core.errors import SegueError
from segue.policies.language import Range, Type
from segue.policies.language.dialects import Dialect
from segue.policies.language.sql import column, column_type, range_columns

Answers = list[list[bool | None]]
"""What each predicate, in order, gave for each row, in order."""


class EngineMissing(SegueError):
    """An engine, or what it needs, is not there; the message says what."""

    code = "engine_missing"


class Engine(Protocol):
    """A running SQL engine."""

    dialect: Dialect
    version: str

    def load(self, schema: Mapping[str, Type], rows: Sequence[Mapping[str, Any]]) -> None:
        """Replace the table by these rows."""

    def answer(self, predicates: Sequence[str]) -> Answers:
        """Evaluate conditions, or values, over every row, in one query."""
        ...

    def matching(self, predicate: str) -> list[int]:
        """Return the numbers of the rows that a WHERE keeps, in order."""
        ...


def columns_of(schema: Mapping[str, Type], dialect: Dialect) -> list[tuple[str, str]]:
    """Return the name and the type of every column, after one that counts the rows."""
    found = [("row_number", column_type(Type.INTEGER, dialect))]
    for name, kind in schema.items():
        names = range_columns(name) if kind is Type.RANGE else (column(name),)
        found.extend((each, column_type(kind, dialect)) for each in names)
    return found


def cells_of(number: int, schema: Mapping[str, Type], row: Mapping[str, Any]) -> list[Any]:
    """Return one row as its cells, in the order of the columns."""
    cells: list[Any] = [number]
    for name, kind in schema.items():
        value = row.get(name)
        if kind is Type.RANGE:
            cells.extend(value if isinstance(value, Range) else (None, None))
        else:
            cells.append(list(value) if isinstance(value, tuple) else value)
    return cells


def _query(predicates: Sequence[str]) -> str:
    items = ", ".join(f"{predicate} AS p{number}" for number, predicate in enumerate(predicates))
    return f"SELECT row_number, {items} FROM accounts ORDER BY row_number"  # noqa: S608 - our own emitter's SQL


def _filter(predicate: str) -> str:
    return f"SELECT row_number FROM accounts WHERE {predicate} ORDER BY row_number"  # noqa: S608 - as above


def _by_predicate(table: Sequence[Sequence[Any]]) -> Answers:
    return [list(answers) for answers in zip(*table, strict=True)][1:]


class DuckDB:
    """DuckDB in memory."""

    dialect = Dialect.DUCKDB

    def __init__(self) -> None:
        self.version = duckdb.__version__
        self._connection = duckdb.connect()
        self._connection.execute("SET TimeZone = 'Asia/Kolkata'")

    def load(self, schema: Mapping[str, Type], rows: Sequence[Mapping[str, Any]]) -> None:
        """Replace the table by these rows."""
        columns = columns_of(schema, self.dialect)
        ddl = ", ".join(f"{name} {kind}" for name, kind in columns)
        self._connection.execute(f"CREATE OR REPLACE TABLE accounts ({ddl})")
        naive = [[_naive(cell) for cell in cells_of(number, schema, row)] for number, row in enumerate(rows)]
        marks = ", ".join("?" for _ in columns)
        self._connection.executemany(f"INSERT INTO accounts VALUES ({marks})", naive)  # noqa: S608

    def answer(self, predicates: Sequence[str]) -> Answers:
        """Evaluate conditions, or values, over every row, in one query."""
        return _by_predicate(self._connection.execute(_query(predicates)).fetchall())

    def matching(self, predicate: str) -> list[int]:
        """Return the numbers of the rows that a WHERE keeps, in order."""
        return [int(row[0]) for row in self._connection.execute(_filter(predicate)).fetchall()]

    def close(self) -> None:
        """End the session."""
        self._connection.close()


class Postgres:
    """A PostgreSQL server that psycopg reaches by `uri`."""

    dialect = Dialect.POSTGRES

    def __init__(self, uri: str) -> None:
        psycopg = required("psycopg", "psycopg[binary]")
        self._connection: Any = psycopg.connect(uri, autocommit=True)
        self._connection.execute("SET timezone = 'America/New_York'")
        self.version = str(self._connection.execute("SHOW server_version").fetchone()[0])

    def load(self, schema: Mapping[str, Type], rows: Sequence[Mapping[str, Any]]) -> None:
        """Replace the table by these rows."""
        columns = columns_of(schema, self.dialect)
        ddl = ", ".join(f"{name} {kind}" for name, kind in columns)
        self._connection.execute("DROP TABLE IF EXISTS accounts")
        self._connection.execute(f"CREATE TABLE accounts ({ddl})")
        marks = ", ".join("%s" for _ in columns)
        with self._connection.cursor() as cursor:
            cells = [cells_of(number, schema, row) for number, row in enumerate(rows)]
            cursor.executemany(f"INSERT INTO accounts VALUES ({marks})", cells)  # noqa: S608

    def answer(self, predicates: Sequence[str]) -> Answers:
        """Evaluate conditions, or values, over every row, in one query."""
        return _by_predicate(self._connection.execute(_query(predicates)).fetchall())

    def matching(self, predicate: str) -> list[int]:
        """Return the numbers of the rows that a WHERE keeps, in order."""
        return [int(row[0]) for row in self._connection.execute(_filter(predicate)).fetchall()]

    def close(self) -> None:
        """End the session."""
        self._connection.close()


class Spark:
    """Spark in this process's own Java machine, on two threads."""

    dialect = Dialect.SPARK

    def __init__(self, settings: Mapping[str, str] | None = None) -> None:
        if shutil.which("java") is None and "JAVA_HOME" not in os.environ:
            raise EngineMissing("Spark needs a Java runtime, and none was found")
        sql = required("pyspark.sql", "pyspark")
        builder = sql.SparkSession.builder.master("local[2]").appName("segue-differential")
        for name, value in {**_SPARK, **(settings or {})}.items():
            builder = builder.config(name, value)
        self.session: Any = builder.getOrCreate()
        self.session.sparkContext.setLogLevel("ERROR")
        self.version = str(self.session.version)
        self._table: Any = None

    def load(self, schema: Mapping[str, Type], rows: Sequence[Mapping[str, Any]]) -> None:
        """Replace the table by these rows."""
        if self._table is not None:
            self._table.unpersist()
        ddl = ", ".join(f"{name} {kind}" for name, kind in columns_of(schema, self.dialect))
        cells = [tuple(cells_of(number, schema, row)) for number, row in enumerate(rows)]
        self._table = self.session.createDataFrame(cells, ddl).coalesce(1).cache()
        self._table.createOrReplaceTempView("accounts")

    def answer(self, predicates: Sequence[str]) -> Answers:
        """Evaluate conditions, or values, over every row, in one query."""
        return _by_predicate(self.session.sql(_query(predicates)).collect())

    def matching(self, predicate: str) -> list[int]:
        """Return the numbers of the rows that a WHERE keeps, in order."""
        return [int(row[0]) for row in self.session.sql(_filter(predicate)).collect()]

    def close(self) -> None:
        """End the Java machine."""
        self.session.stop()


_SPARK = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.sql.session.timeZone": "America/New_York",
    "spark.sql.shuffle.partitions": "1",
    # plans of hundreds of conditions: leave the optimiser room, and keep none of them afterwards
    "spark.driver.memory": "2g",
    "spark.sql.maxPlanStringLength": "1000",
    "spark.sql.ui.retainedExecutions": "1",
    "spark.sql.codegen.cache.maxEntries": "50",
}


def _naive(cell: Any) -> Any:
    return cell.astimezone(UTC).replace(tzinfo=None) if isinstance(cell, datetime) else cell


def required(module: str, package: str) -> Any:
    """Import what only differential runs need.

    Raises:
        EngineMissing: it is not installed.
    """
    try:
        return importlib.import_module(module)
    except ImportError:
        raise EngineMissing(f"{package} is not installed") from None
