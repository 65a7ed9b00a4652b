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
from segue.accounts.reading import Batch
from segue.accounts.readings import Conventions, Fault, Rates, Reading
from segue.accounts.typed_values import ValueReader, name_reader, text_reader, value_reader
from segue.policies.models.traits import Trait


@dataclass(frozen=True, slots=True)
class FieldColumn:
    """One column that feeds a field."""

    index: int
    column: str
    reader: ValueReader


@dataclass(frozen=True, slots=True)
class FieldReader:
    """Reads a field from the columns that feed it, the preferred one first."""

    field: str
    columns: tuple[FieldColumn, ...]
    compared: bool
    """True when two columns ought to agree: a trait, as opposed to an owner's name and e-mail address."""
    money: str | None = None
    """The currency of the trait, for an amount of money."""

    def read(self, batch: Batch, log: ProblemLog, currencies: Sequence[str | None]) -> list[Reading]:
        """Return, for each row, the first value that a column states.

        A later column that contradicts it is noted, not taken. Without a value, the reading carries the
        first fault met. Every fault goes to the log. `currencies` are those that the rows name.
        """
        chosen: list[Reading] = []
        for column in self.columns:
            cells = batch.column(column.index)
            found = self._column(column, cells, currencies)
            for place, reading in enumerate(found):
                if reading.fault is not None:
                    log.cell(
                        batch.rows[place],
                        column.column,
                        self.field,
                        cells[place],
                        reading,
                        column.reader.expected,
                    )
            chosen = self._merged(chosen, found, column, cells, batch, log) if chosen else found
        return chosen

    def _column(
        self, column: FieldColumn, cells: list[object], currencies: Sequence[str | None]
    ) -> list[Reading]:
        if self.money is None or not currencies:
            return column.reader.read_column(cells)
        named = [None if currency == self.money else currency for currency in currencies]
        return [column.reader.read(cell, currency) for cell, currency in zip(cells, named, strict=True)]

    def _merged(
        self,
        chosen: list[Reading],
        found: list[Reading],
        column: FieldColumn,
        cells: list[object],
        batch: Batch,
        log: ProblemLog,
    ) -> list[Reading]:
        merged: list[Reading] = []
        for place, (first, second) in enumerate(zip(chosen, found, strict=True)):
            if first.value is None:
                merged.append(second if second.value is not None or first.fault is None else first)
                continue
            merged.append(first)
            if self.compared and second.value is not None and second.value != first.value:
                clash = Reading(fault=Fault.CONFLICT, detail=f"kept {first.value}")
                expected = f"the same as {self.columns[0].column}"
                log.cell(batch.rows[place], column.column, self.field, cells[place], clash, expected)
        return merged


class CurrencyReader:
    """Reads the currency of a row's amounts from the columns that a CRM keeps for it."""

    def __init__(self, columns: Sequence[MappedColumn]) -> None:
        self._columns = [(column.index, column.column) for column in columns]
        self._text = text_reader()

    def read(self, batch: Batch, log: ProblemLog) -> list[str | None]:
        """Return each row's ISO 4217 code, None where no column states one; empty without such a column."""
        codes: list[str | None] = [None] * len(batch.rows) if self._columns else []
        for index, column in self._columns:
            cells = batch.column(index)
            for place, found in enumerate(self._text.read_column(cells)):
                code = currency_code(found.value) if isinstance(found.value, str) else None
                if code is None and (found.value is not None or found.fault is not None):
                    fault = Reading(fault=found.fault or Fault.UNREADABLE)
                    log.cell(
                        batch.rows[place],
                        column,
                        CURRENCY,
                        cells[place],
                        fault,
                        "an ISO 4217 code, such as EUR",
                    )
                codes[place] = codes[place] or code
        return codes


def field_readers(
    headers: HeaderMap, traits: Mapping[str, Trait], found: Survey, rates: Rates
) -> dict[str, FieldReader]:
    """Return a reader for every field that has a column, except domain, website, e-mail and currency."""
    readers: dict[str, FieldReader] = {}
    for name in dict.fromkeys((*IDENTITY, *SUPPORT, *traits)):
        trait = traits.get(name) or SUPPORT.get(name)
        columns = tuple(
            FieldColumn(column.index, column.column, _reader(column, trait, found, rates))
            for column in headers.columns_of(name)
        )
        if columns and name not in ("domain", "website"):
            money = (
                trait.unit if trait and trait.unit in CODES and trait.type in ("integer", "number") else None
            )
            readers[name] = FieldReader(name, columns, compared=name in traits, money=money)
    return readers


def _reader(column: MappedColumn, trait: Trait | None, found: Survey, rates: Rates) -> ValueReader:
    special = special_reader(column.reads)
    if special is not None:
        return special
    if trait is None:
        return name_reader()
    return value_reader(column.field, trait, found.conventions.get(column.index, Conventions()), rates)
