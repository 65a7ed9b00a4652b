"""The domain of one row, from whichever of its columns names one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from segue.accounts.account_fields import EMAIL
from segue.accounts.domains import DOMAIN_EXPECTED, DomainReading, read_domain
from segue.accounts.headers import HeaderMap
from segue.accounts.problem_log import ProblemLog
from segue.accounts.reading import Batch
from segue.accounts.readings import Fault, Reading
from segue.accounts.texts import clean_text, is_absent

_NOBODY = (Fault.FREE_MAIL, Fault.DISPOSABLE)


class RowDomain(NamedTuple):
    """What a row says about its domain. `nobody` is the mail service's domain when that is all it names."""

    domain: str | None = None
    website: str | None = None
    nobody: str | None = None
    address_only: bool = False
    """True when `nobody` comes from a person's address alone, which says nothing about the company."""
    failed: bool = False
    """True when a column was to name a domain and none could be read."""


class DomainReader:
    """Reads domain, then website, then e-mail address; the first that names a company's domain is taken."""

    def __init__(self, headers: HeaderMap, companies: frozenset[str]) -> None:
        self._columns = [
            (column.index, column.column, field)
            for field in ("domain", "website", EMAIL)
            for column in headers.columns_of(field)
        ]
        self._companies = companies

    def read(self, batch: Batch, log: ProblemLog) -> list[RowDomain]:
        """Return each row's domain; what is no domain, and a website that contradicts it, goes to the log."""
        return [self._row(row, record, log) for row, record in zip(batch.rows, batch.records, strict=True)]

    def _row(self, row: int, cells: Sequence[object], log: ProblemLog) -> RowDomain:
        domain = website = nobody = None
        address_only, kept, failed = True, "", False
        for index, column, field in self._columns:
            cell = cells[index]
            if cell is None or cell == "":
                continue
            found = self._reading(cell)
            if field == "website" and website is None:
                website = _text(cell)
            if found.fault is not None:
                reading = Reading(fault=found.fault, detail=found.detail)
                log.cell(row, column, "domain", cell, reading, DOMAIN_EXPECTED)
                failed = True
                if found.fault in _NOBODY:
                    nobody = nobody or found.detail
                    address_only = address_only and found.mail
            elif found.domain is not None and domain is None:
                domain, kept = found.domain, column
            elif found.domain is not None and found.domain != domain and field != EMAIL:
                clash = Reading(fault=Fault.CONFLICT, detail=f"kept {domain} from {kept}")
                log.cell(row, column, "domain", cell, clash, f"the same as {kept}")
        if domain is not None:
            return RowDomain(domain, website)
        return RowDomain(None, website, nobody, address_only, failed)

    def _reading(self, cell: object) -> DomainReading:
        if not isinstance(cell, str):
            return DomainReading(fault=Fault.NOT_A_DOMAIN)
        found = read_domain(cell)
        if found.fault in _NOBODY and found.detail in self._companies:
            return DomainReading(found.detail, mail=found.mail)
        return found


def _text(cell: object) -> str | None:
    text = clean_text(cell) if isinstance(cell, str) else None
    return None if text is None or is_absent(text) else text
