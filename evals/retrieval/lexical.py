"""The floor: Okapi BM25 over the same texts, with the usual constants, English stop words and endings cut off.

Robertson and Zaragoza, The Probabilistic Relevance Framework: BM25 and Beyond (2009).
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping

_K1, _B = 1.5, 0.75
_STOP = frozenset(
    re.findall(
        r"\w+",
        "a an and are as at be but by can do does for from has have how i if in is it its my no not of on or our so"
        " that the their them then there they this to us was we what when where which who will with would you your",
    )
)
_ENDINGS = ("ing", "ed", "es", "s", "e")


class Bm25:
    """An index of texts by their ids."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._counts = {each: Counter(terms(text)) for each, text in texts.items()}
        self._lengths = {each: sum(counts.values()) for each, counts in self._counts.items()}
        self._mean = sum(self._lengths.values()) / max(len(texts), 1)

    def ranked(self, query: str) -> list[str]:
        """Return every id, that of the text which fits best first; equal ones in the order given."""
        scores = dict.fromkeys(self._counts, 0.0)
        for term in set(terms(query)):
            having = sum(term in counts for counts in self._counts.values())
            rarity = math.log(1 + (len(scores) - having + 0.5) / (having + 0.5))
            for each, counts in self._counts.items():
                often = counts[term]
                norm = _K1 * (1 - _B + _B * self._lengths[each] / self._mean)
                scores[each] += rarity * often * (_K1 + 1) / (often + norm)
        return sorted(scores, key=lambda each: -scores[each])


def terms(text: str) -> list[str]:
    """Return the words of a text that count, their endings cut off."""
    return [_stem(word) for word in re.findall(r"[a-z0-9]+", text.lower()) if word not in _STOP]


def _stem(word: str) -> str:
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)]
    return word
