"""What a predicate says of itself: clauses, what decided, what is missing, and its own text again."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from segue.core.errors import InputError
from segue.policies.language import Range, ValueFault, compile_expression, compile_predicate
from segue.policies.language.evaluate import Evaluator
from segue.policies.language.explain import Explainer
from segue.policies.language.parse import parse
from segue.policies.language.text import to_text

SCHEMA = {
    "employees": "integer",
    "industry": "text",
    "fit": "range",
    "tech": "text[]",
    "at": "timestamp",
    "ok": "boolean",
}


def test_every_clause_is_listed_with_value_verdict_and_what_is_missing() -> None:
    predicate = compile_predicate("fit >= 70 AND (employees < 200 OR NOT industry = 'saas')", SCHEMA)
    first, second, third = predicate.explain({"fit": (40, 80), "employees": 500})
    assert (first.clause, first.value, first.verdict) == ("fit >= 70", Range(40, 80), None)
    assert (second.clause, second.trait, second.value, second.verdict) == (
        "employees < 200",
        "employees",
        500,
        False,
    )
    assert (third.clause, third.verdict, third.missing) == (
        "NOT industry = 'saas'",
        None,
        ("industry",),
    )


@pytest.mark.parametrize(
    ("values", "verdict", "because"),
    [
        ({"employees": 10, "industry": "saas"}, True, ["employees < 200", "industry = 'saas'"]),
        ({"employees": 500, "industry": "retail"}, False, ["employees < 200"]),
        ({"employees": 10}, None, ["industry = 'saas'"]),
        ({}, None, ["employees < 200", "industry = 'saas'"]),
    ],
)
def test_because_names_the_clauses_that_decided_and_no_others(
    values: dict[str, object], verdict: bool | None, because: list[str]
) -> None:
    node = parse("employees < 200 AND industry = 'saas'", SCHEMA)
    view = Explainer(Evaluator()).view(values, None)
    assert view.verdict(node) is verdict
    assert [clause.clause for clause in view.because(node)] == because


@pytest.mark.parametrize(
    ("text", "values", "because"),
    [
        ("NOT (industry IN ('a', 'b'))", {"industry": "c"}, [("industry NOT IN ('a', 'b')", True)]),
        ("NOT (industry IN ('a', 'b'))", {"industry": "a"}, [("industry NOT IN ('a', 'b')", False)]),
        ("industry NOT IN ('a', 'b')", {"industry": "c"}, [("industry NOT IN ('a', 'b')", True)]),
        ("NOT (industry NOT IN ('a', 'b'))", {"industry": "a"}, [("industry IN ('a', 'b')", True)]),
        ("NOT (ok OR employees < 5)", {"ok": False, "employees": 9}, [("NOT ok", True), ("NOT employees < 5", True)]),
        ("NOT (ok AND employees < 5)", {"ok": False, "employees": 1}, [("NOT ok", True)]),
        ("NOT (ok AND NOT employees < 5)", {"ok": True, "employees": 1}, [("employees < 5", True)]),
        ("ok AND NOT ok", {"ok": True}, [("NOT ok", False)]),
        ("ok OR NOT ok", {}, [("ok", None)]),
        ("NOT big", {"employees": 9}, [("NOT employees > 10", True)]),
        ("NOT big", {}, [("employees > 10", None)]),
        ("ok IS NOT TRUE", {}, [("ok IS NOT TRUE", True)]),
    ],
)  # fmt: skip
def test_a_clause_says_the_not_that_it_stands_under(
    text: str, values: dict[str, object], because: list[tuple[str, bool | None]]
) -> None:
    """So the verdicts of the deciding clauses are that of the whole condition; unknown ones are said as they are."""
    schema = {**SCHEMA, "big": "boolean"}
    node = parse(text, schema)
    view = Explainer(Evaluator({"big": parse("employees > 10", schema)})).view(values, None)
    assert [(clause.clause, clause.verdict) for clause in view.because(node)] == because
    assert {verdict for _, verdict in because} == {view.verdict(node)}
    every = {clause.clause: clause.verdict for clause in view.clauses(node)}
    assert {clause: verdict for clause, verdict in because if verdict is not None}.items() <= every.items()


def test_missing_looks_through_case_to_the_branch_that_is_open() -> None:
    node = parse("CASE WHEN ok THEN employees > 5 ELSE industry = 'saas' END", SCHEMA)
    explainer = Explainer(Evaluator())
    assert explainer.view({"ok": True}, None).missing(node) == ("employees",)
    assert explainer.view({"ok": False}, None).missing(node) == ("industry",)
    assert set(explainer.view({}, None).missing(node)) == {"ok", "industry"}
    assert explainer.view({"ok": True, "employees": 9}, None).missing(node) == ()


@pytest.mark.parametrize(
    "text",
    [
        "fit >= 70 AND NOT (ok OR employees IN (1, -2, NULL))",
        "industry NOT LIKE '50!%%' ESCAPE '!' AND industry ILIKE 'a_b'",
        "at BETWEEN now() - INTERVAL '180' DAY AND now() + INTERVAL '90' MINUTE",
        "at > TIMESTAMP '2026-01-31 09:00:00+02:00'",
        "-employees * 2 / 3 - (1 - employees) > 0.25",
        "CASE industry WHEN 'it''s' THEN 1 ELSE NULL END IS DISTINCT FROM 2",
        "(employees > 3) = ok OR (ok AND NOT ok) IS NOT TRUE",
        "ARRAY_CONTAINS(tech, 'x') AND tech IS NOT NULL AND COALESCE(industry, 'none') <> 'none'",
    ],
)
def test_the_canonical_text_reads_back_as_the_same_tree(text: str) -> None:
    node = parse(text, SCHEMA)
    assert parse(to_text(node), SCHEMA) == node


def test_a_predicate_that_reads_the_time_needs_it_and_takes_naive_instants_as_utc() -> None:
    predicate = compile_predicate("at <= now() + INTERVAL '1' DAY", SCHEMA)
    with pytest.raises(InputError, match="now"):
        predicate({"at": datetime(2026, 1, 1)})
    now = datetime(2026, 1, 1, 12, 0)
    assert predicate({"at": datetime(2026, 1, 2, 12, 0)}, now) is True
    assert predicate({"at": datetime(2026, 1, 2, 12, 0, 0, 1)}, now) is False
    assert predicate({"at": datetime(2026, 1, 2, 12, 0, tzinfo=UTC)}, now) is True
    assert predicate({"at": "2026-01-02T14:00:00+02:00"}, now) is True


@pytest.mark.parametrize(
    ("trait", "value"),
    [
        ("employees", "12"), ("employees", True), ("employees", 1.5), ("employees", float("nan")), ("employees", 2**53),
        ("fit", float("inf")), ("fit", (3, 1)), ("fit", 1e-300), ("industry", 3), ("industry", "a\x00"), ("industry", "\ud800"),
        ("tech", "x"), ("tech", ["x", None]), ("at", "soon"), ("ok", 1),
    ],
)  # fmt: skip
def test_a_value_of_another_type_is_refused_by_name(trait: str, value: object) -> None:
    predicate = compile_predicate(f"{trait} = {trait}" if trait not in ("tech",) else "tech IS NULL", SCHEMA)
    with pytest.raises(ValueFault, match=trait):
        predicate({trait: value})


def test_an_expression_gives_values_and_ranges() -> None:
    expression = compile_expression(
        "CASE WHEN employees >= 1000 THEN 'large' WHEN employees >= 1 THEN 'small' END", SCHEMA
    )
    assert [expression({"employees": n}) for n in (1000, 999, 0, None)] == ["large", "small", None, None]
    assert expression.type == "text"
    assert compile_expression("fit + 10", SCHEMA)({"fit": (1, 2)}) == Range(11, 12)
    assert compile_expression("employees / 0", SCHEMA)({"employees": 3}) is None
