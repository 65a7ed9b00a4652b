"""Which of many phrases stand in a title, without trying each: they are found by how they begin."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from segue.policies.titles import same_word

Phrase = tuple[str, ...]
"""Words, each perhaps with a `*` at either end."""
_LETTERS = 3


class PhraseIndex:
    """Phrases by their first word: whole, by its first letters, by its last ones, or by none."""

    def __init__(self, phrases: Iterable[Phrase]) -> None:
        self._whole: dict[str, list[Phrase]] = {}
        self._starts: dict[str, list[Phrase]] = {}
        self._ends: dict[str, list[Phrase]] = {}
        self._others: list[Phrase] = []
        for phrase in dict.fromkeys(phrases):
            if phrase:
                self._add(phrase)

    def _add(self, phrase: Phrase) -> None:
        word = phrase[0]
        head, tail, core = word.startswith("*"), word.endswith("*"), word.strip("*")
        if not head and not tail:
            self._whole.setdefault(word, []).append(phrase)
        elif head == tail or len(core) < _LETTERS:
            self._others.append(phrase)
        elif tail:
            self._starts.setdefault(core[:_LETTERS], []).append(phrase)
        else:
            self._ends.setdefault(core[-_LETTERS:], []).append(phrase)

    def found(self, words: Sequence[str]) -> set[Phrase]:
        """Return the phrases whose words stand one after the other among `words`."""
        found = set[Phrase]()
        for start, word in enumerate(words):
            for phrases in (
                self._whole.get(word, ()),
                self._starts.get(word[:_LETTERS], ()),
                self._ends.get(word[-_LETTERS:], ()),
                self._others,
            ):
                for phrase in phrases:
                    if _stands_at(phrase, words, start):
                        found.add(phrase)
        return found


def _stands_at(phrase: Phrase, words: Sequence[str], start: int) -> bool:
    if start + len(phrase) > len(words):
        return False
    for wanted in phrase:  # it is asked of some dozens of phrases a title: no generator
        if not same_word(wanted, words[start]):
            return False
        start += 1
    return True
