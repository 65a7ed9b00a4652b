"""Random predicates for differential runs: texts of every construct the language has.

A case is a text, its tree, and the tree with its scorecard written out. The texts are written freely
and checked by the parser; one that it refuses, for arithmetic that could overflow, is drawn again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

from segue.evals.differential_values import (
    INSTANTS,
    OFFSETS,
    POINTS,
    SCHEMA,
    Pools,
)  # fmt: skip
from segue.policies.language import PredicateError
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
    writer = _Texts(random, pools or Pools())
    scorecard = Scorecard(
        tuple(
            (_parsed(lambda: writer.condition(1, scores=False)), random.choice(points))
            for points in (random.choice(POINTS),)
            for _ in range(random.randint(1, 4))
        )
    )
    texts: list[str] = []

    def write() -> str:
        texts.append(writer.condition(random.choice((0, 1, 1, 2, 2, 3))))
        return texts[-1]

    node = _parsed(write)
    whole = rebuild(
        node, lambda each: scorecard if isinstance(each, Trait) and each.name == "score" else each
    )
    return Case(texts[-1], node, scorecard, whole)


def _parsed(write: Callable[[], str]) -> Expr:
    refusals: list[PredicateError] = []
    while len(refusals) < MAX_TRIES:
        text = write()
        try:
            return parse_predicate(text, SCHEMA)
        except PredicateError as error:
            refusals.append(error)
    raise RuntimeError(f"no readable predicate in {MAX_TRIES} tries; the last: {refusals[-1]}\n{text}")


class _Texts:
    """Writes texts. `depth` is how many levels of operators may still be opened."""

    def __init__(self, random: Random, pools: Pools) -> None:
        self.random = random
        self.pools = pools
        self.scores = True

    def condition(self, depth: int, *, scores: bool = True) -> str:
        """Return a condition, in parentheses where it has operators of its own."""
        self.scores = scores
        return self._condition(depth)

    def _pick(self, *options: Callable[[], str]) -> str:
        return self.random.choice(options)()

    def _one(self, *words: str) -> str:
        return self.random.choice(words)

    def _not(self) -> str:
        return self._one("", "", "NOT ")

    # Conditions

    def _condition(self, depth: int) -> str:
        if depth <= 0:
            return self._leaf()
        inner = depth - 1
        return self._pick(
            lambda: self._chain("AND", inner),
            lambda: self._chain("OR", inner),
            lambda: f"(NOT {self._condition(inner)})",
            lambda: f"({self._condition(inner)} IS {self._not()}{self._one('TRUE', 'FALSE', 'NULL')})",
            lambda: f"({self._condition(inner)} {self._one('=', '<>')} {self._condition(inner)})",
            lambda: f"({self._condition(inner)} IS {self._not()}DISTINCT FROM {self._condition(inner)})",
            lambda: self._case(lambda: self._condition(inner), inner),
            lambda: f"COALESCE({self._list(lambda: self._condition(inner), 1, 3)})",
            lambda: self._about_values(inner),
            lambda: self._about_values(inner),
            lambda: self._about_values(inner),
        )

    def _chain(self, word: str, depth: int) -> str:
        return f"({f' {word} '.join(self._condition(depth) for _ in range(self.random.randint(2, 4)))})"

    def _leaf(self) -> str:
        return self._pick(
            lambda: self._one("is_customer", "consent", "TRUE", "FALSE", "NULL", "is_customer", "consent"),
            lambda: (
                f"(is_customer {self._not()}IN ({self._list(lambda: self._one('TRUE', 'NULL', 'consent'), 1, 3)}))"
            ),
            *[lambda: self._about_values(0)] * 6,
        )

    def _about_values(self, depth: int) -> str:
        return self._pick(
            lambda: self._about(lambda: self._text(depth), _COMPARE),
            lambda: self._about(lambda: self._number(depth), _COMPARE),
            lambda: self._about(lambda: self._whole(depth), _COMPARE),
            lambda: self._about(lambda: self._moment(depth), _COMPARE),
            lambda: self._match(depth),
            lambda: self._match(depth),
            lambda: self._about_scores(depth),
            self._about_lists,
            self._about_now,
        )

    def _about(self, value: Callable[[], str], operators: Sequence[str]) -> str:
        return self._pick(
            lambda: f"({value()} {self._one(*operators)} {value()})",
            lambda: f"({value()} {self._one(*operators)} {value()})",
            lambda: f"({value()} {self._not()}BETWEEN {value()} AND {value()})",
            lambda: f"({value()} {self._not()}IN ({self._list(value, 1, 4)}))",
            lambda: f"({value()} {self._not()}IN ({self._list(value, 9, 14)}))",
            lambda: f"({value()} IS {self._not()}NULL)",
            lambda: f"({value()} IS {self._not()}DISTINCT FROM {value()})",
        )

    def _about_scores(self, depth: int) -> str:
        if not self.scores:
            return self._about(lambda: self._number(depth), _COMPARE)
        names, score = ("fit", "score"), lambda: self._score(depth)
        other = self._one("number", "score")
        value = score if other == "score" else lambda: self._number(depth)
        return self._pick(
            lambda: f"({self._one(*names)} {self._one(*_COMPARE)} {self._end()})",
            lambda: f"({score()} {self._one(*_COMPARE)} {value()})",
            lambda: f"({value()} {self._one(*_COMPARE)} {score()})",
            lambda: f"({score()} {self._not()}BETWEEN {value()} AND {value()})",
            lambda: f"({score()} {self._not()}IN ({self._list(value, 1, 3)}))",
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
        escape = self._one("", "", "\\", "!", "#", "a", "'")
        pattern = "".join(self._piece(escape) for _ in range(self.random.randint(0, 5)))
        clause = f" ESCAPE {quote(escape)}" if escape else ""
        return f"({self._text(depth)} {self._not()}{self._one('LIKE', 'ILIKE')} {quote(pattern)}{clause})"

    def _piece(self, escape: str) -> str:
        wild = self._one("%", "_", "%", "_", "%%")
        if self.random.random() < 0.4:
            return wild
        text = self.random.choice(self.pools.texts)
        if not escape:
            return text
        return "".join(escape + mark if mark in ("%", "_", escape) else mark for mark in text)

    # Values

    def _list(self, write: Callable[[], str], least: int, most: int) -> str:
        return ", ".join(write() for _ in range(self.random.randint(least, most)))

    def _case(self, value: Callable[[], str], depth: int) -> str:
        whens = " ".join(
            f"WHEN {self._condition(depth)} THEN {value()}" for _ in range(self.random.randint(1, 2))
        )
        simple = f"CASE industry WHEN {self._text(0)} THEN {value()} WHEN {self._quoted()} THEN {value()}"
        head = f"CASE {whens}" if self.random.random() < 0.7 else simple
        return f"{head}{self._one('', ' ELSE ' + value())} END"

    def _quoted(self) -> str:
        return quote(self.random.choice(self.pools.texts))

    def _end(self) -> str:
        return self._one(
            "40", "40.0", "70", "20", "0.3", "0.1", "0", "-20", "60.000001", "10.5", "1e6", "999999.999999"
        )

    def _text(self, depth: int) -> str:
        if depth <= 0 or self.random.random() < 0.5:
            name = self._one("industry", "city", "account_tiers.segment")
            return self._one(name, name, self._quoted(), self._one("NULL", name))
        text = lambda: self._text(depth - 1)  # noqa: E731
        return self._pick(
            lambda: f"{self._one('LOWER', 'upper')}({text()})",
            lambda: f"COALESCE({self._list(text, 1, 3)})",
            lambda: f"NULLIF({text()}, {text()})",
            lambda: self._case(text, depth - 1),
        )

    def _whole(self, depth: int) -> str:
        if depth <= 0 or self.random.random() < 0.6:
            name = self._one("employees", "visits")
            return self._one(
                name, name, str(self.random.choice(self.pools.integers)), self._one("NULL", name)
            )
        whole = lambda: self._whole(depth - 1)  # noqa: E731
        return self._pick(
            lambda: f"COALESCE({self._list(whole, 1, 3)})",
            lambda: f"NULLIF({whole()}, {self._one(whole(), self._number(0))})",
            lambda: self._case(whole, depth - 1),
        )

    def _number(self, depth: int) -> str:
        if depth <= 0 or self.random.random() < 0.4:
            name = self._one("revenue", "growth", "employees")
            return self._one(name, name, self._decimal(), self._whole(0))
        number = lambda: self._number(depth - 1)  # noqa: E731
        return self._pick(
            lambda: f"({number()} {self._one('+', '-', '*', '/')} {number()})",
            lambda: f"({number()} {self._one('+', '-', '*', '/')} {number()})",
            lambda: f"(-{number()})",
            lambda: f"ABS({number()})",
            lambda: f"COALESCE({self._list(number, 1, 3)})",
            lambda: f"NULLIF({number()}, {number()})",
            lambda: self._case(number, depth - 1),
        )

    def _decimal(self) -> str:
        value = self.random.choice(self.pools.numbers)
        plain = f"{value:f}"
        return self._one(repr(value), plain if float(plain) == value else repr(value), f"{value:.17e}")

    def _moment(self, depth: int) -> str:
        if depth <= 0 or self.random.random() < 0.6:
            moment = self.random.choice(INSTANTS)
            name = self._one("renewal_at", "seen_at")
            spelled = self._one(f"TIMESTAMP '{moment.isoformat()}'", f"DATE '{moment.date().isoformat()}'")
            return self._one(name, name, spelled, self._one("NULL", name))
        inner = lambda: self._moment(depth - 1)  # noqa: E731
        return self._pick(
            lambda: f"COALESCE({self._list(inner, 1, 3)})",
            lambda: f"NULLIF({inner()}, {inner()})",
            lambda: self._case(inner, depth - 1),
        )

    def _score(self, depth: int) -> str:
        if depth <= 0 or self.random.random() < 0.5:
            return self._one("fit", "score")
        score = lambda: self._score(depth - 1)  # noqa: E731
        return self._pick(
            lambda: f"({score()} {self._one('+', '-')} {self._number(depth - 1)})",
            lambda: f"({self._number(depth - 1)} {self._one('+', '-')} {score()})",
            lambda: f"({score()} {self._one('+', '-')} {score()})",
            lambda: f"(-{score()})",
        )
