"""Texts that between them give every outcome that a set of tests on one text can have together.

Each test is a small automaton over characters. Their product is walked from the empty text, one
shortest text for every state; characters that no test tells apart are walked once. Where the walk
ends by itself, no other text has another outcome.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise

from segue.policies.language.patterns import ascii_lower, ascii_upper
from segue.policies.language.tree import ANY_ONE, ANY_RUN, Wildcard

_STEPS = 300_000
"""How many single steps of one automaton the walk may take."""
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_STRANGERS = "~*#^|" + _LETTERS + _LETTERS.upper() + "0123456789"
_LESS, _GREATER = -1, -2

_State = int | str | frozenset[int] | None
_Fold = tuple[str, ...]
"""LOWER and UPPER as they are applied, the innermost first."""


@dataclass(frozen=True)
class Listed:
    """Which of some words the text is, folded, or none of them."""

    fold: _Fold
    words: frozenset[str]

    @cached_property
    def _beginnings(self) -> frozenset[str]:
        return frozenset(word[:length] for word in self.words for length in range(len(word) + 1))

    def start(self) -> _State:
        """Return the state before the first character: what was read, while a word begins so."""
        return ""

    def step(self, state: _State, character: str) -> _State:
        """Return the state after one more character; None when no word begins so."""
        if not isinstance(state, str):
            return None
        read = state + _folded(character, self.fold)
        return read if read in self._beginnings else None

    def outcome(self, state: _State) -> object:
        """Return the word that a text which ends here is, or None."""
        return state if state in self.words else None

    def characters(self) -> Iterator[str]:
        """Yield the characters that the test tells from others."""
        yield from (character for word in self.words for character in word)


@dataclass(frozen=True, slots=True)
class Ordered:
    """The text, folded, against a constant: less, the same or greater."""

    fold: _Fold
    text: str

    def start(self) -> _State:
        """Return the state before the first character: how many agree so far."""
        return 0

    def step(self, state: _State, character: str) -> _State:
        """Return the state after one more character: how many agree so far, or which is less."""
        if not isinstance(state, int) or state < 0:
            return state
        folded = _folded(character, self.fold)
        if state < len(self.text) and folded == self.text[state]:
            return state + 1
        return _LESS if state < len(self.text) and folded < self.text[state] else _GREATER

    def outcome(self, state: _State) -> object:
        """Return what the test says of a text that ends here; one that only begins so is less."""
        return 0 if state == len(self.text) else _GREATER if state == _GREATER else _LESS

    def characters(self) -> Iterator[str]:
        """Yield the characters that the test tells from others."""
        yield from self.text


@dataclass(frozen=True, slots=True)
class Matched:
    """The text, folded, against a LIKE pattern. `parts` has one entry for each character or wildcard."""

    fold: _Fold
    parts: tuple[str | Wildcard, ...]

    def start(self) -> _State:
        """Return the state before the first character."""
        return self._spread({0})

    def step(self, state: _State, character: str) -> _State:
        """Return the places in the pattern that one more character leads to."""
        assert isinstance(state, frozenset)
        folded, parts = _folded(character, self.fold), self.parts
        found = set()
        for place in state:
            part = parts[place] if place < len(parts) else None
            if part is ANY_RUN:
                found.add(place)
            elif part is ANY_ONE or part == folded:
                found.add(place + 1)
        return self._spread(found)

    def outcome(self, state: _State) -> object:
        """Return 1 when a text that ends here matches, else 0."""
        assert isinstance(state, frozenset)
        return int(len(self.parts) in state)

    def characters(self) -> Iterator[str]:
        """Yield the characters that the test tells from others."""
        yield from (part for part in self.parts if isinstance(part, str))

    def _spread(self, places: set[int]) -> frozenset[int]:
        found = set(places)
        for place in sorted(places):
            while place < len(self.parts) and self.parts[place] is ANY_RUN:
                place += 1
                found.add(place)
        return frozenset(found)


Test = Listed | Ordered | Matched


@lru_cache(maxsize=512)
def covering_texts(tests: tuple[Test, ...]) -> tuple[tuple[str, ...], bool]:
    """Return texts that cover the joint outcomes of the tests, and whether they cover all of them.

    The texts are the shortest of their kind. They do not cover all only when the patterns together
    are too tangled to walk in bounded time.
    """
    alphabet = _alphabet(tests)
    start = tuple(test.start() for test in tests)
    seen = {start: ""}
    found: dict[tuple[object, ...], str] = {}
    queue, steps = deque([start]), 0
    while queue:
        state = queue.popleft()
        text = seen[state]
        found.setdefault(tuple(t.outcome(s) for t, s in zip(tests, state, strict=True)), text)
        steps += len(alphabet) * len(tests)
        if steps > _STEPS:
            return (*found.values(), *(seen[each] for each in queue)), False
        for character in alphabet:
            after = tuple(t.step(s, character) for t, s in zip(tests, state, strict=True))
            if after not in seen:
                seen[after] = text + character
                queue.append(after)
    return tuple(found.values()), True


def _folded(character: str, fold: _Fold) -> str:
    for name in fold:
        character = ascii_lower(character) if name == "LOWER" else ascii_upper(character)
    return character


def _alphabet(tests: Sequence[Test]) -> list[str]:
    """Return one character of every class that the tests tell apart."""
    known = {character for test in tests for character in test.characters()}
    if any(test.fold for test in tests):
        known |= {ascii_upper(each) for each in known} | {ascii_lower(each) for each in known}
    if not any(isinstance(test, Ordered) for test in tests):
        stranger = next((each for each in _STRANGERS if each not in known), None)
        return [*sorted(known), stranger or _between(max(known), None) or "\U0010ffff"]
    if any(test.fold for test in tests):
        known |= {*_LETTERS, *_LETTERS.upper()}
    ends = [None, *sorted(known), None]
    gaps = [_between(low, high) for low, high in pairwise(ends)]
    return [*sorted(known), *(each for each in gaps if each is not None)]


def _between(low: str | None, high: str | None) -> str | None:
    """Return a character strictly between two, or None when no text may hold one."""
    code = 1 if low is None else ord(low) + 1
    if 0xD800 <= code <= 0xDFFF:
        code = 0xE000
    return chr(code) if code < (0x110000 if high is None else ord(high)) else None
