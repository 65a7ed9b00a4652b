"""Random predicates for differential runs: texts of every construct the language has.

A case is a text, its tree, and the tree with its scorecard written out. The texts are written freely
and checked by the parser; one that it refuses, for arithmetic that could overflow, is drawn again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from random import Random

from segue.evals.differential_texts import ValueTexts, Write
from segue.evals.differential_values import OFFSETS, POINTS, SCHEMA, Pools
from segue.policies.language import PredicateError, Type
from segue.policies.language.parse import parse_predicate
from segue.policies.language.text import quote
from segue.policies.language.tree import Expr, Scorecard, Trait, rebuild

MAX_TRIES = 200
_COMPARE = ("=", "<>", "!=", "<", "<=", ">", ">=")


@dataclass(frozen=True)
class Case:
    """One predicate. `score` is a trait in `node` and the scorecard itself in `whole`."""

    text: str
    node: Expr
    scorecard: Scorecard
    whole: Expr


def random_case(random: Random, pools: Pools | None = None) -> Case:
    """Return one predicate over `SCHEMA`.

    Raises:
        RuntimeError: the parser refused 200 texts in a row: the generator has left the language.
    """
    writer = ConditionTexts(random, pools or Pools())
    scorecard = _scorecard(random, writer)
    texts: list[str] = []

    def write() -> str:
        texts.append(writer.condition(random.choice((0, 1, 1, 2, 2, 3))))
        return texts[-1]

    node = _parsed(write)
    whole = rebuild(node, lambda each: scorecard if each == Trait("score", Type.RANGE) else each)
    return Case(texts[-1], node, scorecard, whole)


def random_number(random: Random, pools: Pools | None = None) -> str:
    """Return the text of an expression that gives a number and reads no score."""
    writer = ConditionTexts(random, pools or Pools())
    writer.scores = False
    texts: list[str] = []

    def write() -> str:
        texts.append(writer.number(3))
        return f"{texts[-1]} IS NULL"

    _parsed(write)
    return texts[-1]


def _scorecard(random: Random, writer: ConditionTexts) -> Scorecard:
    """Return one to four items whose conditions read no scores."""
    writer.scores = False
    points = random.choice(POINTS)
    depths = [random.choice((0, 0, 1)) for _ in range(random.randint(1, 4))]
    items = [(_parsed(partial(writer.condition, depth)), random.choice(points)) for depth in depths]
    writer.scores = True
    return Scorecard(tuple(items))


def _parsed(write: Write) -> Expr:
    refusals: list[PredicateError] = []
    text = ""
    while len(refusals) < MAX_TRIES:
        text = write()
        try:
            return parse_predicate(text, SCHEMA)
        except PredicateError as error:
            refusals.append(error)
    raise RuntimeError(f"no readable predicate in {MAX_TRIES} tries; the last: {refusals[-1]}\n{text}")


class ConditionTexts(ValueTexts):
    """Writes conditions of every kind."""

    def condition(self, depth: int) -> str:
        """Return a condition, in parentheses where it has operators of its own."""
        if depth <= 0:
            return self._leaf()
        inner = depth - 1
        return self._pick(
            lambda: self._chain("AND", inner),
            lambda: self._chain("OR", inner),
            lambda: f"(NOT {self.condition(inner)})",
            lambda: f"({self.condition(inner)} IS {self._not()}{self._one('TRUE', 'FALSE', 'NULL')})",
            lambda: f"({self.condition(inner)} {self._one('=', '<>')} {self.condition(inner)})",
            lambda: f"({self.condition(inner)} IS {self._not()}DISTINCT FROM {self.condition(inner)})",
            lambda: self._case(lambda: self.condition(inner), inner),
            lambda: f"COALESCE({self._list(lambda: self.condition(inner), 1, 3)})",
            *[lambda: self._about_values(self.random.choice((0, 1, 1, 2)))] * 4,
        )

    def _chain(self, word: str, depth: int) -> str:
        return f"({f' {word} '.join(self.condition(depth) for _ in range(self.random.randint(2, 4)))})"

    def _leaf(self) -> str:
        return self._pick(
            lambda: self._one("is_customer", "consent", "TRUE", "FALSE", "NULL", "is_customer", "consent"),
            self._among,
            *[lambda: self._about_values(self.random.choice((0, 0, 1)))] * 6,
        )

    def _among(self) -> str:
        items = self._list(lambda: self._one("TRUE", "NULL", "consent"), 1, 3)
        return f"(is_customer {self._not()}IN ({items}))"

    def _about_values(self, depth: int) -> str:
        return self._pick(
            lambda: self._about(self._text, depth),
            lambda: self._about(self.number, depth),
            lambda: self._about(self.number, depth),
            lambda: self._about(self._whole, depth),
            lambda: self._about(self._moment, depth),
            lambda: self._match(depth),
            lambda: self._match(depth),
            lambda: self._about_scores(depth),
            lambda: self._about_scores(depth),
            self._about_lists,
            self._about_now,
            *[self._about_sums] * 2,
        )

    def _about(self, write: Callable[[int], str], depth: int) -> str:
        value, plain = partial(write, depth), partial(write, 0)
        return self._pick(
            *[lambda: f"({value()} {self._one(*_COMPARE)} {value()})"] * 5,
            lambda: f"({value()} {self._not()}BETWEEN {value()} AND {value()})",
            lambda: f"({value()} {self._not()}IN ({self._list(plain, 1, 4)}))",
            lambda: f"({plain()} {self._not()}IN ({self._list(value, 1, 3)}))",
            lambda: f"({value()} {self._not()}IN ({self._list(plain, 9, 14)}))",
            lambda: f"({value()} IS {self._not()}NULL)",
            lambda: f"({value()} IS {self._not()}DISTINCT FROM {value()})",
        )

    def _about_scores(self, depth: int) -> str:
        if not self.scores:
            return self._about(self.number, depth)
        score, number = partial(self._score, min(depth, 1)), partial(self.number, depth)
        other = self.random.choice((partial(self._score, 0), number))
        return self._pick(
            *[lambda: f"({self._score(0)} {self._one(*_COMPARE)} {self._end()})"] * 2,
            lambda: f"({score()} {self._one(*_COMPARE)} {other()})",
            lambda: f"({other()} {self._one(*_COMPARE)} {score()})",
            lambda: f"({score()} {self._not()}BETWEEN {other()} AND {other()})",
            lambda: f"({score()} {self._not()}IN ({self._list(other, 1, 2)}))",
        )

    def _about_sums(self) -> str:
        """Compare arithmetic with what doubles make of it, to the last bit, and divide by nothing."""
        tenths = [each / 10 for each in range(1, 40)]
        left, right = (abs(self.random.choice((*self.pools.numbers, *tenths))) for _ in range(2))
        op = self._one("+", "-", "*", "/")
        nothing = self._one("0", "0.0", "(growth - growth)", "visits")
        found = {"+": left + right, "-": left - right, "*": left * right, "/": left / (right or 1.0)}[op]
        near = f"{left!r} {op} {right or 1.0!r}" if op == "/" else f"{left!r} {op} {right!r}"
        return self._pick(
            *[lambda: f"(({near}) {self._one(*_COMPARE)} {found!r})"] * 2,
            lambda: f"(({self.number(0)} / {nothing}) {self._one(*_COMPARE)} {self.number(0)})",
        )

    def _about_lists(self) -> str:
        name = self._one("tech", "tags")
        return self._pick(
            lambda: f"ARRAY_CONTAINS({name}, {self._quoted()})",
            lambda: f"(NOT ARRAY_CONTAINS({name}, {self._quoted()}))",
            lambda: f"({name} IS {self._not()}NULL)",
        )

    def _about_now(self) -> str:
        amount, unit = self.random.choice(OFFSETS)
        now = self._one("now()", f"now() {self._one('+', '-')} INTERVAL '{amount}' {unit}")
        name = self._one("renewal_at", "seen_at")
        op = self._one(*_COMPARE)
        return self._pick(
            lambda: f"({name} {op} {now})",
            lambda: f"({now} {op} {name})",
            lambda: f"({name} {self._not()}BETWEEN now() AND {now})",
            lambda: f"({name} BETWEEN {now} AND {self._moment(0)})",
        )

    def _match(self, depth: int) -> str:
        escape = self._one("", "\\", "!", "#", "a", "'")
        loose = "".join(self._piece(escape) for _ in range(self.random.randint(0, 5)))
        pattern = self._one(loose, self._near_pattern(escape), self._near_pattern(escape))
        clause = f" ESCAPE {quote(escape)}" if escape else ""
        return f"({self._text(depth)} {self._not()}{self._one('LIKE', 'ILIKE')} {quote(pattern)}{clause})"

    def _near_pattern(self, escape: str) -> str:
        """Return a pattern that some text of the pool matches, or would but for an escape."""
        text, odds = self.random.choice(self.pools.texts), self.random.choice((0.0, 0.0, 0.2, 0.5))
        return "".join(
            self._one("_", "%", f"%{mark}") if self.random.random() < odds else self._kept(mark, escape)
            for mark in text
        )

    def _kept(self, mark: str, escape: str) -> str:
        return escape + mark if escape and mark in ("%", "_", escape) else mark

    def _piece(self, escape: str) -> str:
        wild = self._one("%", "_", "%", "_", "%%")
        if self.random.random() < 0.4:
            return wild
        return "".join(self._kept(mark, escape) for mark in self.random.choice(self.pools.texts))
