"""What is known of an imported account at one instant: its facts, how far each is believed, what is stale.

Where several rows may be the account, one of them is taken whole and none is merged into it; what the
others say against it is told.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from segue.accounts.book import AccountBook, AccountRecord
from segue.policies.facts import Account
from segue.policies.language.types import Value
from segue.policies.pack import Pack


@dataclass(frozen=True, slots=True)
class Stated:
    """A value of a trait and the rows that state it."""

    value: Value
    rows: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Contradiction:
    """A trait of which rows that may be one account state different values."""

    trait: str
    taken: Stated | None
    """The value of the row that was taken; None where that row does not state one, so that it is unknown."""
    others: tuple[Stated, ...]
    """The values passed over, in the order of the rows."""


@dataclass(frozen=True, slots=True)
class Pick:
    """Which of several rows that may be one account was taken. The others are never merged into it."""

    row: int
    others: tuple[int, ...]
    preferred: int | None
    """The row that the tie-break would pick, where another was taken since its own id was asked for."""
    contradictions: tuple[Contradiction, ...]


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
    pick: Pick | None = None
    """Set where several rows of the file may be the account."""


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
    stale = _stale(record, pack, now)
    values = _usable(record, pack, now)
    belief = pack.file.sources.get(source, 1.0)
    account = Account(record.id, record.domain, record.name, record.owner, record.open_opportunity_owner)
    believed = dict.fromkeys(values, belief) if belief < 1 else {}
    return Known(account, values, believed, stale, _pick(record, pack, now) if record.duplicates else None)


def _stale(record: AccountRecord, pack: Pack, now: datetime) -> tuple[str, ...]:
    return tuple(name for name, instant in record.as_of.items() if _is_stale(pack, name, instant, now))


def _usable(record: AccountRecord, pack: Pack, now: datetime) -> dict[str, Any]:
    stale = _stale(record, pack, now)
    return {name: value for name, value in record.values.items() if name in pack.blank and name not in stale}


def _pick(record: AccountRecord, pack: Pack, now: datetime) -> Pick:
    others = record.duplicates
    preferred = None
    if record.duplicate_of is not None:
        preferred = next((each.row for each in others if each.duplicate_of is None), None)
    stated = {each.row: _usable(each, pack, now) for each in (record, *others)}
    contradictions = (_contradiction(name, record.row, stated) for name in pack.blank)
    return Pick(
        record.row, tuple(each.row for each in others), preferred,
        tuple(each for each in contradictions if each is not None),
    )  # fmt: skip


def _contradiction(name: str, taken: int, stated: Mapping[int, Mapping[str, Any]]) -> Contradiction | None:
    """Return how rows differ on a trait, or None where all that state it agree."""
    rows: dict[Any, list[int]] = {}
    values: dict[Any, Value] = {}
    for row, facts in stated.items():
        if name in facts:
            key = frozenset(facts[name]) if isinstance(facts[name], tuple) else facts[name]
            values.setdefault(key, facts[name])
            rows.setdefault(key, []).append(row)
    if len(rows) < 2:
        return None
    found = [Stated(values[key], tuple(rows[key])) for key in rows]
    if taken not in found[0].rows:
        return Contradiction(name, None, tuple(found))
    return Contradiction(name, found[0], tuple(found[1:]))


def _is_stale(pack: Pack, name: str, instant: datetime, now: datetime) -> bool:
    trait = pack.traits.get(name)
    return trait is not None and trait.fresh_for is not None and now - instant > trait.fresh_for
