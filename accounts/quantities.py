"""A figure as people write it -> one exact number: "3,167 (average, 2021)", "US$ 1.2bn", "~5000", "1.5M".

What is not one number stays unread: a range, a bound ("10,001+"), several figures, words that are not
understood. What stands in brackets qualifies the figure before it: a period says when it was true,
another amount is the same figure in another currency.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache

from segue.accounts.currencies import CURRENCY, currencies_of
from segue.accounts.dates import read_period
from segue.accounts.numerals import NUMERAL, DecimalMark, NumeralFault, decimal_evidence, read_numeral
from segue.accounts.quantity_words import APPROXIMATE, BOUNDS, NEGATIVE, QUALIFIERS, SCALES


class QuantityFault(StrEnum):
    """Why a text gave no figures."""

    UNREADABLE = "unreadable"
    AMBIGUOUS = "ambiguous"
    RANGE = "range"
    BOUND = "bound"


@dataclass(frozen=True, slots=True)
class Figure:
    """One number in a text, with the currencies that it may be in (empty when none is named)."""

    amount: Decimal
    currencies: frozenset[str] = frozenset()
    percent: bool = False
    period: date | None = None
    """The last day of the period that the text says it is of."""


_TOKEN = re.compile(
    rf"(?P<bracket>[(\[][^()\[\]]*(?:[(\[][^()\[\]]*[)\]][^()\[\]]*)*(?:[)\]]|$))"
    rf"|(?P<currency>{CURRENCY})|(?P<number>{NUMERAL})|(?P<word>[^\W\d_]+(?:['’][^\W\d_]+)*\.?)"
    r"|(?P<dash>[-–—−‐‑])|(?P<mark>[~≈≃<>≤≥+%])|(?P<space>(?:[\s,;:]|\.(?!\d))+)|(?P<other>.)",
    re.S,
)
_AS_OF = re.compile(
    r"(?:[,;–—-]\s*)?\b(?:as (?:of|at)|in|during|at|by|end(?: of)?|for|FY|fiscal(?: year)?)\b"
    r"(?=[^()\[\]]*(?:19|20)\d{2})[^()\[\]]*$",
    re.I,
)
_PLAIN = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?")
_ACCOUNTING = re.compile(r"\(([^()A-Za-z]*\d[^()A-Za-z]*)\)")


@lru_cache(maxsize=16_384)
def read_figures(
    text: str, mark: DecimalMark, unit: str = "", *, whole: bool = False
) -> tuple[Figure, ...] | QuantityFault:
    """Return every figure that a text states, in order, those in brackets last; or why it states none.

    `unit` is a word that may follow a number ("seats"); `whole` says that a whole number is expected.
    A number in round brackets alone is negative, as in accounts.
    """
    text = text.strip()
    if (
        _PLAIN.fullmatch(text)
        and (mark is DecimalMark.UNSETTLED or "." not in text)
        and not (whole and "." in text)
    ):
        return (Figure(Decimal(text)),)
    accounting = _ACCOUNTING.fullmatch(text)
    text = f"-{accounting[1].strip()}" if accounting else _AS_OF.sub(lambda found: f"({found[0]})", text)
    scan = _Scan(mark, spelled_unit=unit.casefold(), whole=whole)
    for kind, token, scaled in _tokens(text):
        fault = scan.take(kind, token, scaled=scaled)
        if fault is not None:
            return fault
    return scan.finish()


def figure_marks(text: str, *, whole: bool = False) -> list[DecimalMark]:
    """Return what the numerals of a text prove about its column's decimal mark; brackets prove nothing."""
    numerals = [(token, scaled) for kind, token, scaled in _tokens(text) if kind == "number"]
    proved = [decimal_evidence(token, whole=whole and not scaled) for token, scaled in numerals]
    return [mark for mark in proved if mark is not None]


def _tokens(text: str) -> Iterator[tuple[str, str, bool]]:
    """The tokens of a text without spaces: kind, text, and whether a word such as "million" follows."""
    found = [(str(token.lastgroup), token[0]) for token in _TOKEN.finditer(text)]
    found = [token for token in found if token[0] != "space"]
    for place, (kind, token) in enumerate(found):
        after = found[place + 1] if place + 1 < len(found) else ("", "")
        yield kind, token, after[0] == "word" and _scale(after[1]) is not None


def _scale(word: str) -> Decimal | None:
    bare = word.rstrip(".")
    return SCALES.get(bare) or SCALES.get(bare.casefold())


class _Scan:
    """One pass over the tokens of a text, from left to right."""

    def __init__(self, mark: DecimalMark, *, spelled_unit: str, whole: bool) -> None:
        self.mark, self.whole = mark, whole
        self.unit = spelled_unit
        self.figures: list[Figure] = []
        self.inner: list[Figure] = []
        self.before: frozenset[str] = frozenset()
        self.negative = False
        self.open = False
        """True while scales, currencies and units may still belong to the last figure."""
        self.dashed = False

    def take(self, kind: str, text: str, *, scaled: bool) -> QuantityFault | None:
        """Read one token; return a fault that ends the pass, or None."""
        if kind == "number":
            return self._number(text, scaled=scaled)
        if kind == "mark":
            return self._mark(text)
        if kind == "dash":
            doubled = self.negative or self.dashed
            self.negative, self.dashed = not self.open, self.open
            return QuantityFault.UNREADABLE if doubled else None
        if kind == "other":
            return QuantityFault.UNREADABLE
        reader = {"currency": self._currency, "word": self._word, "bracket": self._bracket}
        return reader[kind](text)

    def finish(self) -> tuple[Figure, ...] | QuantityFault:
        """Return the figures found, once the text has ended."""
        if not self.figures or self.negative or self.dashed or self.before:
            return QuantityFault.UNREADABLE
        return (*self.figures, *self.inner)

    def _number(self, text: str, *, scaled: bool) -> QuantityFault | None:
        if self.dashed:
            return QuantityFault.RANGE
        found = read_numeral(text, self.mark, whole=self.whole and not scaled)
        if isinstance(found, NumeralFault):
            return QuantityFault(found.value)
        self.figures.append(Figure(-found if self.negative else found, self.before))
        self.before, self.negative, self.open = frozenset(), False, True
        return None

    def _currency(self, text: str) -> QuantityFault | None:
        found = currencies_of(text)
        if self.open and not self.before:
            last = self.figures[-1]
            merged = last.currencies & found if last.currencies else found
            if merged:
                self.figures[-1] = replace(last, currencies=merged)
                return None
        merged = self.before & found if self.before else found
        self.before, self.open = merged, False
        return None if merged else QuantityFault.UNREADABLE

    def _mark(self, text: str) -> QuantityFault | None:
        if text in "~≈≃" or (text == "+" and not self.open):
            return None
        if text == "%" and self.open:
            self.figures[-1] = replace(self.figures[-1], percent=True)
            return None
        return QuantityFault.UNREADABLE if text == "%" else QuantityFault.BOUND

    def _word(self, text: str) -> QuantityFault | None:
        word = text.rstrip(".").casefold()
        if self.open and (scale := _scale(text)) is not None:
            self.figures[-1] = replace(self.figures[-1], amount=self.figures[-1].amount * scale)
            return None
        if word in BOUNDS:
            return QuantityFault.RANGE if self.open and word in ("to", "bis") else QuantityFault.BOUND
        if word in NEGATIVE and not self.open:
            self.negative = True
            return None
        self.dashed = False
        known = word in QUALIFIERS or word in APPROXIMATE or (self.unit and word in self.unit)
        return None if known else QuantityFault.UNREADABLE

    def _bracket(self, text: str) -> QuantityFault | None:
        content = text.strip("()[] ")
        self.dashed = False
        period = read_period(content)
        rest = period[1] if period else content
        if period:
            self._date(period[0])
        self.open = self.open and not period
        if not any(character.isdigit() for character in rest):
            scaled = any(
                len(word) > 2 and _scale(word) is not None for word in re.findall(r"[^\W\d_]+", rest)
            )
            return QuantityFault.UNREADABLE if scaled or "%" in rest else None
        found = read_figures(rest.strip(" ,;:"), self.mark, self.unit, whole=self.whole)
        if isinstance(found, QuantityFault):
            return found if found is not QuantityFault.RANGE else QuantityFault.UNREADABLE
        self.inner += [replace(figure, period=period[0]) if period else figure for figure in found]
        return None

    def _date(self, day: date) -> None:
        """Give a period to the last figure outside brackets, and to those inside, that have none."""
        if self.figures and self.figures[-1].period is None:
            self.figures[-1] = replace(self.figures[-1], period=day)
        self.inner = [replace(figure, period=figure.period or day) for figure in self.inner]
