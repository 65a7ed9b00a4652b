"""What is asked of every SQL engine alike."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from segue.evals.differential import Batch, compare
from segue.evals.differential_cases import random_number
from segue.evals.differential_engines import Engine
from segue.evals.differential_values import NOW, STORED
from segue.policies.language import compile_expression, compile_predicate
from segue.policies.language.python import value_function
from segue.policies.language.sql import range_sql, to_sql


def assert_verdicts_agree(engine: Engine, batch: Batch) -> None:
    """Every predicate gives true, false or unknown as in Python."""
    report = compare(engine, [batch])
    assert not report.differences, "\n".join(report.lines(shown=3))
    assert report.pairs == len(batch.cases) * len(batch.rows)


def assert_filters_agree(engine: Engine, batch: Batch) -> None:
    """A WHERE keeps the rows that are true: optimisers rewrite it in other ways than a selected value."""
    engine.load(STORED, batch.rows)
    for case, expected in zip(batch.cases, batch.expected, strict=True):
        sql = to_sql(case.whole, engine.dialect, NOW)
        assert engine.matching(sql) == [at for at, found in enumerate(expected) if found is True], case.text


def assert_scores_agree(engine: Engine, batch: Batch) -> None:
    """Both ends of every scorecard are the same doubles."""
    engine.load(STORED, batch.rows)
    ends = [range_sql(case.scorecard, engine.dialect, NOW) for case in batch.cases]
    found = engine.answer([end for pair in ends for end in pair])
    for at, case in enumerate(batch.cases):
        python = value_function(case.scorecard, {}, {})
        expected = [tuple(python(row, NOW)) for row in batch.rows]
        assert list(zip(found[2 * at], found[2 * at + 1], strict=True)) == expected, case.scorecard


# fmt: off
VALUES = (
    "revenue / growth", "revenue * 3 - growth / 7", "employees / visits", "-employees + 0.1", "employees",
    "NULLIF(employees, 0.0)", "COALESCE(revenue, employees)", "ABS(growth - 0.3)", "LOWER(city)",
    "CASE WHEN is_customer THEN 1 ELSE 0.5 END", "CASE city WHEN 'a' THEN 'it''s' END", "is_customer",
    "COALESCE(city, account_tiers.segment, '\\')", "NULLIF(city, industry)", "fit - 0.1", "-fit", "fit - fit",
    "fit + employees", "UPPER(city)",
)
# fmt: on


def assert_values_agree(engine: Engine, batch: Batch) -> None:
    """Expressions give the same doubles, to the last bit, and the same texts."""
    engine.load(STORED, batch.rows)
    random = Random(len(batch.cases))
    texts = (*VALUES, *(random_number(random) for _ in range(20)))
    expressions = [compile_expression(text, STORED) for text in texts]
    written = [expression.sql(engine.dialect, NOW) for expression in expressions]
    parts = [[sql] if isinstance(sql, str) else list(sql) for sql in written]
    found = iter(engine.answer([part for each in parts for part in each]))
    for expression, each in zip(expressions, parts, strict=True):
        columns = [next(found) for _ in each]
        expected = [_plain(expression(row, NOW)) for row in batch.rows]
        assert list(zip(*columns, strict=True)) == expected, expression.text


def _plain(value: Any) -> tuple[Any, ...]:
    """A score of which nothing is known is unbounded in Python, and NULL in SQL."""
    if not isinstance(value, tuple):
        return (value,)
    return tuple(None if abs(end) == float("inf") else end for end in value)


def assert_clock_agrees(engine: Engine) -> None:
    """Without `now` the engine's own clock counts, whatever the session's time zone is."""
    schema = {"seen_at": STORED["seen_at"]}
    start = datetime.now(UTC)
    offsets = [timedelta(hours=h) for h in (-25, -23, -6, -1, 0, 1, 6, 23, 25)]
    rows = [{"seen_at": start + offset + timedelta(minutes=30)} for offset in offsets]
    engine.load(schema, rows)
    texts = [
        "seen_at < now()",
        "seen_at > now() - INTERVAL '24' HOUR",
        "seen_at BETWEEN now() AND now() + INTERVAL '1' DAY",
        "seen_at >= now() - INTERVAL '36525' DAY",
        "seen_at = now()",
    ]
    predicates = [compile_predicate(text, schema) for text in texts]
    found = engine.answer([predicate.sql(engine.dialect) for predicate in predicates])
    assert found == [[predicate(row, now=datetime.now(UTC)) for row in rows] for predicate in predicates]


# fmt: off
HOSTILE = (
    "'", "''", "\\'", "\\\\'", "'; DROP TABLE accounts; --", "\\'; DROP TABLE accounts; --", "' OR '1'='1",
    "\\", "\\\\", "\\\\\\", "$$", "$a$", "${spark.app.name}", "${env:PATH}", "/*", "*/", "--", '"', "`",
    "%s", "{x}", ":x", "?", "\n--", "\\n", "\\u0027", "\\x27", "\\047", "E'", "\r\n'", "'||'", "\t", "x' --",
)
# fmt: on


def assert_texts_stay_constants(engine: Engine) -> None:
    """What a constant holds is what the engine reads, as a value and as a pattern."""
    engine.load(STORED, [{"city": text, "tags": (text,)} for text in HOSTILE])
    quoted = [text.replace("'", "''") for text in HOSTILE]
    shapes = ("city = '{0}'", "city LIKE '{0}'", "ARRAY_CONTAINS(tags, '{0}')", "city IN ('{0}', 'x')")
    for shape in shapes:
        predicates = [compile_predicate(shape.format(text), STORED) for text in quoted]
        found = engine.answer([predicate.sql(engine.dialect) for predicate in predicates])
        assert found == [[row == at for row in range(len(HOSTILE))] for at in range(len(HOSTILE))], shape
