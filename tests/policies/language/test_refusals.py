"""Text that is more than a predicate, or less, is refused with its place."""

from __future__ import annotations

import pytest

from segue.policies.language import PredicateError, compile_predicate
from segue.policies.language.guard import is_plain_name

SCHEMA = {
    "industry": "text",
    "is_customer": "boolean",
    "churned": "boolean",
    "employees": "integer",
    "revenue": "number",
    "renewal_at": "timestamp",
    "tech": "text[]",
    "fit": "range",
}

REFUSED = [
    ("employees = 1; DROP TABLE accounts", 13, "several statements"),
    ("is_customer b", 12, "alias"),
    ("employees = 1 b", 14, "alias"),
    ("employees = 1 AS b", 14, "alias"),
    ("employees IN (SELECT 1)", 14, "subquery"),
    ("EXISTS (SELECT 1)", 0, "subquery"),
    ("employees = (SELECT 1)", 13, "subquery"),
    ("is_customer UNION SELECT 1", 12, "'UNION'"),
    ("is_customer /* AND churned */", 12, "comment"),
    ("is_customer -- AND churned", 12, "comment"),
    ("/* x */ is_customer", 0, "comment"),
    ("-- x", 0, "comment"),
    ("1 < employees < 3", 0, "chained"),
    ("employees IN (1) = is_customer", 0, "chained"),
    ("is_customer = NOT churned", 18, "chained"),
    ("employees IN ()", 0, "at least one"),
    ("employees = ?", 12, "parameter"),
    ("employees = :x", 12, "':'"),
    ("employees::text = '1'", 9, "cast"),
    ("CAST(employees AS TEXT) = '1'", 0, "function CAST"),
    ("TRY_CAST('2026-01-01' AS TIMESTAMP) < renewal_at", 0, "function TRY_CAST"),
    ("SUM(employees) > 1", 0, "function SUM"),
    ("LENGTH(industry) > 1", 0, "function LENGTH"),
    ("NVL(employees, 1) = 1", 0, "function NVL"),
    ("industry || 'x' = 'y'", 9, "'||'"),
    ("employees % 2 = 0", 10, "'%'"),
    ("industry ~ 'x'", 9, "'~'"),
    ("industry COLLATE nocase = 'x'", 9, "'COLLATE'"),
    ("employees = ANY(tech)", 12, "'ANY'"),
    ("\"industry\" = 'x'", 0, "quoted name"),
    ("accounts.industry = 'x'", 0, "unknown trait"),
    ("industri = 'x'", 0, "did you mean 'industry'"),
    ("is_customer AND\n  churnd", 18, "did you mean 'churned'"),
    ("user = 'x'", 0, "unknown trait"),
    ("industry = 3", 0, "cannot compare text with integer"),
    ("industry > employees", 0, "cannot compare text with integer"),
    ("is_customer > churned", 0, "no order"),
    ("tech = 'x'", 0, "ARRAY_CONTAINS"),
    ("ARRAY_CONTAINS(industry, 'x')", 15, "text[]"),
    ("ARRAY_CONTAINS(tech, 3)", 21, "single quotes"),
    ("employees AND is_customer", 0, "expected a condition"),
    ("NOT employees", 4, "expected a condition"),
    ("employees + 1", 0, "true or false"),
    ("industry LIKE industry", 14, "single quotes"),
    (r"industry LIKE 'a\b' ESCAPE '\'", 14, "after the escape"),
    (r"industry LIKE 'a\' ESCAPE '\'", 14, "after the escape"),
    ("industry LIKE 'a' ESCAPE 'xy'", 25, "one character"),
    ("employees LIKE '1%'", 0, "LIKE needs text"),
    ("fit IS NULL", 0, "never NULL"),
    ("fit * 2 > 3", 0, "added and subtracted"),
    ("COALESCE(fit, 0) > 1", 9, "takes no range"),
    ("renewal_at > '2026-01-01'", 0, "cannot compare timestamp with text"),
    ("COALESCE(renewal_at, now()) > renewal_at", 21, "now() is compared"),
    ("renewal_at > now() + INTERVAL '1' MONTH", 30, "INTERVAL 'n'"),
    ("renewal_at > now() + INTERVAL '-1' DAY", 30, "INTERVAL 'n'"),
    ("renewal_at > now() + INTERVAL '40000' DAY", 30, "at most 36525 days"),
    ("renewal_at + INTERVAL '1' DAY > renewal_at", 0, "now() only"),
    ("renewal_at > TIMESTAMP 'soon'", 23, "ISO 8601"),
    ("now() > now()", 0, "timestamp trait"),
    ("employees > 9007199254740992", 12, "larger than"),
    ("revenue > 1e300", 10, "not 0 or between"),
    ("revenue > 1e-300", 10, "not 0 or between"),
    ("revenue = 'NaN'", 0, "cannot compare"),
    (" * ".join(["revenue"] * 25) + " > 1", 0, "overflow"),
    (" / ".join(["revenue"] * 25) + " > 1", 0, "overflow"),
    ("COALESCE(industry, 3) = 'x'", 19, "one type"),
    ("CASE WHEN is_customer THEN 1 ELSE 'x' END = 1", 34, "one type"),
    ("CASE LOWER(industry) WHEN 'x' THEN 1 END = 1", 11, "takes a trait"),
    ("ABS(" * 300 + "employees" + ")" * 300 + " > 1", 203, "nested over 50"),
    ("(" * 60 + "is_customer" + ")" * 60, 50, "nested over 50"),
    ("NOT " * 60 + "is_customer", 200, "nested over 50"),
    ("employees = " + "-" * 60 + "1", 12, "comment"),
    ("is_customer AND", 12, "not readable"),
    ("industry = 'x", 12, "not readable"),
    ("is_customer)", 11, "not readable"),
    ("", 0, "empty"),
    ("   ", 0, "empty"),
    ("is_customer\u200b", 11, "U+200B"),
    ("industry = '\x00'", 12, "U+0000"),
    ("industry = '\ud800'", 12, "U+D800"),
    ("is_customer OR " * 400 + "is_customer", 4000, "at most 4000"),
]


@pytest.mark.parametrize(("text", "offset", "cause"), REFUSED, ids=[text[:40] for text, _, _ in REFUSED])
def test_it_is_refused_at_its_place_with_its_cause(text: str, offset: int, cause: str) -> None:
    with pytest.raises(PredicateError) as caught:
        compile_predicate(text, SCHEMA)
    assert cause in caught.value.message
    assert caught.value.offset == offset


def test_the_deepest_nesting_that_is_allowed_still_evaluates() -> None:
    for opened, inner, closed in (
        ("(", "is_customer", ")"),
        ("NOT NOT (", "is_customer", ")"),
        ("(is_customer AND ", "is_customer", ")"),
        ("(churned OR ", "is_customer", ")"),
        ("COALESCE(", "is_customer", ", FALSE)"),
        ("CASE WHEN is_customer THEN ", "is_customer", " END"),
    ):
        depth = 48
        deepest = compile_predicate(opened * depth + inner + closed * depth, SCHEMA)
        assert deepest({"is_customer": True, "churned": False}) is True
    text = "is_customer"
    for level in range(24):
        text = f"({text} = churned)" if level % 2 else f"({text} OR employees > {level})"
    assert compile_predicate(text, SCHEMA)({"is_customer": True, "churned": True}) is True


@pytest.mark.parametrize(
    "name", ["user", "order", "group", "select", "end", "Industry", "a b", "a-b", "1a", "", "a;b", "interval"]
)
def test_a_reserved_or_misshapen_name_is_no_trait_name(name: str) -> None:
    assert not is_plain_name(name)


@pytest.mark.parametrize(
    "name", ["industry", "tech", "renewal_at", "fit", "path", "stage", "country", "is_customer"]
)
def test_common_trait_names_are_plain(name: str) -> None:
    assert is_plain_name(name)
