"""Hold the traits over events equal in Python and in every SQL engine, on random traits and events.

    python -m segue.evals.differential_events --accounts 10000 --events 500000 --engines postgres,duckdb,spark

The same traits are folded in Python and by one query in each engine over the same events. The exit code is 0
when all agree, 1 when some value differs, 2 when an engine is missing. The same seed gives the same run.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import orjson

from segue.evals.differential_command import end_on_sigterm, engine_of, run_command
from segue.evals.differential_engines import Spark, required
from segue.evals.differential_event_cases import NOW, random_events, random_trait
from segue.evals.differential_servers import postgres_server
from segue.policies.event_fold import fold
from segue.policies.event_program import fold_query
from segue.policies.event_traits import EventTrait
from segue.policies.language.dialects import Dialect

Row = dict[str, Any]
Values = dict[str, list[Any]]
"""Account to the values of the traits, in their order."""
Folder = Callable[[Sequence[EventTrait]], Values]

COLUMNS = (
    "account_id", "kind", "at", "visitor", "contact_id", "name", "path", "url", "title", "referrer", "search",
    "properties",
)  # fmt: skip
TRAITS = 24
"""Traits of one query."""


@dataclass
class Report:
    """What one engine's run found."""

    engine: str
    values: int = 0
    seconds: float = 0.0
    differences: list[str] = field(default_factory=list)

    def lines(self, shown: int) -> Iterator[str]:
        """Yield the report as text, with the first `shown` differences."""
        yield f"{self.engine}: {self.values} values, {len(self.differences)} differences, {self.seconds:.1f} s"
        yield from self.differences[:shown]


def folded(traits: Sequence[EventTrait], events: Mapping[str, Sequence[Row]]) -> Values:
    """Return what Python makes of the events of each account."""
    return {account: [fold(trait, rows, NOW) for trait in traits] for account, rows in events.items()}


def compare(
    engine: str, traits: Sequence[EventTrait], expected: Values, found: Values, report: Report
) -> None:
    """Add to a report where an engine parts from Python; an account without a row did nothing."""
    nothing = [trait.nothing for trait in traits]
    for account, values in expected.items():
        others = found.get(account, nothing)
        for trait, value, other in zip(traits, values, others, strict=True):
            report.values += 1
            if value != other or type(value) is not type(other):
                of = f" of {trait.of}" if trait.of else ""
                shown = [(term.kinds, term.text, term.add) for term in trait.terms]
                report.differences.append(
                    f"  {account} {trait.kind}{of} {trait.type.value} over {trait.over} {shown}:"
                    f" python {value!r}, {engine} {other!r}"
                )


def plain_row(event: Row) -> Row:
    """Return an event as JSON has it: its instant as text in UTC, its properties as a text."""
    at = event["at"].replace(tzinfo=None).isoformat(timespec="microseconds")
    return {**event, "at": at, "properties": orjson.dumps(event["properties"]).decode()}


def write_events(events: Sequence[Row], path: Path) -> None:
    """Write events as lines of JSON."""
    with path.open("wb") as file:
        for event in events:
            file.write(orjson.dumps(plain_row(event)) + b"\n")


@contextmanager
def _duckdb(path: Path) -> Iterator[Folder]:
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'Asia/Kolkata'")
    columns = ", ".join(f"'{name}': '{_DUCKDB.get(name, 'VARCHAR')}'" for name in COLUMNS)
    connection.execute(
        f"CREATE TABLE events AS SELECT * REPLACE (CAST(properties AS JSON) AS properties)"  # noqa: S608
        f" FROM read_json('{path}', format='newline_delimited', columns={{{columns}}})"
    )
    try:
        yield lambda traits: _by_account(
            connection.execute(fold_query(traits, "events", Dialect.DUCKDB, NOW)).fetchall()
        )
    finally:
        connection.close()


_DUCKDB = {"at": "TIMESTAMP"}


@contextmanager
def _postgres(path: Path) -> Iterator[Folder]:
    psycopg = required("psycopg", "psycopg[binary]")
    with postgres_server() as uri, psycopg.connect(uri, autocommit=True) as connection:
        connection.execute("SET timezone = 'America/New_York'")
        types = {"at": "timestamptz", "properties": "jsonb"}
        ddl = ", ".join(f"{name} {types.get(name, 'text')}" for name in COLUMNS)
        connection.execute(f"CREATE TABLE events ({ddl})")
        with connection.cursor().copy("COPY events FROM STDIN") as copy, path.open("rb") as file:
            for line in file:
                row = orjson.loads(line)
                copy.write_row([f"{row[name]}Z" if name == "at" else row[name] for name in COLUMNS])
        connection.execute("ANALYZE events")
        yield lambda traits: _by_account(
            connection.execute(fold_query(traits, "events", Dialect.POSTGRES, NOW)).fetchall()
        )


@contextmanager
def _spark(path: Path) -> Iterator[Folder]:
    engine = Spark({"spark.sql.session.timeZone": "UTC"})
    try:
        session: Any = engine.session
        ddl = ", ".join(f"{name} {'TIMESTAMP' if name == 'at' else 'STRING'}" for name in COLUMNS)
        session.read.schema(ddl).json(str(path)).cache().createOrReplaceTempView("events")
        yield lambda traits: _by_account(
            session.sql(fold_query(traits, "events", Dialect.SPARK, NOW)).collect()
        )
    finally:
        engine.close()


ENGINES: Mapping[str, Callable[[Path], AbstractContextManager[Folder]]] = {
    "duckdb": _duckdb,
    "postgres": _postgres,
    "spark": _spark,
}


def _by_account(rows: Sequence[Sequence[Any]]) -> Values:
    return {row[0]: list(row[1:]) for row in rows}


def run(engines: Sequence[str], accounts: int, events: int, seed: int, traits: int = TRAITS) -> list[Report]:
    """Fold the same random traits over the same random events in Python and in each engine.

    Raises:
        EngineMissing: one of the engines, or what it needs, is not there.
    """
    chosen = {name: engine_of(name, ENGINES) for name in engines}
    random = Random(seed)  # noqa: S311 - no secret
    drawn = list({each.key: each for each in (random_trait(random) for _ in range(traits))}.values())
    rows = list(random_events(random, accounts, events))
    by_account: dict[str, list[Row]] = {}
    for row in rows:
        by_account.setdefault(row["account_id"], []).append(row)
    expected = folded(drawn, by_account)
    reports = []
    with tempfile.TemporaryDirectory(prefix="segue-events-") as folder:
        path = Path(folder) / "events.json"
        write_events(rows, path)
        for name, engine in chosen.items():
            report = Report(name)
            with engine(path) as ask:
                started = time.monotonic()
                found = ask(drawn)
                report.seconds = time.monotonic() - started
            compare(name, drawn, expected, found, report)
            reports.append(report)
    return reports


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from the command line and return the exit code."""
    numbers = {
        "accounts": (1_000, "accounts"), "events": (50_000, "events"), "traits": (TRAITS, "traits to draw"),
    }  # fmt: skip
    return run_command(
        "differential_events", (__doc__ or "").split("\n")[0], numbers, ENGINES,
        lambda options, engines: run(engines, options.accounts, options.events, options.seed, options.traits),
        arguments,
    )  # fmt: skip


if __name__ == "__main__":
    end_on_sigterm()
    sys.exit(main())
