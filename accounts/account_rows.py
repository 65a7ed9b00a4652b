"""Records of a file -> rows of the account file, column by column; and why some make no account."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import compress

from segue.accounts.company_names import company_key
from segue.accounts.field_readers import CurrencyReader, FieldReader
from segue.accounts.import_report import DroppedRow
from segue.accounts.problem_log import ProblemLog
from segue.accounts.reading import Batch
from segue.accounts.readings import Reading
from segue.accounts.row_domains import DomainReader, RowDomain

Column = list[object]
"""One column of some rows; None where a row has no value."""

_TEXTS = ("owner", "parent", "open_opportunity_owner")


class RowReader:
    """Reads the records of one file. Keeps, per field, how many rows it filled, or could not read."""

    def __init__(
        self,
        fields: Mapping[str, FieldReader],
        traits: Sequence[str],
        domains: DomainReader,
        currency: CurrencyReader,
        log: ProblemLog,
        imported_at: datetime,
    ) -> None:
        self._fields, self._traits = fields, traits
        self._domains, self._currency = domains, currency
        self._log, self._now = log, imported_at
        self.filled: Counter[str] = Counter()
        self.unreadable: Counter[str] = Counter()
        self.converted: Counter[str] = Counter()

    def read(self, batch: Batch) -> dict[str, Column]:
        """Return the accounts of some records as columns; the log is told of records that make none.

        The columns are those of the account file, and what duplicates are found by: name_key, parent_key,
        has_open, filled, last_activity, created. Traits are called `trait <name>`.
        """
        currencies = self._currency.read(batch, self._log)
        found = {name: field.read(batch, self._log, currencies) for name, field in self._fields.items()}
        domains = self._domains.read(batch, self._log)
        keeps = self._kept(batch, found, domains)
        rows = list(batch.rows)
        if not all(keeps):
            rows, domains = list(compress(rows, keeps)), list(compress(domains, keeps))
            found = {name: list(compress(readings, keeps)) for name, readings in found.items()}
        self._count(found, domains)
        return self._columns(rows, found, domains)

    def _kept(
        self, batch: Batch, found: Mapping[str, list[Reading]], domains: Sequence[RowDomain]
    ) -> list[bool]:
        """Which rows make an account. One that has no id, no name and no company's domain makes none."""
        nothing: list[object] = [None] * len(batch.rows)
        ids = [reading.value for reading in found["account_id"]] if "account_id" in found else nothing
        names = [reading.value for reading in found["name"]] if "name" in found else nothing
        keeps: list[bool] = []
        for row, account_id, name, domain in zip(batch.rows, ids, names, domains, strict=True):
            why = None
            if domain.nobody is not None and not (domain.address_only and (name or account_id)):
                why = f"{domain.nobody} is a mail service's domain: it names no company"
            elif name is None and account_id is None and domain.domain is None:
                why = "it has no id, no name and no domain"
            keeps.append(why is None)
            if why is not None:
                self._log.drop(DroppedRow(row, name if isinstance(name, str) else None, domain.nobody, why))
        return keeps

    def _columns(
        self, rows: list[int], found: Mapping[str, list[Reading]], domains: Sequence[RowDomain]
    ) -> dict[str, Column]:
        nothing: Column = [None] * len(rows)
        values: dict[str, Column] = {name: [reading.value for reading in found[name]] for name in found}
        columns: dict[str, Column] = {name: values.get(name, nothing) for name in ("name", *_TEXTS)}
        columns["row"] = [*rows]
        columns["domain"] = [domain.domain for domain in domains]
        columns["website"] = [domain.website for domain in domains]
        given = values.get("account_id", nothing)
        keys = [company_key(name) if isinstance(name, str) else "" for name in columns["name"]]
        countries = values.get("country", nothing)
        columns["name_key"] = [
            f"{key}|{place or ''}" if key else None for key, place in zip(keys, countries, strict=True)
        ]
        columns["parent_key"] = [
            _parent_key(parent, key, account_id)
            for parent, key, account_id in zip(columns["parent"], keys, given, strict=True)
        ]
        told = zip(given, columns["domain"], columns["name_key"], columns["parent_key"], strict=True)
        columns["account_id"] = [account_id or _hashed(*rest) for account_id, *rest in told]
        columns["has_open"] = values.get("has_open_opportunity", nothing)
        columns["last_activity"] = values.get("last_activity", nothing)
        columns["created"] = values.get("created", nothing)
        columns["filled"] = _filled([*values.values(), columns["domain"]], len(rows))
        columns["as_of"] = self._as_of(found, len(rows))
        return {**columns, **{f"trait {name}": values.get(name, nothing) for name in self._traits}}

    def _as_of(self, found: Mapping[str, list[Reading]], count: int) -> Column:
        """When values were true, as JSON objects of naive UTC texts; never later than the import."""
        dated: list[dict[str, str] | None] = [None] * count
        for name in self._traits:
            for place, reading in enumerate(found.get(name, ())):
                if reading.as_of is not None:
                    instants = dated[place] = dated[place] or {}
                    instants[name] = min(reading.as_of, self._now).replace(tzinfo=None).isoformat(" ")
        return [None if instants is None else json.dumps(instants) for instants in dated]

    def _count(self, found: Mapping[str, list[Reading]], domains: Sequence[RowDomain]) -> None:
        for name, readings in found.items():
            self.filled[name] += sum(reading.value is not None for reading in readings)
            odd = [reading for reading in readings if reading.fault is not None or reading.detail is not None]
            self.unreadable[name] += sum(reading.value is None for reading in odd)
            self.converted[name] += sum(reading.fault is None for reading in odd)
        self.filled["domain"] += sum(domain.domain is not None for domain in domains)
        self.unreadable["domain"] += sum(domain.failed for domain in domains)
        self.filled["website"] += sum(domain.website is not None for domain in domains)


def _filled(columns: Sequence[Column], count: int) -> Column:
    filled = [0] * count
    for column in columns:
        filled = [known + (value is not None) for known, value in zip(filled, column, strict=True)]
    return [*filled]


def _parent_key(parent: object, key: str, account_id: object) -> str | None:
    """The parent's key where the row is a subsidiary: one that names itself as parent is none."""
    if not isinstance(parent, str) or parent == account_id:
        return None
    found = company_key(parent)
    return None if not found or found == key else found


def _hashed(domain: object, name_key: object, parent_key: object) -> str:
    """An id that the next import of the same account gives again."""
    told = f"{domain or ''}|{parent_key or ''}|{name_key or ''}" if parent_key or not domain else str(domain)
    return "acc_" + hashlib.sha256(told.encode()).hexdigest()[:20]
