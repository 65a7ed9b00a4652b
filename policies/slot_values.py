"""What may fill the slot of a message: texts that the pack has, and of those from outside what reads as a name.

A message is approved with its slots, and whoever reads it takes all of it for the vendor's word. A text that a
visitor, a form or a CRM states would speak there with that voice. Pure.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from segue.policies.pack import Pack

LONGEST, MOST_WORDS = 40, 3
"""Of a text from outside, in characters and words."""
_MOST_WIDE = 10
"""Characters of scripts that put no space between words."""
_LONGEST_WORD = 20
_MARKS = frozenset("'’ʼ-‐‑&·・\u200c\u200d")
"""Within names, beside letters: also the joiners by which Persian and Hindi names are spelt."""
_LITERAL = re.compile(r"'((?:[^']|'')*)'")


def fit_value(pack: Pack, trait: str, value: Any) -> Any:
    """Return the value of a trait as a message may say it, or None where it may not.

    Numbers, days, truth values and the pack's own texts (the trait's `values`, the literals of the expressions by
    which the pack derives texts) are said as they are. Another text has to read as a name: see `is_a_name`. Of a
    list those texts count that may be said. Labels of packs, and what a population decides, are their authors' words.
    """
    stated = pack.traits.get(trait)
    if stated is None or stated.rfm is not None or stated.rank is not None:
        return value
    if isinstance(value, str):
        return value if value in _own_texts(pack) or is_a_name(value) else None
    if isinstance(value, tuple) and any(isinstance(each, str) for each in value):
        return tuple(each for each in value if fit_value(pack, trait, each) is not None) or None
    return value


def is_a_name(text: str) -> bool:
    """Return True for one to three words of letters, 40 characters at most: no sentence, number, address or markup."""
    words = text.split()
    if not 0 < len(words) <= MOST_WORDS or len(text) > LONGEST:
        return False
    if sum(unicodedata.east_asian_width(each) in "WF" for each in text) > _MOST_WIDE:
        return False
    return any(each.isalpha() for each in text) and all(_is_a_word(each) for each in words)


def _is_a_word(word: str) -> bool:
    # an initial or an abbreviation may end in a point, so that a sentence of its own may not
    bare = word[:-1] if word.endswith(".") and len(word) <= 4 else word
    if bare == "&":
        return True
    if not any(each.isalpha() for each in bare) or len(bare) > _LONGEST_WORD:
        return False
    return all(unicodedata.category(each)[0] in "LM" or each in _MARKS for each in bare)


def _own_texts(pack: Pack) -> frozenset[str]:
    """Return the texts that the authors of a pack wrote as values. Worked out once."""
    found: frozenset[str] | None = pack.kept.get("own_texts")
    if found is None:
        found = pack.kept["own_texts"] = frozenset(_texts_of(pack))
    return found


def _texts_of(pack: Pack) -> list[str]:
    found: list[str] = []
    for trait in pack.traits.values():
        answers: Mapping[str, Any] = trait.ask.answers if trait.ask is not None else {}
        found += [*(trait.values or ()), *(each for each in answers.values() if isinstance(each, str))]
        if isinstance(trait.absent, str):
            found.append(trait.absent)
        if trait.sql is not None:
            found += [each.replace("''", "'") for each in _LITERAL.findall(trait.sql)]
    return found
