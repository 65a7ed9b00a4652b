"""What is known of an imported account at one instant: its facts, how far each is believed, what is stale."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from segue.accounts.book import AccountBook, AccountRecord
from segue.policies.facts import Account
from segue.policies.pack import Pack


@dataclass(frozen=True, slots=True)
class Known:
    """An account of an account file, as a pack may use it."""

    account: Account
    values: dict[str, Any]
    """The facts that are fresh enough; a trait that is not in it is unknown."""
    believed: dict[str, float]
    """How far each fact is believed: what the pack says of the file's source."""
    stale: tuple[str, ...]
    """The traits whose value is older than their `fresh_for`, and so unknown."""
    note: str | None = None
    """What a person should know of how the account was found."""


def account_file(data_dir: Path, pack: str) -> Path:
    """Return where the accounts that were imported for a pack are kept."""
    return data_dir / "accounts" / f"{pack}.parquet"


def known_account(data_dir: Path, pack: Pack, key: str, now: datetime) -> Known | None:
    """Return the account of an id or a domain, or None when none was imported under it.

    Raises:
        InputError: there is an account file and it cannot be read.
    """
    path = account_file(data_dir, pack.name)
    if not path.is_file():
        return None
    with AccountBook(path) as book:
        record = book.get(key)
        return None if record is None else as_known(record, pack, book.info.source_name, now)


def as_known(record: AccountRecord, pack: Pack, source: str, now: datetime) -> Known:
    """Return a record as a pack may use it at an instant."""
    stale = tuple(name for name, instant in record.as_of.items() if _is_stale(pack, name, instant, now))
    values = {
        name: value for name, value in record.values.items() if name in pack.blank and name not in stale
    }
    belief = pack.file.sources.get(source, 1.0)
    account = Account(record.id, record.domain, record.name, record.owner, record.open_opportunity_owner)
    note = None
    if record.duplicate_rows:
        rows = ", ".join(str(row) for row in record.duplicate_rows)
        note = f"row {record.row} was picked; rows {rows} may be the same account"
    return Known(account, values, dict.fromkeys(values, belief) if belief < 1 else {}, stale, note)


def _is_stale(pack: Pack, name: str, instant: datetime, now: datetime) -> bool:
    trait = pack.traits.get(name)
    return trait is not None and trait.fresh_for is not None and now - instant > trait.fresh_for
