"""What one cell gave: a typed value, nothing, or the reason why it could not be read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from segue.accounts.dates import DateOrder
from segue.accounts.numerals import DecimalMark
from segue.policies.language.types import Value


class Fault(StrEnum):
    """Why a cell gave no value, or not all of it. Append, never rename: reports are matched on these."""

    UNREADABLE = "unreadable"
    AMBIGUOUS = "ambiguous"
    RANGE = "range"
    BOUND = "bound"
    SEVERAL = "several"
    NOT_WHOLE = "not_whole"
    NOT_FINITE = "not_finite"
    OUT_OF_BOUNDS = "out_of_bounds"
    OTHER_CURRENCY = "other_currency"
    PERIOD = "period"
    UNKNOWN_SPELLING = "unknown_spelling"
    REFUSED_TEXT = "refused_text"
    NOT_A_DOMAIN = "not_a_domain"
    PLATFORM = "platform"
    FREE_MAIL = "free_mail"
    DISPOSABLE = "disposable"
    CONFLICT = "conflict"


class Reading(NamedTuple):
    """A cell, read. Without value and fault, the cell states nothing.

    `as_of` is when the value was true, where the text says so. A list may carry both a value and
    UNKNOWN_SPELLING, then `detail` names the items that no spelling knows.
    """

    value: Value = None
    as_of: datetime | None = None
    fault: Fault | None = None
    detail: str | None = None


ABSENT = Reading()


@dataclass(frozen=True, slots=True)
class Conventions:
    """How one column writes what a single cell leaves open, as the rest of the column settles it."""

    mark: DecimalMark = DecimalMark.UNSETTLED
    order: DateOrder = DateOrder.UNSETTLED


@dataclass(frozen=True, slots=True)
class Rates:
    """Exchange rates that the user vouches for: `EURUSD: 1.08` makes one euro 1.08 dollars.

    None are shipped: a rate has a date, and a figure from 2014 at today's rate is a guess.
    """

    pairs: Mapping[str, float] = field(default_factory=dict)

    def find(self, currency: str, into: str) -> float | None:
        """Return what one unit of a currency is worth in another, or None when no rate was given."""
        return self.pairs.get(currency + into)
