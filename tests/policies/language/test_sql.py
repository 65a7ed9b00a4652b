"""What the emitter promises besides equality: spellings, refusals, and text that no one can break out of."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from random import Random

import pytest
import sqlglot
from sqlglot import exp

from segue.core.errors import InputError
from segue.evals.differential_cases import random_case
from segue.evals.differential_values import NOW, ROW_TEXTS, SCHEMA, TEXTS
from segue.policies.language import Type, compile_expression, compile_predicate, tree
from segue.policies.language.dialects import SPELLINGS, Dialect
from segue.policies.language.parse import parse_predicate
from segue.policies.language.sql import column, column_type, range_columns, range_sql, to_sql
from tests.policies.language.agreement import HOSTILE

FIXED = "renewal_at < now() + INTERVAL '90' MINUTE"


def sql(text: str, dialect: str, now: datetime | None = None) -> str:
    return compile_predicate(text, SCHEMA).sql(dialect, now)


SURPRISING = {
    # constants: which quote escapes, which backslash, and what a client would fill in
    (r"city = 'it''s \ $x'", "duckdb"): r"(city = 'it''s \ $x')",
    (r"city = 'it''s \ $x'", "postgres"): r"(city = E'it''s \\ $x')",
    (r"city = 'it''s \ $x'", "spark"): r"(city = 'it\'s \\ \u0024x')",
    (r"city = 'it''s \ $x'", "databricks"): r"(city = 'it\'s \\ \u0024x')",
    (r"city = 'it''s \ $x'", "snowflake"): r"(city = 'it\'s \\ $x')",
    (r"city = 'it''s \ $x'", "bigquery"): r"(city = 'it\'s \\ $x')",
    (r"city = 'it''s \ $x'", "redshift"): r"""(("city" || '.') = (('it''s ' || CHR(92) || ' $x') || '.'))""",
    ("city = 'a\nb'", "bigquery"): r"(city = 'a\nb')",
    ("city = 'a\nb'", "snowflake"): r"(city = 'a\nb')",
    # patterns: an escape of their own wherever one is needed
    (r"city LIKE 'a\_%' ESCAPE '\'", "snowflake"): "(city LIKE 'a!_%' ESCAPE '!')",
    (r"city LIKE 'a\_%' ESCAPE '\'", "databricks"): "(city LIKE 'a!_%' ESCAPE '!')",
    (r"city LIKE 'a\_%' ESCAPE '\'", "redshift"): """("city" LIKE 'a!_%' ESCAPE '!')""",
    (r"city LIKE 'a\_%' ESCAPE '\'", "bigquery"): r"(city LIKE 'a\\_%')",
    (r"city LIKE 'a\b%'", "duckdb"): r"(city LIKE 'a\b%')",
    (r"city LIKE 'a\b%'", "postgres"): r"(city LIKE E'a\\b%' ESCAPE '!')",
    (r"city LIKE 'a\b%'", "snowflake"): r"(city LIKE 'a\\b%')",
    (r"city LIKE 'a\b%'", "bigquery"): r"(city LIKE 'a\\\\b%')",
    (r"city LIKE 'a\b%'", "redshift"): """("city" LIKE ('a' || CHR(92) || 'b%') ESCAPE '!')""",
    # the order of texts, and their equality
    ("city < 'b'", "postgres"): """((city COLLATE "C") < 'b')""",
    ("'b' < city", "postgres"): """(('b' COLLATE "C") < city)""",
    ("city BETWEEN 'a' AND 'b'", "postgres"): """((city COLLATE "C") BETWEEN 'a' AND 'b')""",
    ("city = 'b'", "postgres"): "(city = 'b')",
    ("city < 'b'", "redshift"): """(CAST("city" AS VARBYTE) < CAST('b' AS VARBYTE))""",
    ("city IN ('a', NULL)", "redshift"): (
        """(("city" || '.') IN (('a' || '.'), (CAST(NULL AS VARCHAR) || '.')))"""
    ),
    ("city IN ('a', 'it''s')", "postgres"): "(city IN ('a', 'it''s'))",
    ("city IN ('a', 'it''s')", "duckdb"): (
        "(CASE WHEN city IS NULL THEN CAST(NULL AS BOOLEAN)"
        " ELSE (list_position(['a', 'it''s'], city) IS NOT NULL) END)"
    ),
    ("city IN ('a', NULL)", "duckdb"): "(city IN ('a', CAST(NULL AS VARCHAR)))",
    ("is_customer IS DISTINCT FROM consent", "redshift"): (
        '(CASE WHEN ("is_customer" = "consent") THEN FALSE '
        'WHEN (("is_customer" IS NULL) AND ("consent" IS NULL)) THEN FALSE ELSE TRUE END)'
    ),
    # lists: NULL is unknown, not false
    ("ARRAY_CONTAINS(tech, 'x')", "postgres"): "('x' = ANY(tech))",
    ("ARRAY_CONTAINS(tech, 'x')", "databricks"): "ARRAY_CONTAINS(tech, 'x')",
    ("ARRAY_CONTAINS(tech, 'x')", "snowflake"): (
        "(CASE WHEN (tech IS NULL) THEN CAST(NULL AS BOOLEAN) ELSE ARRAY_CONTAINS(TO_VARIANT('x'), tech) END)"
    ),
    ("ARRAY_CONTAINS(tech, 'x')", "bigquery"): (
        "(CASE WHEN (tech IS NULL) THEN CAST(NULL AS BOOL) ELSE ('x' IN UNNEST(tech)) END)"
    ),
    ("ARRAY_CONTAINS(tech, 'x')", "redshift"): (
        '(CASE WHEN ("tech" IS NULL) THEN CAST(NULL AS BOOLEAN) ELSE ARRAY_CONTAINS("tech", \'x\') END)'
    ),
    # time
    (FIXED, "snowflake"): "(renewal_at < DATEADD(second, 5400, CURRENT_TIMESTAMP()))",
    (FIXED, "bigquery"): "(renewal_at < TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 5400 SECOND))",
    (FIXED, "databricks"): "(renewal_at < (CURRENT_TIMESTAMP() + INTERVAL '5400' SECOND))",
    (FIXED, "redshift"): (
        '("renewal_at" < (DATEADD(minute, 90, '
        "(CAST(SYSDATE AS TIMESTAMPTZ) AT TIME ZONE 'UTC')) AT TIME ZONE 'UTC'))"
    ),
    # numbers
    ("employees > 5", "bigquery"): "(employees > 5)",
    ("employees > -5.5", "bigquery"): "(CAST(employees AS FLOAT64) > CAST('-5.5' AS FLOAT64))",
    ("revenue / visits > 1", "snowflake"): (
        "((CAST(revenue AS DOUBLE) / NULLIF(CAST(visits AS DOUBLE), CAST(0 AS DOUBLE)))"
        " > CAST('1' AS DOUBLE))"
    ),
    # logic
    ("is_customer IS NOT TRUE", "snowflake"): "(NOT COALESCE(is_customer, FALSE))",
    ("is_customer IS FALSE", "snowflake"): "COALESCE((NOT is_customer), FALSE)",
    ("account_tiers.segment IS NULL", "databricks"): "(account_tiers__segment IS NULL)",
}


@pytest.mark.parametrize(("text", "dialect"), SURPRISING)
def test_spelling(text: str, dialect: str) -> None:
    assert sql(text, dialect) == SURPRISING[text, dialect]


@pytest.mark.parametrize(
    ("dialect", "expected"),
    {
        "duckdb": "TIMESTAMP '2026-11-22 11:30:00'",
        "postgres": "TIMESTAMPTZ '2026-11-22 11:30:00+00'",
        "spark": "TIMESTAMP '2026-11-22 11:30:00Z'",
        "databricks": "TIMESTAMP '2026-11-22 11:30:00Z'",
        "snowflake": (
            "TO_TIMESTAMP_TZ('2026-11-22 11:30:00.000000 +00:00', 'YYYY-MM-DD HH24:MI:SS.FF6 TZH:TZM')"
        ),
        "bigquery": "TIMESTAMP '2026-11-22 11:30:00+00:00'",
        "redshift": "CAST('2026-11-22 11:30:00+00' AS TIMESTAMPTZ)",
    }.items(),
)
def test_now_is_moved_and_written_as_a_constant(dialect: str, expected: str) -> None:
    lisbon_in_summer = datetime(2026, 11, 22, 11, 0, tzinfo=timezone(timedelta(hours=1)))
    for now in (NOW, NOW.replace(tzinfo=None), lisbon_in_summer):
        assert sql(FIXED, dialect, now).endswith(f"< {expected})")


@pytest.mark.parametrize("dialect", Dialect)
def test_every_construct_is_well_formed(dialect: Dialect) -> None:
    """A hundred cases hold every node of the tree between them; sqlglot reads each as one expression."""
    random = Random(3)
    seen: set[type] = set()
    for _ in range(100):
        case = random_case(random)
        seen.update(type(node) for node in tree.walk(case.whole))
        for now in (NOW, None):
            written = to_sql(case.whole, dialect, now)
            parsed = sqlglot.parse(written, read=dialect.value)
            assert len(parsed) == 1 and parsed[0] is not None, written
            assert not list(parsed[0].find_all(exp.Command, exp.Query, exp.Alias)), written
            names = {each.name.lower() for each in parsed[0].find_all(exp.Column)} - {"second", "minute"}
            assert names <= _columns(case.whole) | {"sysdate"}, written
    assert seen == set(tree.Expr.__args__)


def _columns(node: tree.Expr) -> set[str]:
    found: set[str] = set()
    for each in tree.walk(node):
        if isinstance(each, tree.Trait):
            found.update(range_columns(each.name) if each.type is Type.RANGE else {column(each.name)})
    return found


@pytest.mark.parametrize("dialect", Dialect)
def test_hostile_texts_stay_one_constant(dialect: Dialect) -> None:
    """sqlglot's tokenizer of the dialect reads back what the constant holds, for engines not run here."""
    for text in (*TEXTS, *ROW_TEXTS, *HOSTILE):
        written = SPELLINGS[dialect].quote(text)
        parsed = sqlglot.parse_one(f"({written})", read=dialect.value)
        constants = list(parsed.find_all(exp.Literal, exp.ByteString, bfs=False))
        if dialect is Dialect.REDSHIFT:
            read = "\\".join(each.this for each in constants if each.is_string)
        else:
            (constant,) = constants
            read = constant.this
        if dialect in (Dialect.SPARK, Dialect.DATABRICKS):
            assert "$" not in written
            read = read.replace("\\u0024", "$")
        assert read == text, written


def test_backslashes_escape_once_in_patterns_and_once_in_constants() -> None:
    """BigQuery reads a pattern of `\\`, `\\_`: each is doubled again in the constant."""
    node = tree.Like(tree.Trait("city", Type.TEXT), ("a\\_", tree.ANY_RUN), False)
    assert to_sql(node, "bigquery") == r"(city LIKE 'a\\\\\\_%')"


def test_a_score_has_two_ends() -> None:
    scorecard = tree.Scorecard(
        (
            (parse_predicate("is_customer", SCHEMA), 1_500_000),
            (parse_predicate("consent", SCHEMA), -2_000_000),
        )
    )
    lo, hi = range_sql(scorecard, "duckdb")
    tail = ") AS DOUBLE) / CAST(1000000 AS DOUBLE))"
    least = (
        "(CAST((CAST(0 AS BIGINT) + (CASE WHEN is_customer THEN (1500000) ELSE 0 END)"
        " + (CASE WHEN COALESCE(consent, TRUE) THEN (-2000000) ELSE 0 END)"
    )
    assert lo == least + tail
    assert hi == (
        f"{least} + (CASE WHEN is_customer IS NULL THEN (1500000) ELSE 0 END)"
        f" + (CASE WHEN consent IS NULL THEN (2000000) ELSE 0 END){tail}"
    )
    with pytest.raises(InputError, match="lower and an upper end"):
        to_sql(scorecard, "duckdb")


def test_an_expression_of_a_score_is_two_texts() -> None:
    assert compile_expression("fit - 1", SCHEMA).sql("redshift") == tuple(
        f"""(CAST("fit__{end}" AS DOUBLE PRECISION) - CAST('1' AS DOUBLE PRECISION))"""
        for end in ("lo", "hi")
    )


def test_a_bare_null_is_unknown() -> None:
    assert sql("NULL", "bigquery") == "CAST(NULL AS BOOL)"
    assert sql("NULL = NULL OR NULL IS NULL", "bigquery") == (
        "((CAST(NULL AS BOOL) = CAST(NULL AS BOOL)) OR (CAST(NULL AS STRING) IS NULL))"
    )


def test_column_types_of_every_kind() -> None:
    assert [column_type(kind, "bigquery") for kind in (Type.INTEGER, Type.RANGE, Type.TEXT_LIST)] == [
        "INT64",
        "FLOAT64",
        "ARRAY<STRING>",
    ]


@pytest.mark.parametrize("wrong", ["postgre", "Snowflake ", "mysql", ""])
def test_an_unknown_dialect_is_named(wrong: str) -> None:
    with pytest.raises(InputError) as raised:
        sql("is_customer", wrong)
    message = str(raised.value)
    assert repr(wrong) in message and "redshift" in message
    assert ("did you mean 'postgres'?" in message) is (wrong == "postgre")


@pytest.mark.parametrize("name", ["City", "a b", 'a"b', "a;b", "a.b.c", "", "é", "1a", "a.", "a-b", "a\n"])
def test_a_name_that_is_no_plain_name_is_refused(name: str) -> None:
    for kind in (Type.TEXT, Type.RANGE):
        with pytest.raises(InputError, match="cannot be a column"):
            range_sql(tree.Trait(name, kind), "duckdb")


def test_sql_that_would_explode_is_refused() -> None:
    """Each comparison of a score writes its operands twice: forty levels would be 2**40 copies."""
    node = tree.Trait("revenue", Type.NUMBER)
    score = tree.Trait("fit", Type.RANGE)
    for _ in range(40):
        branch = (tree.Compare(">", score, node), tree.Literal(1.0, Type.NUMBER))
        node = tree.Case((branch,), node, Type.NUMBER)  # type: ignore[assignment]
    with pytest.raises(InputError, match="longer than 1,000,000 characters"):
        to_sql(tree.Compare("=", node, node), "duckdb")


def test_nesting_beyond_the_stack_is_refused() -> None:
    node: tree.Expr = tree.Trait("is_customer", Type.BOOLEAN)
    for _ in range(20_000):
        node = tree.Not(node)
    with pytest.raises(InputError, match="nested too deeply"):
        to_sql(node, "duckdb")


def test_an_instant_outside_the_calendar_is_refused() -> None:
    last = datetime(9999, 12, 31, tzinfo=UTC)
    with pytest.raises(InputError, match="leaves the calendar"):
        sql("renewal_at < now() + INTERVAL '2' DAY", "duckdb", last)
