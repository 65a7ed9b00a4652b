"""The declared values of a text trait, with the spellings that an import may meet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum

from segue.accounts.spelling import spelling_key


class ChoiceFault(StrEnum):
    """Why a text is none of the declared values."""

    UNKNOWN = "unknown"
    AMBIGUOUS = "ambiguous"


class Choices:
    """Finds the declared value that a text spells: exactly first, then regardless of case and space.

    >>> Choices({"healthcare": ["Hospitals", "Health Care"]}).find("HEALTH  CARE")
    'healthcare'
    """

    def __init__(self, values: Mapping[str, Sequence[str]]) -> None:
        self.names = tuple(values)
        self._exact: dict[str, set[str]] = {}
        self._loose: dict[str, set[str]] = {}
        for value, spellings in values.items():
            for spelling in (value, *spellings):
                self._exact.setdefault(spelling.strip(), set()).add(value)
                self._loose.setdefault(spelling_key(spelling), set()).add(value)

    def find(self, text: str) -> str | ChoiceFault:
        """Return the value, UNKNOWN when no spelling matches, or AMBIGUOUS when several values share it."""
        key = spelling_key(text)
        found = self._exact.get(text) or (self._loose.get(key) if key else None)
        if not found:
            return ChoiceFault.UNKNOWN
        return next(iter(found)) if len(found) == 1 else ChoiceFault.AMBIGUOUS

    def find_one(self, texts: Sequence[str]) -> str | ChoiceFault:
        """Return the one value that those of several texts that are known agree on."""
        found = {value for text in texts if not isinstance(value := self.find(text), ChoiceFault)}
        if not found:
            return ChoiceFault.UNKNOWN
        return next(iter(found)) if len(found) == 1 else ChoiceFault.AMBIGUOUS
