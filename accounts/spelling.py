"""When two texts are spellings of one another: the one comparison for headers, values and names."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_DROPPED = re.compile(r"[^\w+#]|_")
_ACCENTS = re.compile(r"[\u0300-\u036f]")


@lru_cache(maxsize=65_536)
def spelling_key(text: str) -> str:
    """Return what is left of a text once case, accents, spaces and punctuation are gone.

    Two texts are spellings of one another when their keys are equal and not empty. `&` reads as
    "and"; `+` and `#` stay, because C, C++ and C# are three things. Vowel signs of scripts that need
    them stay too.
    """
    if not text.isascii():
        text = _ACCENTS.sub("", unicodedata.normalize("NFKD", text))
        text = unicodedata.normalize("NFKC", text)
        text = "".join(" " if unicodedata.category(c)[0] in "PSZC" and c not in "#+&" else c for c in text)
        text = text.replace("&", "and").replace("_", "").casefold()
        return "".join(text.split())
    return _DROPPED.sub("", text.replace("&", "and").lower())


def words(text: str) -> frozenset[str]:
    """Return the words of a text: how a table of words is written."""
    return frozenset(text.split())
