"""Message templates: `{name}`, `{name|fallback}` and `{proof.1}`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from segue.policies.models.play import Play
from segue.policies.models.proof import ProofPoint
from segue.policies.pack import Slot

_SLOT = re.compile(r"\{([^{}]*)\}")
_NAME = re.compile(r"(?P<name>[a-z][a-z0-9_]*)(\|(?P<fallback>[^|]*))?")
_PROOF = re.compile(r"proof\.(?P<rank>[1-9])(\|(?P<fallback>[^|]*))?")


class TemplateFault(ValueError):
    """A message template cannot be read. `offset` is where in the message, from 0."""

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(message)
        self.offset = offset


def parse_slots(play: Play) -> tuple[Slot, ...]:
    """Return the slots of a play's message, in order.

    A slot's trait is what `fill` says, else the trait of the slot's own name.

    Raises:
        TemplateFault: a brace is left open, or a slot is not of one of the three forms.
    """
    message = play.message or ""
    slots = []
    for match in _SLOT.finditer(message):
        proof, named = _PROOF.fullmatch(match[1]), _NAME.fullmatch(match[1])
        if proof:
            slots.append(Slot(match.start(), match.end(), None, proof["fallback"], int(proof["rank"])))
        elif named:
            trait = play.fill.get(named["name"], named["name"])
            slots.append(Slot(match.start(), match.end(), trait, named["fallback"], None))
        else:
            expected = "{name}, {name|fallback} or {proof.1}"
            raise TemplateFault(f"the slot {match[0]!r} is not one of {expected}", match.start())
    rest = _SLOT.sub(lambda match: " " * len(match[0]), message)
    stray = next((i for i, character in enumerate(rest) if character in "{}"), None)
    if stray is not None:
        raise TemplateFault(f"a brace without its partner: {rest[stray]!r}", stray)
    return tuple(slots)


def unfilled(slots: Sequence[Slot], values: Mapping[str, Any], proof: Sequence[ProofPoint]) -> Slot | None:
    """Return the first slot that nothing fills and that has no fallback, or None."""
    for slot in slots:
        if slot.fallback is not None:
            continue
        if slot.proof is not None:
            if slot.proof > len(proof):
                return slot
        elif not _shown(values.get(slot.trait or "")):
            return slot
    return None


def render(
    play: Play, slots: Sequence[Slot], values: Mapping[str, Any], proof: Sequence[ProofPoint]
) -> str | None:
    """Return the message with its slots filled, or None for a play that has none.

    The values are put in as they are, once: a brace in a value is text, never a slot.
    """
    if play.message is None:
        return None
    parts, cursor = [], 0
    for slot in slots:
        parts.append(play.message[cursor : slot.start])
        if slot.proof is not None:
            parts.append(proof[slot.proof - 1].claim if slot.proof <= len(proof) else slot.fallback or "")
        else:
            parts.append(_shown(values.get(slot.trait or "")) or slot.fallback or "")
        cursor = slot.end
    parts.append(play.message[cursor:])
    return "".join(parts)


def _shown(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return f"{value.day} {value:%B %Y}"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple) and all(isinstance(item, str) for item in value):
        return ", ".join(value)
    if isinstance(value, tuple):
        return "" if value[0] != value[1] else f"{value[0]:g}"
    if isinstance(value, float):
        return number_words(value)
    return f"{value:,}" if isinstance(value, int) else str(value)


def number_words(value: float) -> str:
    """Return a number as one would say it: to a tenth, below ten to a hundredth."""
    return f"{round(value, 1 if abs(value) >= 10 else 2):,}".removesuffix(".0")
