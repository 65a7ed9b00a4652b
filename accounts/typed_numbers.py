"""Cells -> integers, numbers, years and amounts of money."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from decimal import Decimal

from segue.accounts.currencies import CODES
from segue.accounts.numerals import DecimalMark
from segue.accounts.quantities import Figure, QuantityFault, read_figures
from segue.accounts.readings import ABSENT, Conventions, Fault, Rates, Reading
from segue.accounts.texts import clean_text, is_absent
from segue.policies.language.types import MAX_INTEGER, MAX_NUMBER, MIN_NUMBER
from segue.policies.models.traits import Trait

_LONGEST = 1_000
_YEAR = re.compile(r"(?<![\d.,])(?:1[0-9]|20)\d{2}(?![\d.,]\d|\d)")
_NOT_FINITE = re.compile(r"[+-]?(?:nan|inf|infinity|∞)", re.I)
_PLAIN_FRACTION = re.compile(r"-?\d{1,12}\.\d{1,2}", re.ASCII)
_GROUPED = re.compile(r"[1-9]\d{0,2}(?:,\d{3}){1,4}", re.ASCII)
_PERCENT = frozenset({"%", "percent", "per cent", "percentage"})

NumberReader = Callable[[object, str | None], Reading]


def number_reader(
    name: str, trait: Trait, conventions: Conventions, rates: Rates
) -> tuple[str, NumberReader]:
    """Return what a cell of an integer or number trait should be, in words, and the reader of its cells.

    Of several figures that carry different periods, the latest is taken. An amount in another
    currency than the trait's unit is never equated with it: it is converted at a rate that the user
    gave, or stays unknown. A bare "$" counts as the unit where that is a dollar, a bare amount always.
    An integer with a unit counts things and is not negative.
    """
    unit = trait.unit or ""
    whole = trait.type == "integer"
    if whole and (unit.casefold() in ("year", "years") or name == "year" or name.endswith("_year")):
        return "a year between 1000 and 2099", lambda cell, _: _year(cell)
    money = unit if unit in CODES else None
    kind = "a whole number" if whole else "a number"
    expected = f"an amount in {money}" if money else f"{kind} of {unit}" if unit else kind
    grouped = conventions.mark in (DecimalMark.UNSETTLED, DecimalMark.POINT)

    def read(cell: object, currency: str | None) -> Reading:
        if isinstance(cell, str) and currency is None:
            plain = _plain(cell, grouped, whole=whole)
            if plain is not None:
                return Reading(plain)
        figures = _figures(cell, conventions, "" if money else unit, whole=whole)
        if isinstance(figures, Reading):
            return figures
        if money:
            return _amount(figures, money, currency, rates, whole=whole)
        return _count(figures, unit, whole=whole)

    return expected, read


def _count(figures: Sequence[Figure], unit: str, *, whole: bool) -> Reading:
    """A number that is no money: what is counted in a unit, or a bare number."""
    percent = unit.casefold() in _PERCENT
    if any(figure.currencies or (figure.percent and not percent) for figure in figures):
        return Reading(fault=Fault.UNREADABLE)
    chosen = _latest(figures)
    if isinstance(chosen, Reading):
        return chosen
    return _finished(chosen, chosen.amount, whole=whole, least=0 if whole and unit else None)


def _plain(text: str, grouped: bool, *, whole: bool) -> int | float | None:
    """The number of a text that needs no reading, at little cost; `grouped` lets commas part thousands."""
    if grouped and _GROUPED.fullmatch(text):
        text = text.replace(",", "")
    if text.isdigit() and text.isascii() and len(text) <= 15:
        return int(text) if whole else float(text)
    return float(text) if not whole and _PLAIN_FRACTION.fullmatch(text) else None


def _figures(
    cell: object, conventions: Conventions, unit: str, *, whole: bool
) -> tuple[Figure, ...] | Reading:
    if isinstance(cell, int | float | Decimal) and not isinstance(cell, bool):
        if not _is_finite(cell):
            return Reading(fault=Fault.NOT_FINITE)
        return (Figure(Decimal(repr(cell) if isinstance(cell, float) else cell)),)
    text = clean_text(cell) if isinstance(cell, str) else None
    if text is None:
        return Reading(fault=Fault.REFUSED_TEXT if isinstance(cell, str) else Fault.UNREADABLE)
    if is_absent(text):
        return ABSENT
    if _NOT_FINITE.fullmatch(text):
        return Reading(fault=Fault.NOT_FINITE)
    found = (
        QuantityFault.UNREADABLE
        if len(text) > _LONGEST
        else read_figures(text, conventions.mark, unit, whole=whole)
    )
    return Reading(fault=Fault(found.value)) if isinstance(found, QuantityFault) else found


def _amount(
    figures: Sequence[Figure], money: str, currency: str | None, rates: Rates, *, whole: bool
) -> Reading:
    """The amount in the trait's currency, or one converted at a given rate."""
    if any(figure.percent for figure in figures):
        return Reading(fault=Fault.UNREADABLE)
    stated = frozenset({currency or money})
    named = [(figure, figure.currencies or stated) for figure in figures]
    own = [figure for figure, codes in named if money in codes]
    if own:
        chosen = _latest(own)
        return chosen if isinstance(chosen, Reading) else _finished(chosen, chosen.amount, whole=whole)
    found: list[Reading] = []
    for figure, codes in named:
        rate = rates.find(next(iter(codes)), money) if len(codes) == 1 else None
        if rate is not None:
            detail = f"converted at {next(iter(codes))}{money} {rate:g}"
            converted = round(figure.amount * Decimal(repr(rate)), 2)
            found.append(_finished(figure, converted, whole=False)._replace(detail=detail))
    shown = "; ".join(" or ".join(sorted(codes)[:3]) for _, codes in named)
    return found[0] if len(found) == 1 else Reading(fault=Fault.OTHER_CURRENCY, detail=shown)


def _latest(figures: Sequence[Figure]) -> Figure | Reading:
    """The one figure, or of several that each carry a period the latest; anything else is SEVERAL."""
    if len({figure.amount for figure in figures}) == 1:
        return figures[0]
    dated = sorted(
        (figure.period, place) for place, figure in enumerate(figures) if figure.period is not None
    )
    if len(dated) < len(figures) or dated[-1][0] == dated[-2][0]:
        return Reading(fault=Fault.SEVERAL)
    return figures[dated[-1][1]]


def _finished(figure: Figure, amount: Decimal, *, whole: bool, least: int | None = None) -> Reading:
    as_of = None
    if figure.period is not None:
        as_of = datetime(figure.period.year, figure.period.month, figure.period.day, tzinfo=UTC)
    if least is not None and amount < least:
        return Reading(fault=Fault.OUT_OF_BOUNDS)
    if not whole:
        tiny = 0 < abs(amount) < Decimal(repr(MIN_NUMBER))
        if tiny or abs(amount) > Decimal(MAX_NUMBER):
            return Reading(fault=Fault.OUT_OF_BOUNDS)
        return Reading(float(amount), as_of)
    if abs(amount) > MAX_INTEGER:
        return Reading(fault=Fault.OUT_OF_BOUNDS)
    if amount != amount.to_integral_value():
        return Reading(fault=Fault.NOT_WHOLE)
    return Reading(int(amount), as_of)


def _is_finite(cell: int | float | Decimal) -> bool:
    return cell.is_finite() if isinstance(cell, Decimal) else math.isfinite(cell)


def _year(cell: object) -> Reading:
    if isinstance(cell, int | float | Decimal) and not isinstance(cell, bool):
        if not _is_finite(cell):
            return Reading(fault=Fault.NOT_FINITE)
        if cell != int(cell):
            return Reading(fault=Fault.NOT_WHOLE)
        cell = str(int(cell))
    text = clean_text(cell) if isinstance(cell, str) else None
    if text is None:
        return Reading(fault=Fault.REFUSED_TEXT if isinstance(cell, str) else Fault.UNREADABLE)
    if is_absent(text):
        return ABSENT
    years = {int(year) for year in _YEAR.findall(text)}
    if len(years) == 1:
        return Reading(years.pop())
    if text.lstrip("-").isdigit():
        return Reading(fault=Fault.OUT_OF_BOUNDS)
    return Reading(fault=Fault.SEVERAL if years else Fault.UNREADABLE)
