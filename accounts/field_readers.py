"""Each field of an account with the columns that feed it and the readers of their cells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from segue.accounts.account_fields import CURRENCY, IDENTITY, SUPPORT
from segue.accounts.column_survey import Survey
from segue.accounts.crm_values import special_reader
from segue.accounts.currencies import CODES, currency_code
from segue.accounts.headers import HeaderMap, MappedColumn
from segue.accounts.problem_log import ProblemLog
from segue.accounts.readings import ABSENT, Conventions, Fault, Rates, Reading
from segue.accounts.typed_values import ValueReader, text_reader, value_reader
from segue.policies.models.traits import Trait


@dataclass(frozen=True, slots=True)
class FieldColumn:
    """One column that feeds a field."""

    index: int
    column: str
    reader: ValueReader


@dataclass(frozen=True, slots=True)
class FieldReader:
    """Reads a field of one row from the columns that feed it, the preferred one first."""

    field: str
    columns: tuple[FieldColumn, ...]
    compared: bool
    """True when two columns ought to agree: a trait, as opposed to an owner's name and e-mail address."""
    money: bool = False

    def read(self, row: int, cells: Sequence[object], log: ProblemLog, currency: str | None = None) -> Reading:
        """Return the first value that a column states; a later one that contradicts it is noted, not taken.

        Without a value, the reading carries the first fault met. Every fault goes to the log.
        """
        chosen, failed, kept = ABSENT, ABSENT, ""
        for source in self.columns:
            cell = cells[source.index]
            found = source.reader.read(cell, currency if self.money else None)
            if found.fault is not None:
                log.cell(row, source.column, self.field, cell, found, source.reader.expected)
                failed = failed if failed.fault else found
            if found.value is None:
                continue
            if chosen.value is None:
                chosen, kept = found, source.column
            elif self.compared and found.value != chosen.value:
                clash = Reading(fault=Fault.CONFLICT, detail=f"kept {chosen.value} from {kept}")
                log.cell(row, source.column, self.field, cell, clash, f"the same as {kept}")
        return chosen if chosen.value is not None else failed


class CurrencyReader:
    """Reads the currency of a row's amounts from the columns that a CRM keeps for it."""

    def __init__(self, columns: Sequence[MappedColumn]) -> None:
        self._columns = [(column.index, column.column) for column in columns]
        self._text = text_reader()

    def read(self, row: int, cells: Sequence[object], log: ProblemLog) -> str | None:
        """Return an ISO 4217 code, or None when no column states one."""
        for index, column in self._columns:
            found = self._text.read(cells[index])
            code = currency_code(found.value) if isinstance(found.value, str) else None
            if code is not None:
                return code
            if found.value is not None or found.fault is not None:
                fault = Reading(fault=found.fault or Fault.UNREADABLE)
                log.cell(row, column, CURRENCY, cells[index], fault, "an ISO 4217 code, such as EUR")
        return None


def field_readers(
    headers: HeaderMap, traits: Mapping[str, Trait], found: Survey, rates: Rates
) -> dict[str, FieldReader]:
    """Return a reader for every field that has a column, except domain, website, e-mail and currency."""
    readers: dict[str, FieldReader] = {}
    for name in (*IDENTITY, *{**SUPPORT, **traits}):
        trait = traits.get(name) or SUPPORT.get(name)
        columns = tuple(
            FieldColumn(column.index, column.column, _reader(column, trait, found, rates))
            for column in headers.columns_of(name)
        )
        if columns and name not in ("domain", "website"):
            money = trait is not None and trait.unit in CODES and trait.type in ("integer", "number")
            readers[name] = FieldReader(name, columns, compared=name in traits, money=money)
    return readers


def _reader(column: MappedColumn, trait: Trait | None, found: Survey, rates: Rates) -> ValueReader:
    special = special_reader(column.reads)
    if special is not None:
        return special
    if trait is None:
        return text_reader()
    return value_reader(column.field, trait, found.conventions.get(column.index, Conventions()), rates)
