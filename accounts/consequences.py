"""What a change of segment sets off: plays to carry out on entering and on leaving, once each. Pure.

A *stay* begins when an account enters a segment and sets something off there, and is over `settle.exit`
after it left. Coming back before that goes on with the stay: what it left behind was not taken back, so
nothing is set off twice, but for what was done for another segment meanwhile wrote over. What was not carried
out, because the label did not hold for `settle.enter`, is not taken back either.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from segue.accounts.effects import overwrites, undone_by
from segue.accounts.label_changes import Cause, Transition
from segue.core.ids import new_id
from segue.policies.pack import Pack, SegmentPolicy


class Moment(StrEnum):
    """Whether a play is for entering a segment or for leaving it."""

    ENTER = "enter"
    EXIT = "exit"


class WhyNot(StrEnum):
    """Why a change of label did not set a play off, or took it back. Append, never rename."""

    LABEL_CHANGED = "label_changed"
    """The label changed again before the play was due."""
    REENTERED_TOO_SOON = "reentered_too_soon"
    """The last stay ended less than the segment's `reenter_after` ago."""
    STILL_IN_EFFECT = "still_in_effect"
    """The account came back before what the play had left behind was taken back."""
    NEVER_IN_EFFECT = "never_in_effect"
    """There is nothing to take back: no play of entering was carried out."""
    MERGED = "merged"
    """The account became an alias of another, which is labelled in its place: what only tells is left to that."""
    PACK_REMOVED = "pack_removed"
    """The pack is not live any more."""
    IN_EFFECT_AGAIN = "in_effect_again"
    """What it would take back was done anew by the segment that the account is in by now."""


@dataclass(frozen=True, slots=True)
class Stay:
    """The last stay of an account in a segment that set something off."""

    plays: frozenset[str]
    """The plays of entering that were carried out, or may have been."""
    left_at: datetime | None
    """When the account left the segment; None while it has not, or came back before anything was taken back."""
    taken_back: bool = False
    """True once a play of leaving was carried out, or may have been."""
    merged: bool = False
    """True where it ended because accounts were merged."""
    since: frozenset[tuple[str, str]] = frozenset()
    """Each of its plays with each one that was carried out, or may have been, for another segment after it."""

    def overwritten(self, pack: Pack) -> frozenset[str]:
        """Return those of its plays of which nothing is left: what was done after them wrote over it."""
        return frozenset(play for play, later in self.since if overwrites(pack, later, play))


@dataclass(frozen=True, slots=True)
class Consequence:
    """A play that a transition sets off, or why not."""

    consequence_id: str
    transition: Transition
    segment: str
    play: str
    moment: Moment
    due_at: datetime
    excluded: WhyNot | None = None

    def to_json(self) -> dict[str, Any]:
        """Return it as plain JSON, as its row takes it."""
        return {
            "consequence_id": self.consequence_id, "transition_id": self.transition.transition_id,
            "account_id": self.transition.account_id, "pack": self.transition.pack,
            "revision": self.transition.revision, "segment": self.segment, "play": self.play,
            "moment": self.moment.value, "due_at": self.due_at.isoformat(),
            "status": "waiting" if self.excluded is None else "excluded",
            "reason": None if self.excluded is None else self.excluded.value,
        }  # fmt: skip


def consequences_of(
    pack: Pack, move: Transition, left: Stay | None, entered: Stay | None
) -> list[Consequence]:
    """Return what a change of segment sets off: leaving before entering, each in the pack's order.

    `left` and `entered` are the last stays in the two segments before this change. A segment that the
    pack no longer has sets off nothing.
    """
    former = None if move.from_segment is None else pack.by_name.get(move.from_segment)
    found = [] if former is None else [*_leaving(pack, former, move, left)]
    if move.to_segment is not None:
        found += _entering(pack, pack.by_name[move.to_segment], move, entered)
    ids = sorted(new_id() for _ in found)  # so that ids sort as the pack orders them
    return [replace(each, consequence_id=identity) for each, identity in zip(found, ids, strict=True)]


def _leaving(
    pack: Pack, segment: SegmentPolicy, move: Transition, stay: Stay | None
) -> Iterator[Consequence]:
    done = stay.plays if stay is not None and stay.left_at is None else frozenset[str]()
    in_effect = bool(done) or _settled_without_plays(segment, move)
    for play in segment.model.on_exit:
        undoes = {name for name in {*done, *segment.model.on_enter} if undone_by(pack, name) == play}
        due = in_effect and (not undoes or bool(undoes & done))
        excluded = None if due else WhyNot.NEVER_IN_EFFECT
        if due and move.to_segment is None and not takes_back_of_alias(pack, play):
            excluded = WhyNot.MERGED
        yield Consequence(
            "", move, segment.name, play, Moment.EXIT, move.at + segment.model.settle.exit, excluded
        )


def takes_back_of_alias(pack: Pack, play: str) -> bool:
    """Return True for a play of leaving that is carried out for an account that was merged into another.

    It takes back what was left behind in the record of the one that is no account any more: a tag, a
    sequence, an audience. Being merged is no reason to tell anybody that an account left, nor to take it
    back into what it was taken out of: that would advertise to a customer.
    """
    undoes = [each.model for each in pack.plays.values() if each.model.undone_by == play]
    return bool(undoes) and not any(each.suppresses for each in undoes)


def _settled_without_plays(segment: SegmentPolicy, move: Transition) -> bool:
    """Return True for a segment with nothing to do on entering, once the account was in it long enough."""
    if segment.model.on_enter or move.since is None:
        return False
    return move.at - move.since >= segment.model.settle.enter


def _entering(
    pack: Pack, segment: SegmentPolicy, move: Transition, stay: Stay | None
) -> Iterator[Consequence]:
    going_on = stay is not None and _goes_on(segment, move, stay)
    kept = stay.plays - stay.overwritten(pack) if stay is not None and going_on else frozenset[str]()
    undone = not going_on and stay is not None and stay.merged and move.cause is Cause.MERGE
    if undone and stay is not None:  # what merging took back is done again, and nobody is told twice
        kept = frozenset(each for each in stay.plays if undone_by(pack, each) is None)
    too_soon = not going_on and not undone and _is_too_soon(segment, move, stay)
    names = dict.fromkeys((*segment.model.on_enter, *sorted(kept)))
    for play in names:
        excluded = WhyNot.STILL_IN_EFFECT if play in kept else None
        if too_soon:
            excluded = WhyNot.REENTERED_TOO_SOON
        yield Consequence(
            "", move, segment.name, play, Moment.ENTER, move.at + segment.model.settle.enter, excluded
        )


def _goes_on(segment: SegmentPolicy, move: Transition, stay: Stay) -> bool:
    """Return True when nothing of the stay was taken back, and the time to do so has not come."""
    if stay.taken_back:
        return False
    return stay.left_at is None or move.at < stay.left_at + segment.model.settle.exit


def _is_too_soon(segment: SegmentPolicy, move: Transition, stay: Stay | None) -> bool:
    wait = segment.model.reenter_after
    return (
        wait is not None and stay is not None and stay.left_at is not None and move.at < stay.left_at + wait
    )
