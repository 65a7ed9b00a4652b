"""Hold Python equal to the SQL engines on random predicates and rows.

    python -m segue.evals.differential --pairs 20000 --engines duckdb,postgres,spark --seed 7

Every predicate is evaluated by the Python emitter and by each engine over the same rows. A pair is one
predicate over one row. The same seed gives the same pairs. The exit code is 0 when all agree, 1 when
some pair differs, 2 when an engine is missing.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from segue.evals.differential_cases import Case, random_case
from segue.evals.differential_command import end_on_sigterm, engine_of, run_command
from segue.evals.differential_engines import Answers, Engine
from segue.evals.differential_servers import ENGINES
from segue.evals.differential_values import NOW, SCHEMA, STORED, Pools, random_row
from segue.policies.language.evaluate import Evaluator
from segue.policies.language.sql import to_sql
from segue.policies.language.types import coerce

ROWS = 50
"""Rows of one table."""
CASES = 25
"""Predicates of one query."""


@dataclass(frozen=True)
class Batch:
    """Predicates, rows, and what Python finds for each pair."""

    cases: Sequence[Case] = field(repr=False)
    rows: Sequence[dict[str, Any]] = field(repr=False)
    expected: Answers = field(repr=False)


@dataclass(frozen=True)
class Difference:
    """One pair on which an engine and Python part."""

    text: str
    row: dict[str, Any]
    python: bool | None
    engine: bool | None
    sql: str


@dataclass
class Report:
    """What one engine's run found."""

    engine: str
    version: str
    pairs: int = 0
    seconds: float = 0.0
    verdicts: Counter[bool | None] = field(default_factory=Counter)
    differences: list[Difference] = field(default_factory=list)

    def lines(self, shown: int) -> Iterator[str]:
        """Yield the report as text, with the first `shown` differences."""
        counts = ", ".join(f"{self.verdicts[key]} {name}" for key, name in _VERDICTS.items())
        yield (
            f"{self.engine} {self.version}: {self.pairs} pairs ({counts}), "
            f"{len(self.differences)} differences, {self.seconds:.1f} s"
        )
        for each in self.differences[:shown]:
            yield f"  predicate {each.text}"
            yield f"  row       {each.row}"
            yield f"  python    {each.python}   {self.engine} {each.engine}"
            yield f"  sql       {each.sql}"


_VERDICTS = {True: "true", False: "false", None: "unknown"}


def random_batch(random: Random, cases: int = CASES, rows: int = ROWS, pools: Pools | None = None) -> Batch:
    """Return one batch of so many predicates and rows, with what Python finds."""
    written = [random_case(random, pools) for _ in range(cases)]
    drawn = [random_row(random, pools) for _ in range(rows)]
    values = [{name: coerce(kind, row[name], name) for name, kind in STORED.items()} for row in drawn]
    expected = []
    for case in written:
        evaluator = Evaluator({"score": case.scorecard})
        expected.append([evaluator.verdict(case.node, each, NOW) for each in values])
    return Batch(written, drawn, expected)


def batches(seed: int, pairs: int) -> Iterator[Batch]:
    """Yield batches that hold at least `pairs` pairs in all; the same for the same seed and number."""
    random = Random(seed)  # noqa: S311 - no secret
    for _ in range(-(-pairs // (ROWS * CASES))):
        yield random_batch(random)


def compare(engine: Engine, source: Iterable[Batch]) -> Report:
    """Evaluate every batch on the engine and report where it parts from Python."""
    report = Report(engine.dialect.value, engine.version)
    for batch in source:
        predicates = [to_sql(case.whole, engine.dialect, NOW) for case in batch.cases]
        started = time.monotonic()
        engine.load(STORED, batch.rows)
        found = engine.answer(predicates)
        report.seconds += time.monotonic() - started
        for case, sql, expected, answers in zip(batch.cases, predicates, batch.expected, found, strict=True):
            read = {each for each in SCHEMA if each in case.text}
            for row, python, other in zip(batch.rows, expected, answers, strict=True):
                report.pairs += 1
                report.verdicts[python] += 1
                if python is not other:
                    shown = row if "score" in read else {name: row[name] for name in read}
                    report.differences.append(Difference(case.text, shown, python, other, sql))
    return report


def run(engines: Sequence[str], pairs: int, seed: int) -> list[Report]:
    """Run each engine over the same pairs.

    Raises:
        EngineMissing: one of the engines, or what it needs, is not there.
    """
    reports = []
    for name in engines:
        with engine_of(name, ENGINES)() as engine:
            reports.append(compare(engine, batches(seed, pairs)))
    return reports


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from the command line and return the exit code."""
    return run_command(
        "differential", (__doc__ or "").split("\n")[0], {"pairs": (20_000, "at least so many pairs")}, ENGINES,
        lambda options, engines: run(engines, options.pairs, options.seed), arguments,
    )  # fmt: skip


if __name__ == "__main__":
    end_on_sigterm()
    sys.exit(main())
