"""Digits with separators -> an exact decimal, and what a column says about its decimal mark.

"1,234" is 1234 in New York and 1.234 in Berlin. One cell cannot tell; the rest of its column mostly can.
"""

from __future__ import annotations

import re
from decimal import Decimal
from enum import StrEnum


class DecimalMark(StrEnum):
    """What a column's other cells say about the mark that divides its whole part from its fraction."""

    UNSETTLED = "unsettled"
    POINT = "point"
    COMMA = "comma"
    CONTRADICTED = "contradicted"


class NumeralFault(StrEnum):
    """Why digits with separators gave no number."""

    UNREADABLE = "unreadable"
    AMBIGUOUS = "ambiguous"


NUMERAL = r"(?:\d(?:[\d.,'’]|[ \u00a0\u2009\u202f](?=\d{3}(?!\d)))*|\.\d+)(?:[eE][+-]?\d{1,3}(?![\w]))?"
"""A regular expression for one numeral: digits, separators inside, perhaps an exponent."""

_SPACES = re.compile(r"[ \u00a0\u2009\u202f’']")
_PLAIN = re.compile(r"(?:\d+|\d*\.\d+)(?:[eE][+-]?\d{1,3})?")
_SPACED = re.compile(r"\d{1,3}(?:'\d{3})+(?:[.,]\d+)?")
_GROUPED = {
    mark: re.compile(rf"\d{{1,3}}(?:\{mark}\d{{3}})+|\d{{1,2}}(?:\{mark}\d{{2}})+\{mark}\d{{3}}")
    for mark in ",."
}
_DOUBTFUL = re.compile(r"[1-9]\d{0,2}[.,]\d{3}")


def read_numeral(text: str, mark: DecimalMark, *, whole: bool = False) -> Decimal | NumeralFault:
    """Return the number that a numeral without a sign stands for.

    Groups of three are parted by a comma, a point, a space or an apostrophe, or Indian style
    (12,34,567). With both a comma and a point, the last one is the decimal mark. What one separator
    before exactly three digits means is up to `mark`. Unsettled, a comma groups and a point is a decimal
    mark; contradicted, both are ambiguous. Where a whole number is expected and `mark` settles nothing,
    either groups, since "3.167" would be none; only "3.000" is ambiguous.
    """
    text = _SPACES.sub("'", text).rstrip(".,'")
    if text.isascii() and text.isdigit():
        return Decimal(text)
    if not text.isascii():
        return NumeralFault.UNREADABLE
    if _DOUBTFUL.fullmatch(text):
        return _doubtful(text, mark, whole=whole)
    if _PLAIN.fullmatch(text):
        return Decimal(text)
    if "'" in text:
        if not _SPACED.fullmatch(text):
            return NumeralFault.UNREADABLE
        return Decimal(text.replace("'", "").replace(",", "."))
    return _separated(text)


def decimal_evidence(text: str, *, whole: bool = False) -> DecimalMark | None:
    """Return the decimal mark that this numeral alone proves, or None when it proves nothing.

    Where whole numbers are expected, "3,167" proves that the comma groups and "3.167" that the point
    does; "3.000" still proves nothing, it may be a three with decimals.
    """
    text = _SPACES.sub("'", text).rstrip(".,'")
    comma, point = text.rfind(","), text.rfind(".")
    if (
        comma < 0
        and 0 < point < len(text) - 1
        and len(text) - point != 4
        and text.replace(".", "", 1).isdigit()
    ):
        return DecimalMark.POINT
    if (comma < 0 and point < 0) or "e" in text.lower():
        return None
    if _DOUBTFUL.fullmatch(text):
        if not whole or text.endswith("000"):
            return None
        return DecimalMark.POINT if comma > 0 else DecimalMark.COMMA
    if isinstance(read_numeral(text, DecimalMark.UNSETTLED), NumeralFault):
        return None
    last = "," if comma > point else "."
    if text.count(last) > 1:
        return DecimalMark.POINT if last == "," else DecimalMark.COMMA
    return DecimalMark.COMMA if last == "," else DecimalMark.POINT


def _doubtful(text: str, mark: DecimalMark, *, whole: bool) -> Decimal | NumeralFault:
    settled = mark in (DecimalMark.POINT, DecimalMark.COMMA)
    if whole and not settled:
        doubtful = "." in text and text.endswith("000")
        return NumeralFault.AMBIGUOUS if doubtful else Decimal(text.replace(",", "").replace(".", ""))
    if mark is DecimalMark.CONTRADICTED:
        return NumeralFault.AMBIGUOUS
    if mark is DecimalMark.UNSETTLED and "." in text:
        return Decimal(text)
    decimal = "," if mark is DecimalMark.COMMA else "."
    return Decimal(text.replace(",", ".") if decimal in text else text.replace(",", "").replace(".", ""))


def _separated(text: str) -> Decimal | NumeralFault:
    comma, point = text.rfind(","), text.rfind(".")
    last, other = (",", ".") if comma > point else (".", ",")
    whole, _, fraction = text.rpartition(last)
    if text.count(last) > 1 and other not in text:
        grouped = _GROUPED[last].fullmatch(text)
        return Decimal(text.replace(last, "")) if grouped else NumeralFault.UNREADABLE
    if text.count(last) != 1 or not fraction.isdigit():
        return NumeralFault.UNREADABLE
    if other in whole:
        if not _GROUPED[other].fullmatch(whole):
            return NumeralFault.UNREADABLE
        whole = whole.replace(other, "")
    return Decimal(f"{whole}.{fraction}") if whole.isdigit() or not whole else NumeralFault.UNREADABLE
