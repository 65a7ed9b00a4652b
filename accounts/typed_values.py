"""Cells -> values of a trait's type: every cell becomes a typed value, nothing, or a fault."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal

from segue.accounts.choices import ChoiceFault, Choices
from segue.accounts.countries import CountryFault, read_country
from segue.accounts.dates import DateFault, read_instant
from segue.accounts.readings import ABSENT, Conventions, Fault, Rates, Reading
from segue.accounts.spelling import words
from segue.accounts.texts import TEXT_EXPECTED, clean_text, is_absent, split_list
from segue.accounts.typed_numbers import number_reader
from segue.policies.models.traits import Trait

LONGEST_NAME = 300
"""Characters of what names an account or somebody."""
_MEMORY = 65_536
_SIMPLE_TEXT = re.compile(r"[A-Za-z0-9](?:[ -~]{16,200}|[ -~]{0,15}\d)(?<! )")
"""What needs no cleaning and is no word for "not known": long, or ending in a digit."""
_TRUE = words("true t yes y 1 1.0 on x ja j oui si sí sim wahr vrai checked ✓ ✔ ☑")
_FALSE = words("false f no n 0 0.0 off nein non não falsch faux unchecked ✗ ☐")
_CHOICE_FAULTS = {ChoiceFault.UNKNOWN: Fault.UNKNOWN_SPELLING, ChoiceFault.AMBIGUOUS: Fault.AMBIGUOUS}
_COUNTRY_NAME = re.compile(r"(?:.*_)?country(?:_code)?")

CellReader = Callable[[object, str | None], Reading]


_TEXTS_EXPECTED = "a list of texts"


class ValueReader:
    """Reads the cells of one trait. `expected` is what a report says the cell should have been."""

    def __init__(self, expected: str, read: CellReader) -> None:
        self.expected = expected
        self._read = read
        self._known: dict[str, Reading] = {}

    @property
    def takes_any_text(self) -> bool:
        """True where nothing of a text could be wrong: what it reads is no evidence that it was meant."""
        return self.expected in (TEXT_EXPECTED, _TEXTS_EXPECTED)

    def read_column(self, cells: Sequence[object]) -> list[Reading]:
        """Return what each cell of a column states."""
        known, read = self._known, self.read
        return [(known.get(cell) or read(cell)) if isinstance(cell, str) else read(cell) for cell in cells]

    def read(self, cell: object, currency: str | None = None) -> Reading:
        """Return what a cell states. `currency` is the ISO code that another column gives for the amount.

        A cell is a text, or whatever JSON or Parquet hold: numbers, booleans, dates, lists. Never raises.
        """
        if cell is None:
            return ABSENT
        if currency is not None or not isinstance(cell, str):
            return self._read(cell, currency)
        found = self._known.get(cell)
        if found is None:
            if len(self._known) >= _MEMORY:
                self._known.clear()
            found = self._known[cell] = self._read(cell, None)
        return found


def value_reader(
    name: str, trait: Trait, conventions: Conventions | None = None, rates: Rates | None = None
) -> ValueReader:
    """Return the reader of one trait's cells.

    A trait named `country` (or `..._country`) reads countries into ISO 3166-1 alpha-2; a trait with
    `values` reads any spelling of them; an integer of unit `year` (or named `..._year`) the one year in a
    text; a number whose unit is an ISO 4217 code an amount of money in that currency.
    """
    conventions = conventions or Conventions()
    if trait.type in ("integer", "number"):
        expected, number = number_reader(name, trait, conventions, rates or Rates())
        return ValueReader(expected, number)
    if trait.type == "boolean":
        return ValueReader("true or false, yes or no, 1 or 0", _boolean)
    if trait.type == "timestamp":
        expected = "a date such as 2025-04-03 or 3 April 2025"
        return ValueReader(expected, lambda cell, _: _timestamp(cell, conventions))
    choices = Choices(trait.values) if trait.values else None
    shown = f"one of {_listed(choices)}" if choices else ""
    if trait.type == "text[]":
        return ValueReader(shown or _TEXTS_EXPECTED, lambda cell, _: _list(cell, choices))
    if _COUNTRY_NAME.fullmatch(name):
        return ValueReader("a country", lambda cell, _: _country(cell, choices))
    if choices is not None:
        return ValueReader(f"{shown}, or a spelling of it", lambda cell, _: _choice(cell, choices))
    return ValueReader(TEXT_EXPECTED, lambda cell, _: _text(cell))


def _listed(choices: Choices) -> str:
    return ", ".join(choices.names[:12]) + (", ..." if len(choices.names) > 12 else "")


def text_reader() -> ValueReader:
    """Return the reader of a plain text that is no trait, such as a currency."""
    return ValueReader(TEXT_EXPECTED, lambda cell, _: _text(cell))


def name_reader() -> ValueReader:
    """Return the reader of what names an account or somebody: names, owners, parents, ids.

    A longer text is none, and no index of the store could hold it.
    """
    expected = f"text of at most {LONGEST_NAME} characters without NUL or lone surrogates"
    return ValueReader(expected, lambda cell, _: _name(cell))


def as_text(cell: object) -> str | None:
    """Return the text of a cell that states one thing, or None for a boolean, a list or an object."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, datetime | date):
        return cell.isoformat()
    if isinstance(cell, bool) or not isinstance(cell, int | float | Decimal):
        return None
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)


def _cleaned(cell: object) -> str | Reading:
    text = as_text(cell)
    if text is None:
        return Reading(fault=Fault.UNREADABLE)
    cleaned = clean_text(text)
    return Reading(fault=Fault.REFUSED_TEXT) if cleaned is None else cleaned


def _text(cell: object) -> Reading:
    if isinstance(cell, str) and _SIMPLE_TEXT.fullmatch(cell):
        return Reading(cell)
    text = _cleaned(cell)
    if isinstance(text, Reading):
        return text
    return ABSENT if is_absent(text) else Reading(text)


def _name(cell: object) -> Reading:
    found = _text(cell)
    is_long = isinstance(found.value, str) and len(found.value) > LONGEST_NAME
    return Reading(fault=Fault.REFUSED_TEXT) if is_long else found


def _choice(cell: object, choices: Choices) -> Reading:
    if isinstance(cell, list | tuple):
        return _agreed([item for item in cell if isinstance(item, str)], choices)
    text = _cleaned(cell)
    if isinstance(text, Reading):
        return text
    found = choices.find(text) if text else ChoiceFault.UNKNOWN
    if not isinstance(found, ChoiceFault):
        return Reading(found)
    if is_absent(text):
        return ABSENT
    items = split_list(text) if ";" in text or text.startswith("[") else None
    return _agreed(items, choices) if items else Reading(fault=_CHOICE_FAULTS[found])


def _agreed(items: Sequence[str], choices: Choices) -> Reading:
    """The value that the known ones of several texts agree on: an industry given as a list of labels."""
    if not items:
        return ABSENT
    found = choices.find_one(items)
    if isinstance(found, ChoiceFault):
        return Reading(fault=_CHOICE_FAULTS[found], detail="; ".join(items))
    return Reading(found)


def _country(cell: object, choices: Choices | None) -> Reading:
    text = _cleaned(cell)
    if isinstance(text, Reading):
        return text
    if choices is not None and text and not isinstance(declared := choices.find(text), ChoiceFault):
        return Reading(declared)
    if is_absent(text, na_too=False):
        return ABSENT
    found = read_country(text)
    if not isinstance(found, CountryFault):
        return Reading(found)
    return Reading(fault=Fault.AMBIGUOUS if found is CountryFault.AMBIGUOUS else Fault.UNREADABLE)


def _list(cell: object, choices: Choices | None) -> Reading:
    items: list[str] | None
    if isinstance(cell, list | tuple):
        texts = [as_text(item) for item in cell]
        items = [text for text in texts if text is not None]
        if len(items) < len(texts):
            return Reading(fault=Fault.UNREADABLE)
    else:
        text = _cleaned(cell)
        if isinstance(text, Reading):
            return text
        nothing = is_absent(text)
        items = split_list(text) if text.startswith("[") or not nothing else None
        if nothing and items is None:
            return ABSENT
    if items is None:
        return Reading(fault=Fault.UNREADABLE)
    cleaned = [clean_text(item) for item in items]
    known = [item for item in cleaned if item]
    if None in cleaned:
        return Reading(fault=Fault.REFUSED_TEXT)
    return _spelled(known, choices) if choices else Reading(tuple(dict.fromkeys(known)))


def _spelled(items: Sequence[str], choices: Choices) -> Reading:
    """Known spellings become their value; an unknown item stays as written, and is reported."""
    found = [(item, choices.find(item)) for item in items]
    unknown = [item for item, value in found if isinstance(value, ChoiceFault)]
    values = [item if isinstance(value, ChoiceFault) else value for item, value in found]
    fault = Fault.UNKNOWN_SPELLING if unknown else None
    return Reading(tuple(dict.fromkeys(values)), fault=fault, detail="; ".join(unknown) or None)


def _boolean(cell: object, _currency: str | None) -> Reading:
    if isinstance(cell, bool):
        return Reading(cell)
    text = _cleaned(cell)
    if isinstance(text, Reading):
        return text
    word = text.lower()
    if word in _TRUE:
        return Reading(True)
    if word in _FALSE:
        return Reading(False)
    return ABSENT if is_absent(text) else Reading(fault=Fault.UNREADABLE)


def _timestamp(cell: object, conventions: Conventions) -> Reading:
    if isinstance(cell, datetime):
        cell = cell if cell.tzinfo is not None else cell.replace(tzinfo=UTC)
    text = _cleaned(cell)
    if isinstance(text, Reading):
        return text
    if is_absent(text):
        return ABSENT
    found = read_instant(text, conventions.order)
    return Reading(fault=Fault(found.value)) if isinstance(found, DateFault) else Reading(found)
