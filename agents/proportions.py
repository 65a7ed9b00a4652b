"""Shares of accounts compared: intervals, and the smallest difference that so many accounts could show."""

from __future__ import annotations

from math import sqrt
from statistics import NormalDist

ALPHA = 0.05
"""How often a difference is claimed where there is none."""
POWER = 0.8
"""How often a difference of the smallest size that can be shown is found."""


def wilson(hits: int, count: int, alpha: float = ALPHA) -> tuple[float, float]:
    """Return the interval of a share by Wilson's score; 0 to 1 where nothing was counted.

    Source: Wilson, "Probable inference", 1927.
    """
    if not count:
        return 0.0, 1.0
    z = NormalDist().inv_cdf(1 - alpha / 2)
    share, z2 = hits / count, z * z
    middle = share + z2 / (2 * count)
    reach = z * sqrt(share * (1 - share) / count + z2 / (4 * count * count))
    low, high = (middle - reach) / (1 + z2 / count), (middle + reach) / (1 + z2 / count)
    return max(0.0, low) if hits else 0.0, min(1.0, high) if hits < count else 1.0


def difference(hits: int, count: int, base_hits: int, base_count: int) -> tuple[float, float, float] | None:
    """Return how much a share is above a base share, and the interval of that; None where one of them is of nothing.

    Source: Newcombe, "Interval estimation for the difference between independent proportions", 1998, method 10.
    """
    if not count or not base_count:
        return None
    share, base = hits / count, base_hits / base_count
    low, high = wilson(hits, count)
    base_low, base_high = wilson(base_hits, base_count)
    found = share - base
    below = sqrt((share - low) ** 2 + (base_high - base) ** 2)
    above = sqrt((high - share) ** 2 + (base - base_low) ** 2)
    return found, found - below, found + above


def smallest_effect(base_hits: int, base_count: int, count: int) -> float | None:
    """Return the smallest difference from a base share that two groups of these sizes show four times in five.

    By the normal approximation for two proportions, two-sided: (z of 1 - alpha/2 + z of power) times the standard
    error at the base share, which is taken as (hits + 1) / (count + 2), so that none so far is not never.
    None where one of the groups is empty.
    """
    if not base_count or not count:
        return None
    normal = NormalDist()
    share = (base_hits + 1) / (base_count + 2)
    error = sqrt(share * (1 - share) * (1 / base_count + 1 / count))
    return (normal.inv_cdf(1 - ALPHA / 2) + normal.inv_cdf(POWER)) * error
