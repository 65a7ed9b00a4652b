"""A message as sentences and words: cleaned, cut, and never more than is read."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

LONGEST = 8_000
"""Characters of a message that are read; whoever wrote more is told."""
_MOST_SENTENCES = 6
_LONGEST_SENTENCE = 400
_END = re.compile(r"(?<=[.!?…])\s+|(?<=[。！？؟])\s*|[\n\r;]+")
_WORD = re.compile(r"[^\s,;:!?。！？؟、()\[\]\"“”«»<>]+")
_INVISIBLE = re.compile(r"[\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff\u00ad]")
"""Not the joiners U+200C and U+200D, by which Persian and Hindi words and many emoji are spelt."""


def cleaned(text: str) -> tuple[str, bool]:
    """Return a message that any store takes, cut to what is read, and whether it was cut.

    NUL and lone surrogates become a replacement character; other control characters but line ends, and
    what cannot be seen, go.
    """
    cut = len(text) > LONGEST
    text = (
        text[:LONGEST].replace("\0", "\ufffd").encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    )
    text = _INVISIBLE.sub("", text)
    kept = (each for each in text if each in "\n\t" or unicodedata.category(each) != "Cc")
    return "".join(kept).strip(), cut


def sentences(text: str) -> list[str]:
    """Return the sentences of a message that say something, at most six: of more, the first and the last."""
    found = [each.strip()[:_LONGEST_SENTENCE] for each in _END.split(text)]
    found = [each for each in found if any(character.isalnum() for character in each)]
    if len(found) <= _MOST_SENTENCES:
        return found
    half = _MOST_SENTENCES // 2
    return [*found[:half], *found[-half:]]


def spans(sentence: str, longest: int) -> Iterator[str]:
    """Give the runs of words of a sentence, as they stand in it, the longest first."""
    found = [(each.start(), each.end()) for each in _WORD.finditer(sentence)]
    for size in range(min(longest, len(found)), 0, -1):
        for first in range(len(found) - size + 1):
            text = sentence[found[first][0] : found[first + size - 1][1]].strip(".'’")
            if text:
                yield text
