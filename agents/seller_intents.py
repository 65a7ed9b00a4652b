"""What a seller wants to know: the nearest of the examples by meaning, or by words where no embedder answers."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from segue.agents.seller_exemplars import CUES, EXEMPLARS, Intent
from segue.core.errors import SegueError

Nearest = Callable[[str], Awaitable[list[tuple[str, float]]]]
"""Each label with the similarity of a text to its nearest example, the nearest first."""

LEAST = 0.42
"""A similarity below this is no understanding: it says what can be asked instead."""
_CUE = 0.12
"""By how much nearer an intent is whose words are in the text."""
_LEAST_WORDS = 0.3
_LONGEST = 400
"""Characters that are read of what somebody says: what is longer is no question."""
_WORD = re.compile(r"[^\W_]+")
_STOP = frozenset(["the", "a", "an", "to", "of", "for", "is", "are", "do", "i", "me", "my", "this", "that", "in",
                   "on", "with", "please", "and", "can", "you"])  # fmt: skip


@dataclass(frozen=True, slots=True)
class Understood:
    """What was asked, and how surely, from 0 to 1."""

    intent: Intent
    similarity: float


async def understand(text: str, nearest: Nearest | None) -> Understood:
    """Return what a seller asks; `OTHER` where no example is near.

    Names of accounts and people's roles are to be replaced before by words that say nothing of their own.
    """
    asked = " ".join(text[:_LONGEST].split())
    if not _WORD.search(asked):
        return Understood(Intent.HELP, 1.0)
    if nearest is not None:
        try:
            return _best({Intent(label): found for label, found in await nearest(asked)}, asked, LEAST)
        except SegueError:
            pass  # sellers go on, less well understood
    return by_words(asked)


def by_words(text: str) -> Understood:
    """Return the intent of the example that shares the most words with a text, and of the cues in it."""
    asked = _words(text)
    near = {
        intent: max(_shared(asked, _words(each)) for each in all_of) for intent, all_of in EXEMPLARS.items()
    }
    return _best(near, text, _LEAST_WORDS)


def _best(near: Mapping[Intent, float], text: str, least: float) -> Understood:
    """Return the nearest intent, those that a cue speaks for counted as nearer."""
    said = text.casefold()
    scores = {
        intent: found + (_CUE if intent in CUES and CUES[intent].search(said) else 0.0)
        for intent, found in near.items()
    }
    best = max(scores, key=lambda intent: scores[intent])
    return Understood(best if scores[best] >= least else Intent.OTHER, min(1.0, max(0.0, scores[best])))


def _words(text: str) -> frozenset[str]:
    found = frozenset(_WORD.findall(text.casefold()))
    return found - _STOP or found


def _shared(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / len(one | other) if one and other else 0.0
