"""Who gets the few seats of a ranked list, tier by tier, with hysteresis for those who have one.

Pure: the same candidates and seats give the same list, whatever order they come in.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from segue.policies.models.rank import Rank


class SeatReason(StrEnum):
    """Why an account has its seat, or lost it. Append, never rename."""

    KEPT = "kept"
    """It had this seat, and nobody is far enough ahead of it."""
    FREE_SEAT = "free_seat"
    """It is the best of those without, and a seat was free."""
    AHEAD = "ahead"
    """It took the seat of one that it is ahead of by more than the margin."""
    DISPLACED = "displaced"
    """Another took its seat: it moves down a tier, or off the list."""
    NO_ROOM = "no_room"
    """Its tier has fewer seats than have a claim to one."""
    NOT_ELIGIBLE = "not_eligible"
    """The condition is not true of it any more, or its score is unknown."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """An account that may have a seat. `rank` is 1 for the best of all that may."""

    account_id: str
    score: float
    rank: int


@dataclass(frozen=True, slots=True)
class Seat:
    """A seat of a list."""

    account_id: str
    tier: str
    rank: int
    score: float
    reason: SeatReason = SeatReason.KEPT
    ahead_of: str | None = None
    """Whose seat it took."""


@dataclass(frozen=True, slots=True)
class Seating:
    """A list of seats, the best first, and why those who are not on it any more are not."""

    seats: tuple[Seat, ...]
    lost: Mapping[str, SeatReason]


def ranked(scores: Mapping[str, float]) -> list[Candidate]:
    """Return candidates in order: the highest score first, of equal ones the lower id."""
    ordered = sorted(scores.items(), key=lambda item: (-item[1], item[0]))
    return [Candidate(account, score, place) for place, (account, score) in enumerate(ordered, 1)]


def seat(rank: Rank, candidates: Iterable[Candidate], held: Mapping[str, str]) -> Seating:
    """Return who gets a seat, given the tier that some accounts hold now.

    Tier by tier, the best first. Those who hold this tier or a better one keep their seat; free seats go
    to the best of the others; then the best without takes the seat of the worst with one, as long as it is
    ahead by more than `margin` and that one is more than `keep_within` ranks behind the last seat.
    """
    left = sorted(candidates, key=lambda each: each.rank)
    tiers = list(rank.tiers)
    held_at = {account: tiers.index(tier) for account, tier in held.items() if tier in rank.tiers}
    found: list[Seat] = []
    lost: dict[str, SeatReason] = {}
    last_rank = 0
    for level, (tier, seats) in enumerate(rank.tiers.items()):
        last_rank += seats
        placed = _Tier(tier, seats, last_rank + rank.keep_within, rank.margin)
        claims = {account: at == level for account, at in held_at.items() if at <= level}
        placed.fill(left, claims)
        found += sorted(placed.seats, key=lambda each: each.rank)
        lost.update(placed.lost)
        taken = {each.account_id for each in placed.seats}
        left = [each for each in left if each.account_id not in taken]
    seated = {each.account_id for each in found}
    still = {each.account_id for each in left}
    gone = {
        account: lost.get(account, SeatReason.DISPLACED) if account in still else SeatReason.NOT_ELIGIBLE
        for account in sorted(held)
        if account not in seated
    }
    return Seating(tuple(found), gone)


class _Tier:
    """One tier being filled."""

    def __init__(self, tier: str, seats: int, worst_kept: int, margin: float) -> None:
        self.tier = tier
        self.capacity = seats
        self.worst_kept = worst_kept
        self.margin = margin
        self.seats: list[Seat] = []
        self.lost: dict[str, SeatReason] = {}

    def fill(self, left: list[Candidate], claims: Mapping[str, bool]) -> None:
        """Seat the best of `left`, which are in order; `claims` are those who hold this tier (True) or a better one."""
        holding = [each for each in left if each.account_id in claims]
        others = [each for each in left if each.account_id not in claims]
        kept = holding[: self.capacity]
        self.lost = dict.fromkeys((each.account_id for each in holding[self.capacity :]), SeatReason.NO_ROOM)
        for each in kept:
            reason = SeatReason.KEPT if claims[each.account_id] else SeatReason.DISPLACED
            self.seats.append(self._seat(each, reason))
        free = self.capacity - len(kept)
        self.seats += [self._seat(each, SeatReason.FREE_SEAT) for each in others[:free]]
        challengers, holders = others[free:], list(kept)
        while challengers and holders:
            best, worst = challengers[0], holders[-1]
            if round(best.score - worst.score, 6) <= self.margin or worst.rank <= self.worst_kept:
                break
            challengers.pop(0)
            holders.pop()
            self.lost[worst.account_id] = SeatReason.DISPLACED
            self.seats = [each for each in self.seats if each.account_id != worst.account_id]
            self.seats.append(self._seat(best, SeatReason.AHEAD, worst.account_id))

    def _seat(self, one: Candidate, reason: SeatReason, ahead_of: str | None = None) -> Seat:
        return Seat(one.account_id, self.tier, one.rank, one.score, reason, ahead_of)
