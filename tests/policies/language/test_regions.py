"""Whatever region analysis calls impossible never happens, and whatever it calls possible does."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
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
    "kind": Type.TEXT, "flag": Type.BOOLEAN, "pick": Type.NUMBER, "moment": Type.TIMESTAMP,
    "score": Type.RANGE, "other": Type.RANGE,
}  # fmt: skip
EVERY = {**SCHEMA, **DERIVED}

OPS = ["=", "<>", "<", "<=", ">", ">="]
DECIMALS = ["-2.5", "0", "0.5", "1", "1.5"]
INSTANTS = [
    "now()", "now() - INTERVAL '2' DAY", "now() + INTERVAL '2' DAY", "now() + INTERVAL '1' SECOND",
    "TIMESTAMP '2026-11-22 09:30:00'", "DATE '2026-11-24'",
]  # fmt: skip
HARD = [
    "a + b > 3", "x * y = 1", "t = u", "a > b", "x / a < 1", "score > x", "w < v", "LOWER(t) = t", "ABS(a) = a",
]  # fmt: skip
"""Conditions that region analysis does not follow."""

SHAPES = [
    "{signed} {op} {whole}", "{integer} BETWEEN {whole} AND {whole}", "{integer} IN ({whole}, {whole})",
    "{number} {op} {decimal}", "ABS({number}) {op} {decimal}", "{number} NOT BETWEEN {decimal} AND {decimal}",
    "{text} {op} '{word}'", "LOWER({text}) {op} '{word}'", "UPPER(LOWER({text})) = '{word}'",
    "{text} IN ('{word}', '{word}')", "{text} NOT IN ('{word}', NULL)", "{text} IS DISTINCT FROM '{word}'",
    "{text} LIKE '{pattern}'", "{text} NOT LIKE '{pattern}'", "{text} ILIKE '{pattern}'",
    "{instant} {op} {moment}", "ARRAY_CONTAINS(l, '{item}')", "{any} IS NULL", "{boolean}",
    "{boolean} = {boolean}", "{boolean} IS DISTINCT FROM {boolean}",
]  # fmt: skip
"""Conditions on imported traits that region analysis is to decide."""

THROUGH = [
    "kind {op} '{word}'", "COALESCE(kind, t) = '{word}'", "NULLIF(t, '{word}') = '{word}'", "LOWER(kind) = '{word}'",
    "flag", "flag IS NOT TRUE", "kind IS NULL", "pick {op} {decimal}", "moment {op} {moment}", "score > other",
    "{score} {op} {whole}", "{score} {op} {whole}", "{score} BETWEEN {whole} AND {whole}", "{score} IN (1, {whole})",
]  # fmt: skip
"""Conditions on traits that follow from others."""


class Author:
    """Writes conditions and derived traits at random."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance

    def leaf(self, shapes: Sequence[str]) -> str:
        """Write one condition without AND, OR and NOT."""
        pick, found = self.chance.choice, self.chance.choice(shapes)
        while (match := re.search(r"\{(\w+)\}", found)) is not None:
            integer = pick("abn")
            word = {
                "op": pick(OPS), "whole": str(self.chance.randint(-3, 3)), "decimal": pick(DECIMALS),
                "integer": integer, "signed": pick([integer, f"-{integer}", f"ABS({integer})"]),
                "number": pick("xy"), "text": pick("tu"), "boolean": pick("pqc"), "instant": pick("wv"),
                "word": "".join(self.chance.choices("aAb", k=self.chance.randint(0, 2))),
                "pattern": "".join(self.chance.choices("aAb%_", k=self.chance.randint(0, 4))),
                "moment": pick(INSTANTS), "item": pick("abc"), "any": pick(list(SCHEMA)),
                "score": pick(["score", "other", "score + other", "score - other", "-score"]),
            }[match[1]]  # fmt: skip
            found = found[: match.start()] + word + found[match.end() :]
        return found

    def condition(self, shapes: Sequence[str], size: int) -> str:
        """Write a condition of about so many leaves under AND, OR, NOT, IS TRUE and CASE."""
        if size <= 1:
            return self.leaf(shapes)
        way = self.chance.choice(["AND", "AND", "OR", "NOT", "IS", "CASE"])
        if way in ("NOT", "IS"):
            inner = self.condition(shapes, size - 1)
            return (
                f"(NOT ({inner}))"
                if way == "NOT"
                else f"(({inner}) IS {self.chance.choice(['TRUE', 'FALSE'])})"
            )
        parts = 3 if way == "CASE" else self.chance.randint(2, 3)
        items = [self.condition(shapes, size // parts) for _ in range(parts)]
        if way == "CASE":
            return "(CASE WHEN {} THEN {} ELSE {} END)".format(*items)
        return f"({f' {way} '.join(items)})"

    def derived(self) -> dict[str, Expr]:
        """Write derived traits over the imported ones."""

        def leaf() -> str:
            return self.leaf(SHAPES)

        kind = f"CASE WHEN {leaf()} THEN 'a' WHEN {leaf()} THEN t WHEN {leaf()} THEN 'Ab' END"
        return {
            "kind": parse(kind, SCHEMA),
            "pick": parse(f"CASE WHEN {leaf()} THEN x ELSE {self.chance.choice(DECIMALS)} END", SCHEMA),
            "moment": parse(f"COALESCE(w, CASE WHEN {leaf()} THEN v END)", SCHEMA),
            "flag": parse_predicate(self.condition(SHAPES, 3), SCHEMA),
            "score": self.card(),
            "other": self.card(),
        }

    def card(self) -> Expr:
        """Write a scorecard."""
        points = [self.chance.choice([-1, 0.5, 1, 2]) for _ in range(self.chance.randint(1, 4))]
        return card([(self.leaf(SHAPES), each) for each in points])


def card(items: list[tuple[str, float]]) -> Expr:
    """Return a scorecard of conditions and points."""
    return tree.Scorecard(tuple((parse_predicate(when, SCHEMA), round(p * 1_000_000)) for when, p in items))


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
        assert [row for row, now in many_rows() if holds(row, now)] == [], [each.node for each in wanted]
    return found.answer


SEEDS = st.integers(0, 2**32 - 1)


@settings(max_examples=12, deadline=None)
@given(SEEDS)
def test_every_answer_is_right_and_given(seed: int) -> None:
    """Conditions over single traits are always decided, one way or the other."""
    author = Author(random.Random(seed))
    for _ in range(14):
        text, derived = author.condition([*SHAPES, *THROUGH], author.chance.randint(1, 8)), author.derived()
        verdict = author.chance.choice([True, False, None])
        wanted = [Wanted(parse_predicate(text, EVERY), frozenset({verdict}))]
        assert check(Evaluator(derived, ABSENT), wanted) is not Answer.UNDECIDED, (text, verdict, derived)


@settings(max_examples=12, deadline=None)
@given(SEEDS)
def test_no_answer_is_wrong_where_some_of_it_cannot_be_followed(seed: int) -> None:
    """Several conditions at once, some of them beyond region analysis."""
    author = Author(random.Random(seed))
    for _ in range(8):
        wanted = []
        for _ in range(author.chance.randint(1, 3)):
            text = author.condition([*SHAPES, *THROUGH, *HARD, *HARD], author.chance.randint(1, 4))
            verdicts = frozenset(author.chance.sample([True, False, None], author.chance.randint(1, 2)))
            wanted.append(Wanted(parse_predicate(text, EVERY), verdicts))
        check(Evaluator(author.derived(), ABSENT), wanted)


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


@pytest.mark.parametrize(
    "text", ["LOWER(t) <> t", "ABS(a) <> a", "a * a = 2", "x <> x * 1", "t LIKE 'a%' AND u > t"]
)
def test_what_cannot_be_followed_is_not_called_impossible(text: str) -> None:
    """A trait against itself or another, and arithmetic: the constants do not cut it."""
    assert possible(parse_predicate(text, SCHEMA), True, {}, ABSENT).answer is not Answer.NO


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
