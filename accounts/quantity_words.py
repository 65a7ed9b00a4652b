"""The words that may stand beside a figure, and what each does to it."""

from __future__ import annotations

from decimal import Decimal

from segue.accounts.spelling import words

_THOUSAND, _MILLION, _BILLION, _TRILLION = (Decimal(10) ** power for power in (3, 6, 9, 12))

SCALES: dict[str, Decimal] = {
    **dict.fromkeys(("k", "K", "thousand", "thousands", "tsd", "mille"), _THOUSAND),
    **dict.fromkeys(("m", "M", "mn", "mln", "mm", "MM", "mio", "million", "millions", "millionen"), _MILLION),
    **dict.fromkeys(
        ("b", "B", "bn", "bln", "billion", "billions", "mrd", "milliarde", "milliarden"), _BILLION
    ),
    **dict.fromkeys(("milliard", "milliards", "miljard", "mld"), _BILLION),
    **dict.fromkeys(("tn", "trn", "trillion", "trillions"), _TRILLION),
    **dict.fromkeys(("lakh", "lakhs"), Decimal(10) ** 5),
    **dict.fromkeys(("crore", "crores", "cr"), Decimal(10) ** 7),
}
"""What a word after a number multiplies it by. M is a million, never the accountant's thousand; a
billion is the English one. T (thousand in German accounts, trillion in English), mil (thousand in
Spanish) and Billionen are left out: they would be guesses."""

APPROXIMATE = words("about approx approximately around c ca circa roughly est estimated some")
"""Words that say a figure is rounded. It is taken as it stands."""

BOUNDS = words(
    """over under above below more less fewer greater than least most minimum maximum min max up upto to bis
    plus"""
)
"""Words that make a figure one end of something, so that it is no number."""

NEGATIVE = frozenset({"negative", "minus"})

QUALIFIERS = words(
    """employee employees people persons person staff worker workers headcount heads colleagues associates
    fte ftes full time fulltime equivalent equivalents worldwide globally global total group consolidated
    net sales revenue revenues turnover annual annually average year years fiscal fy as of in at on end the
    and mitarbeiter mitarbeitende beschäftigte employés salariés empleados dipendenti medewerkers umsatz"""
)
"""Words that do not change which number a figure is."""
