"""How often plays were delivered, counted from what is stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from segue.accounts.stored import Delivered
from segue.policies.pack import Pack


@dataclass(frozen=True, slots=True)
class DeliveredCounts:
    """Counts by window, of an account and of one contact there.

    Without a contact, a limit per contact counts every delivery to the account: who is unknown may be
    the one who was reached already.
    """

    delivered_plays: Sequence[Delivered]
    now: datetime
    contact: str | None = None

    def delivered(self, play: str, per: str, over: timedelta) -> int:
        """Return how often a play was delivered to this account or contact within the window."""
        oldest = self.now - over
        one = per == "contact" and self.contact is not None
        return sum(
            each.play == play and each.at > oldest and (not one or each.contact in (self.contact, None))
            for each in self.delivered_plays
        )


def longest_window(packs: Sequence[Pack]) -> timedelta:
    """Return how far back the limits of some packs look."""
    return max(map(_window_of, packs), default=timedelta(0))


def _window_of(pack: Pack) -> timedelta:
    found: timedelta | None = pack.kept.get("longest_window")
    if found is None:
        windows = [limit.over for segment in pack.segments for limit in segment.limits]
        found = pack.kept["longest_window"] = max(windows, default=timedelta(0))
    return found


def limited_plays(pack: Pack) -> frozenset[str]:
    """Return the plays that some limit of a pack counts."""
    found: frozenset[str] | None = pack.kept.get("limited_plays")
    if found is None:
        found = frozenset(
            play for segment in pack.segments for limit in segment.limits for play in limit.plays
        )
        pack.kept["limited_plays"] = found
    return found
