"""Plays that reach out to somebody, held back once they asked to be left alone. Pure."""

from __future__ import annotations

from enum import StrEnum

from segue.policies.models.play import Channel, Kind
from segue.policies.pack import CompiledPlay


class LeftAlone(StrEnum):
    """How far somebody asked to be left alone. Append, never rename: it is logged with a decision's facts."""

    NO = ""
    CONTACT = "contact"
    """They are answered, and nothing reaches out to them: no question, no person, no message elsewhere."""
    ENTIRELY = "entirely"
    """They said nothing but that: no play is done at all."""


_REACHES_BY = frozenset({Channel.EMAIL, Channel.PHONE, Channel.LINKEDIN})
_REACHES = frozenset({Kind.ASK, Kind.ROUTE, Kind.MEETING, Kind.SEQUENCE, Kind.NURTURE})


def is_held_back(asked: LeftAlone, play: CompiledPlay) -> bool:
    """Return True for a play that is not done to somebody who asked to be left alone so far."""
    if asked is LeftAlone.CONTACT:
        return play.model.kind in _REACHES or play.model.channel in _REACHES_BY
    return asked is LeftAlone.ENTIRELY
