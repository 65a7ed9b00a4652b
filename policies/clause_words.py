"""Facts and clauses in plain words, as people who sell say them; without markup. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from segue.policies.messages import number_words

_COMPARED = re.compile(r"(NOT )?([a-z_][\w.]*) (>=|<=|<>|>|<|=) ('(?:[^']|'')*'|-?[\d.]+|TRUE|FALSE)")
_SAYS = {
    (">=", False): "at least {}", (">=", True): "under {}", ("<=", False): "at most {}", ("<=", True): "over {}",
    (">", False): "over {}", (">", True): "at most {}", ("<", False): "under {}", ("<", True): "at least {}",
    ("=", False): "it is {}", ("=", True): "other than {}",
    ("<>", False): "other than {}", ("<>", True): "it is {}",
}  # fmt: skip


def trait_words(name: str) -> str:
    """Return a trait's name as words: `pricing_views` gives `pricing views`."""
    return name.rpartition(".")[2].replace("_", " ") if "." in name else name.replace("_", " ")


def value_words(value: Any) -> str:
    """Return a fact as words."""
    if value is None:
        return "not known"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        if len(value) == 2 and all(each is None or isinstance(each, int | float) for each in value):
            low, high = value
            return f"between {value_words(low)} and {value_words(high)}"
        return ", ".join(map(value_words, value)) or "none"
    return number_words(value) if isinstance(value, int | float) else str(value).replace("_", " ")


def clause_in_words(clause: Mapping[str, Any]) -> str:
    """Return a clause that decided, with its fact: `fit is 80 (at least 70)`; of one that is false, `(under 70)`."""
    text, trait, value = str(clause.get("clause") or ""), clause.get("trait"), clause.get("value")
    negated = clause.get("verdict") is False
    if trait is None:
        return f"not: {text}" if negated else text
    shown = f"{trait_words(str(trait))} is {value_words(value)}"
    compared = _COMPARED.fullmatch(text)
    if compared is not None and compared[2] == trait:
        says = _SAYS[compared[3], bool(compared[1]) is not negated].format(_constant(compared[4]))
        return shown if says == f"it is {value_words(value)}" else f"{shown} ({says})"
    if text in (trait, f"NOT {trait}"):
        return f"{trait_words(str(trait))}: {value_words(value)}"
    return f"{shown} ({'not ' if negated else ''}{text})"


def _constant(text: str) -> str:
    if text.startswith("'"):
        return text[1:-1].replace("''", "'").replace("_", " ")
    if text in ("TRUE", "FALSE"):
        return "yes" if text == "TRUE" else "no"
    return number_words(float(text))
