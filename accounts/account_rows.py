"""One record of a file -> one row of the account file, or the reason why it makes no account."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from segue.accounts.company_names import company_key
from segue.accounts.field_readers import CurrencyReader, FieldReader
from segue.accounts.import_report import DroppedRow
from segue.accounts.problem_log import ProblemLog
from segue.accounts.readings import ABSENT, Reading
from segue.accounts.row_domains import DomainReader, RowDomain
from segue.policies.language.types import Value


@dataclass(frozen=True, slots=True)
class AccountRow:
    """A row that makes an account. `traits` holds the imported traits in the order of the account file."""

    row: int
    account_id: str
    domain: str | None
    name: str | None
    owner: str | None
    parent: str | None
    website: str | None
    open_opportunity_owner: str | None
    name_key: str | None
    parent_key: str | None
    has_open: bool | None
    filled: int
    last_activity: datetime | None
    created: datetime | None
    as_of: dict[str, datetime]
    traits: tuple[Value, ...]


class RowReader:
    """Reads the records of one file. Keeps, per field, how many rows it filled, left empty or could not read."""

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

    def read(self, row: int, cells: Sequence[object]) -> AccountRow | None:
        """Return the account of a record, or None when it makes none; the log is told why."""
        currency = self._currency.read(row, cells, self._log)
        found = {name: field.read(row, cells, self._log, currency) for name, field in self._fields.items()}
        domain = self._domains.read(row, cells, self._log)
        account_id, name = _text(found, "account_id"), _text(found, "name")
        why = _no_account(account_id, name, domain)
        if why is not None:
            self._log.drop(DroppedRow(row, name, domain.nobody, why))
            return None
        self._count(found, domain)
        return self._row(row, found, domain)

    def _row(self, row: int, found: Mapping[str, Reading], domain: RowDomain) -> AccountRow:
        name, parent = _text(found, "name"), _text(found, "parent")
        country = _text(found, "country") or ""
        key = company_key(name) if name else ""
        name_key = f"{key}|{country}" if key else None
        account_id = _text(found, "account_id")
        parent_key = _parent_key(parent, key, account_id)
        open_value = found.get("has_open_opportunity", ABSENT).value
        as_of = {name: min(reading.as_of, self._now) for name, reading in found.items() if reading.as_of is not None}
        return AccountRow(
            row=row,
            account_id=account_id or _hashed(domain.domain, name_key, parent_key),
            domain=domain.domain,
            name=name,
            owner=_text(found, "owner"),
            parent=parent,
            website=domain.website,
            open_opportunity_owner=_text(found, "open_opportunity_owner"),
            name_key=name_key,
            parent_key=parent_key,
            has_open=open_value if isinstance(open_value, bool) else None,
            filled=sum(reading.value is not None for reading in found.values()) + (domain.domain is not None),
            last_activity=_instant(found, "last_activity"),
            created=_instant(found, "created"),
            as_of=as_of,
            traits=tuple(found.get(name, ABSENT).value for name in self._traits),
        )

    def _count(self, found: Mapping[str, Reading], domain: RowDomain) -> None:
        for name, reading in found.items():
            if reading.value is not None:
                self.filled[name] += 1
                if reading.detail is not None and reading.fault is None:
                    self.converted[name] += 1
            elif reading.fault is not None:
                self.unreadable[name] += 1
        self.filled["domain"] += domain.domain is not None
        self.unreadable["domain"] += domain.failed
        self.filled["website"] += domain.website is not None


def as_of_json(as_of: Mapping[str, datetime]) -> str | None:
    """Return when the values were true as a JSON object of naive UTC texts, or None for none."""
    if not as_of:
        return None
    return json.dumps({name: instant.replace(tzinfo=None).isoformat(" ") for name, instant in as_of.items()})


def _no_account(account_id: str | None, name: str | None, domain: RowDomain) -> str | None:
    """Why a row makes no account, or None when it makes one."""
    if domain.nobody is not None and not (domain.address_only and (name or account_id)):
        return f"{domain.nobody} is a mail service's domain: it names no company"
    if account_id is None and name is None and domain.domain is None:
        return "it has no id, no name and no domain"
    return None


def _parent_key(parent: str | None, key: str, account_id: str | None) -> str | None:
    """The parent's key where the row is a subsidiary: one that names itself as parent is none."""
    if parent is None or parent == account_id:
        return None
    found = company_key(parent)
    return None if not found or found == key else found


def _hashed(domain: str | None, name_key: str | None, parent_key: str | None) -> str:
    """An id that the next import of the same account gives again."""
    told = f"{domain or ''}|{parent_key or ''}|{name_key or ''}" if parent_key or not domain else domain
    return "acc_" + hashlib.sha256(told.encode()).hexdigest()[:20]


def _text(found: Mapping[str, Reading], name: str) -> str | None:
    value = found.get(name, ABSENT).value
    return value if isinstance(value, str) else None


def _instant(found: Mapping[str, Reading], name: str) -> datetime | None:
    value = found.get(name, ABSENT).value
    return value if isinstance(value, datetime) else None
