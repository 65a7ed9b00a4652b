"""A first reading of a file: how each column writes its dates and numbers, and how many rows there are.

What one cell leaves open (03/04/2025, "1.234") the other cells of its column mostly settle. A file is
therefore read twice: once to find out, once to type its values.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TypeVar

from segue.accounts.dates import DateOrder, order_evidence
from segue.accounts.numerals import DecimalMark, decimal_evidence
from segue.accounts.quantities import figure_marks
from segue.accounts.reading import Source
from segue.accounts.readings import Conventions

DECIDES = 0.99
"""The share of the telling cells that must agree: one mistyped date does not make a column unreadable."""

_LONGEST = 200
_NUMERAL_ALONE = re.compile(r"\d[\d.,]*", re.ASCII)
_T = TypeVar("_T", DecimalMark, DateOrder)


@dataclass(frozen=True, slots=True)
class Survey:
    """What the first reading found."""

    rows: int
    """Rows that hold a record; rejected ones are not counted."""
    conventions: Mapping[int, Conventions]
    """By column index; a column that nobody asked about is not in it."""
    evidence: Mapping[int, Mapping[str, int]]
    """By column index, how many cells tell for which convention. Columns without any are left out."""


def survey(source: Source, numbers: Mapping[int, bool], dates: Collection[int]) -> Survey:
    """Read a file once to find out about its columns of numbers (and whether these are whole) and dates."""
    marks: dict[int, Counter[DecimalMark]] = {index: Counter() for index in numbers}
    orders: dict[int, Counter[DateOrder]] = {index: Counter() for index in dates}
    rows = 0
    for batch in source.batches():
        rows += len(batch.rows)
        for index, mark_counts in marks.items():
            for cell in batch.column(index):
                if isinstance(cell, str) and ("," in cell or "." in cell) and len(cell) < _LONGEST:
                    _count_marks(cell, mark_counts, whole=numbers[index])
        for index, order_counts in orders.items():
            texts = [
                cell
                for cell in batch.column(index)
                if isinstance(cell, str) and cell and len(cell) < _LONGEST
            ]
            order_counts.update(order for text in texts if (order := order_evidence(text)) is not None)
    return Survey(rows, _conventions(marks, orders), _evidence(marks, orders))


def _count_marks(cell: str, counts: Counter[DecimalMark], *, whole: bool) -> None:
    if _NUMERAL_ALONE.fullmatch(cell):
        mark = decimal_evidence(cell, whole=whole)
        counts.update(() if mark is None else (mark,))
    else:
        counts.update(figure_marks(cell, whole=whole))


def _conventions(
    marks: Mapping[int, Counter[DecimalMark]], orders: Mapping[int, Counter[DateOrder]]
) -> dict[int, Conventions]:
    found: dict[int, Conventions] = {}
    for index in {*marks, *orders}:
        mark = _settled(marks.get(index, Counter()), DecimalMark.UNSETTLED, DecimalMark.CONTRADICTED)
        order = _settled(orders.get(index, Counter()), DateOrder.UNSETTLED, DateOrder.CONTRADICTED)
        found[index] = Conventions(mark, order)
    return found


def _settled(counts: Counter[_T], unsettled: _T, contradicted: _T) -> _T:
    if not counts:
        return unsettled
    winner, agreeing = counts.most_common(1)[0]
    return winner if agreeing >= DECIDES * counts.total() else contradicted


def _evidence(
    marks: Mapping[int, Counter[DecimalMark]], orders: Mapping[int, Counter[DateOrder]]
) -> dict[int, dict[str, int]]:
    found = {index: {key.value: count for key, count in counts.items()} for index, counts in marks.items()}
    found |= {index: {key.value: count for key, count in counts.items()} for index, counts in orders.items()}
    return {index: counts for index, counts in found.items() if counts}
