"""What the model may cost a day: reserved before a call, settled after it.

Reserving first keeps concurrent calls from passing the limit together. A call that ends without an
account of its tokens is held to have used what was reserved.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from math import ceil
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Amount:
    """Tokens, and their cost in millionths of the currency that the prices are in."""

    tokens: int = 0
    micros: int = 0

    def __add__(self, other: Amount) -> Amount:
        return Amount(self.tokens + other.tokens, self.micros + other.micros)

    def __sub__(self, other: Amount) -> Amount:
        return Amount(self.tokens - other.tokens, self.micros - other.micros)

    def within(self, limit: Amount) -> bool:
        """Return True when neither number is above the limit's."""
        return self.tokens <= limit.tokens and self.micros <= limit.micros


@dataclass(frozen=True, slots=True)
class Prices:
    """What a million tokens cost."""

    input: float
    output: float

    def amount(self, input_tokens: int, output_tokens: int) -> Amount:
        """Return what a call amounts to, rounded up to a whole millionth."""
        return Amount(
            input_tokens + output_tokens, ceil(input_tokens * self.input + output_tokens * self.output)
        )


class Spending(Protocol):
    """Counts what was spent on each day, in one place for every replica."""

    async def reserve(self, day: date, amount: Amount, limit: Amount) -> bool:
        """Add an amount to a day, unless the day would be above the limit: then return False."""
        ...

    async def settle(self, day: date, reserved: Amount, used: Amount) -> None:
        """Put what was used in the place of what was reserved."""
        ...

    async def spent(self, day: date) -> Amount:
        """Return what a day amounts to so far, reservations included."""
        ...


class SpendingHere:
    """The counter of one process. It begins at nothing, and keeps the last two days."""

    def __init__(self) -> None:
        self._days: dict[date, Amount] = {}

    async def reserve(self, day: date, amount: Amount, limit: Amount) -> bool:
        """Add an amount to a day, unless the day would be above the limit."""
        total = self._days.get(day, Amount()) + amount
        if not total.within(limit):
            return False
        self._days[day] = total
        for past in sorted(self._days)[:-2]:
            del self._days[past]
        return True

    async def settle(self, day: date, reserved: Amount, used: Amount) -> None:
        """Put what was used in the place of what was reserved."""
        if day in self._days:
            self._days[day] = self._days[day] - reserved + used

    async def spent(self, day: date) -> Amount:
        """Return what a day amounts to so far."""
        return self._days.get(day, Amount())


@dataclass(frozen=True, slots=True)
class Allowance:
    """The limit of a day and where it is counted. Days are those of UTC."""

    spending: Spending
    limit: Amount
    prices: Prices
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def today(self) -> date:
        """Return the day that a call counts for."""
        return self.now().astimezone(UTC).date()
