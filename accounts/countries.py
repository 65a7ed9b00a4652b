"""Country texts -> ISO 3166-1 alpha-2: names in many languages, official and common spellings, codes, places.

The names come from the Unicode CLDR (data/countries.txt); what people also write is kept by hand
(data/country_spellings.txt).
"""

from __future__ import annotations

import re
from enum import StrEnum
from functools import cache, lru_cache

from segue.accounts.data_files import data_lines
from segue.accounts.spelling import spelling_key


class CountryFault(StrEnum):
    """Why a text gave no country."""

    UNREADABLE = "unreadable"
    AMBIGUOUS = "ambiguous"


_CODES_ALSO = {"UK": "GB", "EL": "GR"}
_AMBIGUOUS = frozenset(spelling_key(text) for text in ("Korea", "Congo", "NA", "America"))


@lru_cache(maxsize=16_384)
def read_country(text: str) -> str | CountryFault:
    """Return the ISO 3166-1 alpha-2 code of the country that a text names.

    Read are alpha-2 and alpha-3 codes, UK and EL, names in some forty languages, official names, one
    country named twice ("Belgique/België"), and a place whose last part after a comma is a country, or
    a state of the US, Canada or Australia ("Bonn, Germany", "Austin, TX"). AMBIGUOUS is what may be
    two countries: Korea, Congo, "NA" (Namibia, or not available), "Germany, France", and after a comma
    Georgia, DE, CA and the like.
    """
    named = [_named(part) for part in re.split(r"[;/|]", text) if part.strip(" .,")]
    if not named:
        return CountryFault.UNREADABLE
    first = named[0]
    if len(named) == 1 or all(found == first for found in named):
        return first
    known = any(not isinstance(found, CountryFault) for found in named)
    return CountryFault.AMBIGUOUS if known else CountryFault.UNREADABLE


def _named(text: str) -> str | CountryFault:
    """The country that one name, one code or one place stands for."""
    whole = _alone(text)
    *before, last = [part.strip() for part in text.strip(" .,").split(",")]
    if whole is not CountryFault.UNREADABLE or not before:
        return whole
    found = _alone(last)
    key = spelling_key(last)
    state = _states().get(last.upper().replace(".", "")) if len(key) <= 3 else _states().get(key)
    if found is CountryFault.UNREADABLE:
        found = state or found
    elif state is not None and state != found:
        return CountryFault.AMBIGUOUS
    if isinstance(found, CountryFault) or any(_states().get(spelling_key(part)) == found for part in before):
        return found
    others = {_alone(part) for part in before if len(part) > 3} - {*CountryFault, found}
    return CountryFault.AMBIGUOUS if others else found


def _alone(text: str) -> str | CountryFault:
    """The country that a text without its surroundings names."""
    text = text.strip(" .,")
    key = spelling_key(text)
    if key in _AMBIGUOUS:
        return CountryFault.AMBIGUOUS
    codes, names = _table()
    found = codes.get(text.upper()) or names.get(key) or names.get(key.removeprefix("the"))
    return found or CountryFault.UNREADABLE


@cache
def _table() -> tuple[dict[str, str], dict[str, str]]:
    """Codes to alpha-2, and keys of names to alpha-2."""
    codes, names = dict(_CODES_ALSO), dict[str, str]()
    for line in data_lines("countries.txt"):
        alpha2, alpha3, listed = line.split(" ", 2)
        codes[alpha2] = codes[alpha3] = alpha2
        for name in listed.split("|"):
            names.setdefault(spelling_key(name), alpha2)
    for line in data_lines("country_spellings.txt"):
        alpha2, listed = line.split(" ", 1)
        names.update((spelling_key(name), alpha2) for name in listed.split("|"))
    return codes, names


@cache
def _states() -> dict[str, str]:
    """Codes and keys of names of states to the country that they are in."""
    found: dict[str, str] = {}
    for line in data_lines("states.txt"):
        country, code, name = line.split(" ", 2)
        found[code] = found[spelling_key(name)] = country
    return found
