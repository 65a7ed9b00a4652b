"""Whatever region analysis calls impossible never happens, and whatever it calls possible does."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segue.policies.language import tree
from segue.policies.language.cuts import Bounds
from segue.policies.language.evaluate import Evaluator
from segue.policies.language.parse import parse, parse_predicate
from segue.policies.language.regions import Answer, Prover, Wanted, possible
from segue.policies.language.tree import Expr
from segue.policies.language.types import Type

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
SCHEMA: dict[str, Type] = {
    **dict.fromkeys(("a", "b", "n"), Type.INTEGER), **dict.fromkeys(("x", "y"), Type.NUMBER),
    **dict.fromkeys(("t", "u"), Type.TEXT), **dict.fromkeys(("p", "q", "c"), Type.BOOLEAN),
    **dict.fromkeys(("w", "v"), Type.TIMESTAMP), "l": Type.TEXT_LIST,
}  # fmt: skip
ABSENT = {"n": 0, "c": False}
DERIVED = {
    "kind": Type.TEXT, "flag": Type.BOOLEAN, "pick": Type.NUMBER, "score": Type.RANGE, "other": Type.RANGE,
}  # fmt: skip
EVERY = {**SCHEMA, **DERIVED}

OPS = st.sampled_from(["=", "<>", "<", "<=", ">", ">="])
WHOLE = st.integers(-3, 3)
DECIMAL = st.sampled_from(["-2.5", "0", "0.5", "1", "1.5"])
TEXTS = st.text("aAb", max_size=2)
PATTERNS = st.text("aAb%_", max_size=4)
INSTANTS = st.sampled_from([
    "now()", "now() - INTERVAL '2' DAY", "now() + INTERVAL '2' DAY", "now() + INTERVAL '1' SECOND",
    "TIMESTAMP '2026-11-22 09:30:00'", "DATE '2026-11-24'",
])  # fmt: skip
INTEGER, NUMBER, TEXT = (st.sampled_from(each) for each in (["a", "b", "n"], ["x", "y"], ["t", "u"]))
INSTANT, BOOLEAN = st.sampled_from(["w", "v"]), st.sampled_from(["p", "q", "c"])
SIGNED = st.one_of(INTEGER, INTEGER.map("-{}".format), INTEGER.map("ABS({})".format))
SEVERAL = st.lists(TEXTS, min_size=1, max_size=3).map(lambda many: ", ".join(f"'{each}'" for each in many))
SCORE = st.sampled_from(["score", "other", "score + other", "score - other", "-score"])

SINGLE = st.one_of(
    st.builds("{} {} {}".format, SIGNED, OPS, WHOLE),
    st.builds("{} BETWEEN {} AND {}".format, INTEGER, WHOLE, WHOLE),
    st.builds("{} IN ({}, {})".format, INTEGER, WHOLE, WHOLE),
    st.builds("{} {} {}".format, st.one_of(NUMBER, NUMBER.map("ABS({})".format)), OPS, DECIMAL),
    st.builds("{} NOT BETWEEN {} AND {}".format, NUMBER, DECIMAL, DECIMAL),
    st.builds("{} {} '{}'".format, st.one_of(TEXT, TEXT.map("LOWER({})".format)), OPS, TEXTS),
    st.builds("{} IN ({})".format, TEXT, SEVERAL),
    st.builds("{} NOT IN ({}, NULL)".format, TEXT, SEVERAL),
    st.builds("{} {} '{}'".format, TEXT, st.sampled_from(["LIKE", "NOT LIKE", "ILIKE"]), PATTERNS),
    st.builds("{} IS DISTINCT FROM '{}'".format, TEXT, TEXTS),
    st.builds("{} {} {}".format, INSTANT, OPS, INSTANTS),
    st.builds("ARRAY_CONTAINS(l, '{}')".format, st.sampled_from("abc")),
    st.builds("{} IS NULL".format, st.sampled_from(list(SCHEMA))),
    BOOLEAN,
    st.builds("{} = {}".format, BOOLEAN, BOOLEAN),
    st.builds("{} IS DISTINCT FROM {}".format, BOOLEAN, BOOLEAN),
)
"""Conditions on imported traits that region analysis is to decide."""

THROUGH = st.one_of(
    st.builds("kind {} '{}'".format, OPS, TEXTS),
    st.builds("COALESCE(kind, t) = '{}'".format, TEXTS),
    st.builds("NULLIF(t, '{}') = '{}'".format, TEXTS, TEXTS),
    st.builds("LOWER(kind) = '{}'".format, TEXTS),
    st.sampled_from(["flag", "flag IS NOT TRUE", "kind IS NULL", "score > other"]),
    st.builds("pick {} {}".format, OPS, DECIMAL),
    st.builds("{} {} {}".format, SCORE, OPS, WHOLE),
    st.builds("score BETWEEN {} AND {}".format, WHOLE, WHOLE),
)
"""Conditions on traits that follow from others."""

HARD = st.sampled_from([
    "a + b > 3", "x * y = 1", "t = u", "a > b", "x / a < 1", "score > x", "w < v", "LOWER(t) = t",
])  # fmt: skip
"""Conditions that region analysis does not follow."""


def conditions(leaves: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Leaves under AND, OR, NOT, IS TRUE and CASE."""
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.lists(inner, min_size=2, max_size=4).map(lambda parts: f"({' AND '.join(parts)})"),
            st.lists(inner, min_size=2, max_size=3).map(lambda parts: f"({' OR '.join(parts)})"),
            inner.map("(NOT {})".format),
            inner.map("(({}) IS TRUE)".format),
            st.builds("(CASE WHEN {} THEN {} ELSE {} END)".format, inner, inner, inner),
        ),
        max_leaves=8,
    )


IMPORTED = conditions(SINGLE)
DECIDED = conditions(st.one_of(SINGLE, THROUGH))
SOME_HARD = conditions(st.one_of(SINGLE, THROUGH, HARD))
CARDS = st.lists(st.tuples(SINGLE, st.sampled_from([-1, 0.5, 1, 2])), min_size=1, max_size=4)
CASES = st.builds("CASE WHEN {} THEN 'a' WHEN {} THEN t WHEN {} THEN 'Ab' END".format, SINGLE, SINGLE, SINGLE)
PICKS = st.builds("CASE WHEN {} THEN x ELSE {} END".format, SINGLE, DECIMAL)


def card(items: list[tuple[str, float]]) -> Expr:
    """Return a scorecard of conditions and points."""
    return tree.Scorecard(tuple((parse_predicate(when, SCHEMA), round(p * 1_000_000)) for when, p in items))


DERIVATIONS = st.fixed_dictionaries({
    "kind": CASES.map(lambda text: parse(text, SCHEMA)),
    "pick": PICKS.map(lambda text: parse(text, SCHEMA)),
    "flag": IMPORTED.map(lambda text: parse_predicate(text, SCHEMA)),
    "score": CARDS.map(card),
    "other": CARDS.map(card),
})  # fmt: skip

NUMBERS_TRIED = [-3.0, -2.5, -2.0, -0.5, -0.25, 0.0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 2.5, 9.0]
INSTANTS_TRIED = [
    NOW + timedelta(days=days, microseconds=shift) for days in range(-4, 5) for shift in (-1, 0, 1, 9)
]


def value_of(kind: Type, chance: random.Random) -> Any:
    """Draw a value from where the conditions above change their answers, and beyond."""
    if kind is Type.INTEGER:
        return chance.randint(-5, 5)
    if kind is Type.NUMBER:
        return chance.choice(NUMBERS_TRIED)
    if kind is Type.BOOLEAN:
        return chance.random() < 0.5
    if kind is Type.TIMESTAMP:
        return chance.choice(INSTANTS_TRIED)
    if kind is Type.TEXT_LIST:
        return tuple(item for item in "abcd" if chance.random() < 0.5)
    return "".join(chance.choices("aAbBc", k=chance.randint(0, 4)))


@cache
def many_rows() -> list[tuple[dict[str, Any], datetime]]:
    """Return 3,000 rows, a trait in six unknown, each with an instant."""
    chance = random.Random(20261122)
    shifts = [timedelta(0), timedelta(0), timedelta(days=2, microseconds=-1), timedelta(400), timedelta(-1)]
    rows = []
    for _ in range(3_000):
        row = {n: None if chance.random() < 0.17 else value_of(kind, chance) for n, kind in SCHEMA.items()}
        rows.append((row, NOW + chance.choice(shifts)))
    return rows


def check(evaluator: Evaluator, wanted: list[Wanted]) -> Answer:
    """Hold one answer against many rows and instants."""
    found = Prover(evaluator).possible(*wanted)

    def holds(values: Mapping[str, Any], now: datetime | None) -> bool:
        return all(evaluator.verdict(each.node, values, now) in each.verdicts for each in wanted)

    if found.answer is Answer.YES:
        assert found.witness is not None
        assert holds(found.witness, found.now)
    if found.answer is Answer.NO:
        assert [row for row, now in many_rows() if holds(row, now)] == []
    return found.answer


VERDICTS = st.sampled_from([True, False, None])


@settings(max_examples=200, deadline=None)
@given(DECIDED, DERIVATIONS, VERDICTS)
def test_every_answer_is_right_and_given(text: str, derived: dict[str, Expr], verdict: bool | None) -> None:
    """Conditions over single traits are always decided, one way or the other."""
    wanted = [Wanted(parse_predicate(text, EVERY), frozenset({verdict}))]
    assert check(Evaluator(derived, ABSENT), wanted) is not Answer.UNDECIDED


@settings(max_examples=200, deadline=None)
@given(
    st.lists(SOME_HARD, min_size=2, max_size=3),
    DERIVATIONS,
    st.lists(st.frozensets(VERDICTS, min_size=1, max_size=2), min_size=3, max_size=3),
)
def test_no_answer_is_wrong_where_some_of_it_cannot_be_followed(
    texts: list[str], derived: dict[str, Expr], verdicts: list[frozenset[bool | None]]
) -> None:
    """Several conditions at once, some of them beyond region analysis."""
    nodes = [parse_predicate(text, EVERY) for text in texts]
    check(Evaluator(derived, ABSENT), [Wanted(*each) for each in zip(nodes, verdicts, strict=False)])


IMPOSSIBLE = [
    "a > 3 AND a < 4",
    "a > 2.5 AND a < 3",
    "x > 1 AND x < 1",
    "ABS(x) < 0",
    "-a > 3 AND a > 0",
    "t = 'a' AND t = 'b'",
    "t LIKE '/pricing%' AND t LIKE '/docs%'",
    "t LIKE 'a_' AND t LIKE '_b' AND t <> 'ab'",
    "LOWER(t) = 'Ab'",
    "t ILIKE 'ab' AND t NOT IN ('ab', 'aB', 'Ab', 'AB')",
    "t > 'a' AND t < 'ab' AND t NOT LIKE 'a%'",
    "ARRAY_CONTAINS(l, 'a') AND l IS NULL",
    "w > now() AND w < now() - INTERVAL '1' DAY",
    "w < now() AND w > now() - INTERVAL '5' DAY AND w < DATE '2026-01-01' AND w > DATE '2026-01-07'",
    "w > now() AND w < DATE '2026-01-01' AND w > DATE '2025-12-31' AND w < now() - INTERVAL '1' SECOND",
    "p AND NOT p",
    "p <> p",
    "c IS NULL",
    "CASE WHEN a > 3 THEN 'big' WHEN a > 2 THEN 'middle' END = 'middle' AND a <> 3",
    "COALESCE(t, 'none') = 'none' AND t IN ('a', 'b')",
    "x * y > 3 AND a < 1 AND a > 1",
    "NULLIF(t, 'a') = 'a'",
]


@pytest.mark.parametrize("text", IMPOSSIBLE)
def test_what_cannot_be_is_seen(text: str) -> None:
    """A condition that no facts make true."""
    assert possible(parse_predicate(text, SCHEMA), True, {}, ABSENT).answer is Answer.NO


POSSIBLE = [
    "a > 3 AND a < 5",
    "x > 1 AND x < 1.0000000001",
    "t LIKE '/p%' AND t LIKE '%g' AND t <> '/pg'",
    "t LIKE '%a%' AND t LIKE '%b%' AND t NOT LIKE '%a%b%'",
    "t > 'a' AND t < 'ab'",
    "w > TIMESTAMP '2030-01-01' AND w < now()",
    "w < now() AND w > DATE '2040-01-01'",
    "a > 3 AND x IS NULL AND l IS NOT NULL AND NOT ARRAY_CONTAINS(l, 'a')",
    "x / y > 1000",
    "a > b AND b > 2",
    "t = u",
    "n = 0 AND NOT c",
]


@pytest.mark.parametrize("text", POSSIBLE)
def test_what_can_be_comes_with_values_that_show_it(text: str) -> None:
    """A condition that some facts make true."""
    node = parse_predicate(text, SCHEMA)
    found = possible(node, True, {}, ABSENT)
    assert found.answer is Answer.YES
    assert found.witness is not None
    assert Evaluator({}, ABSENT).verdict(node, found.witness, found.now) is True


def test_a_score_is_followed_to_what_gives_its_points() -> None:
    """A threshold that the points cannot add up to, and one that they can in one way."""
    points = tree.Scorecard(
        tuple(
            (parse_predicate(when, SCHEMA), worth * 1_000_000)
            for when, worth in (("a >= 2", 40), ("a >= 3", 20), ("t = 'a'", 30), ("p", 9))
        )
    )
    score = parse_predicate("score >= 90", EVERY)
    assert possible(parse_predicate("score >= 100", EVERY), True, {"score": points}).answer is Answer.NO
    found = possible(score, True, {"score": points})
    assert found.answer is Answer.YES
    assert found.witness is not None
    assert (found.witness["a"] >= 3, found.witness["t"]) == (True, "a")
    without = [Wanted(parse_predicate("a < 3", SCHEMA), frozenset({True}))]
    assert possible(score, True, {"score": points}, assuming=without).answer is Answer.NO
    assert possible(score, None, {"score": points}, assuming=without).answer is Answer.NO


def test_bounds_hold_by_what_a_trait_means() -> None:
    """A count is never below zero, a score never above its cap."""
    prover = Prover(Evaluator(), {"a": Bounds(least=0), "x": Bounds(0, 100)})

    def answer(text: str) -> Answer:
        return prover.possible(Wanted(parse_predicate(text, SCHEMA), frozenset({True}))).answer

    assert answer("a < 0") is Answer.NO
    assert answer("a <= 0") is Answer.YES
    assert answer("x > 100") is Answer.NO
    assert answer("x >= 100") is Answer.YES


def test_a_search_that_is_too_long_says_so() -> None:
    """Out of steps there is no proof, so there is no NO."""
    text = " AND ".join(f"(x{i} > 1 OR y{i} > 1)" for i in range(8)) + " AND x0 < 1 AND y0 < 1"
    wide = {name: Type.NUMBER for i in range(8) for name in (f"x{i}", f"y{i}")}
    wanted = Wanted(parse_predicate(text, wide), frozenset({True}))
    assert Prover(Evaluator(), budget=3).possible(wanted).answer is Answer.UNDECIDED
    assert Prover(Evaluator()).possible(wanted).answer is Answer.NO


def test_patterns_too_tangled_to_walk_are_not_called_impossible() -> None:
    """Twelve patterns that may overlap in any way have thousands of joint outcomes."""
    parts = [f"t LIKE '%{c}%{d}%'" for c in "abcdefghijkl" for d in "mn"]
    node = parse_predicate(" AND ".join(parts) + " AND t NOT LIKE '%z'", SCHEMA)
    assert possible(node, True).answer is not Answer.NO
