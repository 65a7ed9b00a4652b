"""The story that an account is being told: for the length of its lease every surface keeps to it.

Pure. A lease is a fact of the snapshot, as limits and loads are: the same lease gives the same findings.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from segue.policies.models.play import Kind, Play

OFFERING = frozenset(
    {Kind.ROUTE, Kind.MEETING, Kind.PAGE, Kind.BANNER, Kind.CTA, Kind.SEQUENCE, Kind.NURTURE}
)
"""The kinds of play that put something before a buyer. A reply, a question or an alert tells no story of its own."""


@dataclass(frozen=True, slots=True)
class Lease:
    """What an account is told for a while: the goal, the offer and the rep of the play that began it."""

    pack: str
    segment: str
    revision: str
    """The policy under which it was taken: another one breaks it."""
    play: str
    goal: str | None
    offer: str | None
    rep: str | None
    until: datetime
    decision_id: str
    """The decision that took it."""

    def to_json(self) -> list[Any]:
        """Return it as plain JSON, for the log of facts."""
        return [
            self.pack, self.segment, self.revision, self.play, self.goal, self.offer, self.rep,
            self.until.isoformat(), self.decision_id,
        ]  # fmt: skip


def lease_of(found: Sequence[Any]) -> Lease:
    """Return the lease that `Lease.to_json` wrote."""
    pack, segment, revision, play, goal, offer, rep, until, decision_id = found
    return Lease(
        pack, segment, revision, play, goal, offer, rep, datetime.fromisoformat(until), str(decision_id)
    )


def begins_story(play: Play) -> bool:
    """Return True for a play with which a lease may begin: it offers something, and says to what end."""
    return play.kind in OFFERING and play.goal is not None


def farther(lease: Lease, permitted: Mapping[str, Play]) -> frozenset[str]:
    """Return those of the permitted plays that leave the lease's story though others keep nearer to it.

    Nearest is a play of the same goal that states the same offer or none; then one of the same goal; then one
    of no goal; then any other. Plays that tell no story are never among them, and those that are equally far stay:
    where a surface has nothing that keeps to the story, what policy permits goes first.
    """
    distances = {name: _distance(lease, play) for name, play in permitted.items() if play.kind in OFFERING}
    nearest = min(distances.values(), default=0)
    return frozenset(name for name, distance in distances.items() if distance > nearest)


def _distance(lease: Lease, play: Play) -> int:
    if play.goal != lease.goal:
        return 2 if play.goal is None else 3
    return int(play.offer is not None and lease.offer is not None and play.offer != lease.offer)
