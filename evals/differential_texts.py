"""Random texts of values: the operands that conditions compare."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from random import Random

from segue.evals.differential_values import INSTANTS, Pools
from segue.policies.language.text import quote

Write = Callable[[], str]


class ValueTexts:
    """Writes values; `ConditionTexts` completes it. `depth` is how many levels may still be opened."""

    def __init__(self, random: Random, pools: Pools) -> None:
        self.random = random
        self.pools = pools
        self.scores = True

    def condition(self, depth: int) -> str:
        """Return a condition, in parentheses where it has operators of its own."""
        raise NotImplementedError

    def _pick(self, *options: Write) -> str:
        return self.random.choice(options)()

    def _one(self, *words: str) -> str:
        return self.random.choice(words)

    def _not(self) -> str:
        return self._one("", "", "NOT ")

    def _list(self, write: Write, least: int, most: int) -> str:
        return ", ".join(write() for _ in range(self.random.randint(least, most)))

    def _case(self, value: Write, depth: int) -> str:
        whens = " ".join(
            f"WHEN {self.condition(depth)} THEN {value()}" for _ in range(self.random.randint(1, 2))
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
        if depth <= 0 or self.random.random() < 0.3:
            name = self._one("industry", "city", "account_tiers.segment")
            return self._one(name, name, self._quoted(), self._one("NULL", name))
        text = partial(self._text, depth - 1)
        return self._pick(
            lambda: f"{self._one('LOWER', 'upper')}({text()})",
            lambda: f"COALESCE({self._list(text, 1, 3)})",
            lambda: f"NULLIF({text()}, {text()})",
            lambda: self._case(text, depth - 1),
        )

    def _whole(self, depth: int) -> str:
        if depth <= 0 or self.random.random() < 0.4:
            name = self._one("employees", "visits")
            return self._one(
                name, name, str(self.random.choice(self.pools.integers)), self._one("NULL", name)
            )
        whole = partial(self._whole, depth - 1)
        return self._pick(
            lambda: f"COALESCE({self._list(whole, 1, 3)})",
            lambda: f"NULLIF({whole()}, {self._one(whole(), self.number(0))})",
            lambda: self._case(whole, depth - 1),
        )

    def number(self, depth: int) -> str:
        """Return a number, in parentheses where it has operators of its own."""
        if depth <= 0 or self.random.random() < 0.2:
            name = self._one("revenue", "growth", "employees")
            return self._one(name, name, self._decimal(), self._whole(0))
        number = partial(self.number, depth - 1)
        return self._pick(
            *[lambda: f"({number()} {self._one('+', '-', '*', '/')} {number()})"] * 6,
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
        if depth <= 0 or self.random.random() < 0.4:
            moment = self.random.choice(INSTANTS)
            name = self._one("renewal_at", "seen_at")
            spelled = self._one(f"TIMESTAMP '{moment.isoformat()}'", f"DATE '{moment.date().isoformat()}'")
            return self._one(name, name, spelled, self._one("NULL", name))
        inner = partial(self._moment, depth - 1)
        return self._pick(
            lambda: f"COALESCE({self._list(inner, 1, 3)})",
            lambda: f"NULLIF({inner()}, {inner()})",
            lambda: self._case(inner, depth - 1),
        )

    def _score(self, depth: int) -> str:
        if depth <= 0 or self.random.random() < 0.3:
            return self._one("fit", "score")
        score = partial(self._score, depth - 1)
        return self._pick(
            lambda: f"({score()} {self._one('+', '-')} {self.number(depth - 1)})",
            lambda: f"({self.number(depth - 1)} {self._one('+', '-')} {score()})",
            lambda: f"({score()} {self._one('+', '-')} {score()})",
            lambda: f"(-{score()})",
        )
