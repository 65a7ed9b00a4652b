"""What plays do to what others have left behind: taking it back, or writing over it. Pure."""

from __future__ import annotations

from segue.policies.models.play import Kind
from segue.policies.pack import CompiledPlay, Pack


def undone_by(pack: Pack, play: str) -> str | None:
    """Return the play that takes back what a play leaves behind; None where the pack has no such play."""
    found = pack.plays.get(play)
    return None if found is None else found.model.undone_by


def overwrites(pack: Pack, play: str, earlier: str) -> bool:
    """Return True where a play, carried out for another segment, ends what an earlier one has left behind.

    It does where one of them takes the other back, or where both write the same tag: the value of a tag is
    the segment that it is written for. Two plays that join one audience, or start one sequence, do the same.
    """
    if play == undone_by(pack, earlier) or earlier == undone_by(pack, play):
        return True
    mine, theirs = pack.plays.get(play), pack.plays.get(earlier)
    if mine is None or theirs is None or mine.model.kind is not Kind.TAG or theirs.model.kind is not Kind.TAG:
        return False
    return play == earlier or (_field(mine) is not None and _field(mine) == _field(theirs))


def _field(play: CompiledPlay) -> object:
    return play.model.parameters.get("field")
