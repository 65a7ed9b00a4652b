"""The words of a play as they would be said: its message filled in, its question asked."""

from __future__ import annotations

from collections.abc import Sequence

from segue.policies.messages import render
from segue.policies.models.play import Kind
from segue.policies.models.proof import ProofPoint
from segue.policies.pack import CompiledPlay
from segue.policies.situation import Situation

_SHOWS_PROOF = frozenset(Kind) - {Kind.ASK, Kind.TAG, Kind.AUDIENCE, Kind.SILENCE}


def shows_proof(play: CompiledPlay) -> bool:
    """Return True when a play carries proof points beside its message."""
    return play.model.kind in _SHOWS_PROOF


def words_of(situation: Situation, play: CompiledPlay, proof: Sequence[ProofPoint]) -> str | None:
    """Return a play's message with its slots filled, or None; a play that asks ends with its question."""
    message = render(play.model, play.slots, situation.slot_values(play), proof)
    if play.model.kind is Kind.ASK and situation.question is not None:
        return f"{message} {situation.question.text}" if message else situation.question.text
    return message


def picked_proof(
    situation: Situation, play: CompiledPlay, ids: Sequence[str] | None
) -> tuple[ProofPoint, ...]:
    """Return the permitted proof points in the order of `ids`; as they are ranked where it is None.

    A message may quote more points than were picked: then the best of the others follow, so that
    no slot which the gate found filled is left empty.
    """
    if ids is None:
        return situation.proof
    permitted = {point.id: point for point in situation.proof}
    picked = [permitted[each] for each in ids if each in permitted]
    quoted = max((slot.proof or 0 for slot in play.slots), default=0)
    others = [point for point in situation.proof if point not in picked]
    return (*picked, *others[: max(0, quoted - len(picked))])
