"""LIKE in Python, and the few functions that compiled predicates call."""

from __future__ import annotations

import math
import re
import string
from collections.abc import Callable
from typing import Any

from segue.policies.language.tree import ANY_RUN, Wildcard

_TO_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)
_TO_UPPER = str.maketrans(string.ascii_lowercase, string.ascii_uppercase)


def ascii_lower(text: str) -> str:
    """Lower the 26 letters A to Z and leave every other character as it is."""
    return text.lower() if text.isascii() else text.translate(_TO_LOWER)


def ascii_upper(text: str) -> str:
    """Raise the 26 letters a to z and leave every other character as it is."""
    return text.upper() if text.isascii() else text.translate(_TO_UPPER)


LIBRARY: dict[str, Any] = {
    "_lower": ascii_lower,
    "_upper": ascii_upper,
    "_infinity": math.inf,
    "_minus_infinity": -math.inf,
    "_anything": (-math.inf, math.inf),
}
"""What compiled functions may call and read besides their arguments."""


def matcher(
    pattern: tuple[str | Wildcard, ...], ignore_case: bool, source: str, constant: Callable[[Any], str]
) -> str:
    """Return a Python expression that tests the text in `source`, which is not None.

    The common shapes become string methods. Every other becomes a regular expression in which
    each run up to a literal is atomic, so that matching is linear in the text for each `%`.
    """
    parts = tuple(ascii_lower(p) if ignore_case and isinstance(p, str) else p for p in pattern)
    texts = [part for part in parts if isinstance(part, str)]
    shape = "".join("x" if isinstance(part, str) else part.symbol for part in parts)
    quoted = repr(texts[0]) if texts else "''"
    simple = {
        "": f"({source} == '')",
        "x": f"({source} == {quoted})",
        "%": "True",
        "x%": f"{source}.startswith({quoted})",
        "%x": f"{source}.endswith({quoted})",
        "%x%": f"({quoted} in {source})",
    }
    if shape in simple:
        return simple[shape]
    return f"({constant(_expression(parts).fullmatch)}({source}) is not None)"


def _expression(parts: tuple[str | Wildcard, ...]) -> re.Pattern[str]:
    runs: list[list[str | Wildcard]] = [[]]
    for part in parts:
        if part is ANY_RUN:
            runs.append([])
        else:
            runs[-1].append(part)
    sources = ["".join(re.escape(p) if isinstance(p, str) else "." for p in run) for run in runs]
    if len(sources) == 1:
        return re.compile(sources[0], re.DOTALL)
    first, *middle, last = sources
    return re.compile(first + "".join(f"(?>.*?{each})" for each in middle) + f".*{last}", re.DOTALL)
