"""Look accounts up in an account file, by id or by domain, or go through them all."""

from __future__ import annotations

import glob
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import duckdb

from segue.accounts.account_fields import IDENTITY
from segue.accounts.account_file import AccountFileInfo
from segue.accounts.domains import read_domain
from segue.accounts.engine import open_engine
from segue.core.errors import InputError, Place
from segue.policies.language.types import Value

_FETCH = 2_048


@dataclass(frozen=True, slots=True)
class AccountRecord:
    """One account as a file states it.

    `values` holds the traits that are known, typed as their trait (timestamps aware, in UTC; lists as
    tuples); a trait that is not in it is unknown. `as_of` tells when a value was true, where the file
    said so.
    """

    id: str
    domain: str | None
    name: str | None
    owner: str | None
    parent: str | None
    website: str | None
    open_opportunity_owner: str | None
    row: int
    """The row of the imported file."""
    values: dict[str, Value]
    as_of: dict[str, datetime]
    duplicate_of: str | None
    """The id of the account that the tie-break would pick instead of this row."""
    duplicates: tuple[AccountRecord, ...] = ()
    """After a look-up: the other rows of the file that may be this account too, in the file's order."""


class AccountBook:
    """An account file, open for look-ups. Close it, or use it in a `with` block.

    A look-up scans the file's columns with the filter pushed down: milliseconds for a hundred thousand
    accounts. Every call may come from another thread.
    """

    def __init__(self, path: str | Path) -> None:
        """Open an account file.

        Raises:
            InputError: the file is missing or is not an account file.
        """
        self.path = Path(path)
        place = Place(str(path))
        if not self.path.is_file():
            raise InputError("there is no such account file", place)
        self._file = glob.escape(str(self.path))
        self._connection = open_engine(threads=2)
        try:
            self.info = AccountFileInfo.of(self.path, self._metadata())
        except duckdb.Error as error:
            self._connection.close()
            raise InputError("is not an account file: import it first", place) from error
        except InputError:
            self._connection.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def __len__(self) -> int:
        return self.info.accounts

    def __iter__(self) -> Iterator[AccountRecord]:
        """Yield every account in the order of the imported file, duplicates included, as a stream."""
        with self._connection.cursor() as cursor:
            names = self._select(cursor, "")
            while rows := cursor.fetchmany(_FETCH):
                for row in rows:
                    yield self._record(names, row)

    def get(self, key: str) -> AccountRecord | None:
        """Return the account of an id, else of a domain (also as a URL or an e-mail address), or None."""
        return self.by_id(key) or self.by_domain(key)

    def by_id(self, account_id: str) -> AccountRecord | None:
        """Return the account of an id; of several rows with it, the tie-break's pick.

        The row may itself be passed over by the tie-break: its `duplicates` then hold the pick.
        """
        found = self._first("account_id = ?", [account_id])
        return found and self._with_duplicates(found)

    def by_domain(self, text: str) -> AccountRecord | None:
        """Return the account of a domain: of duplicates the tie-break's pick, of a family the parent.

        The pick's `duplicates` are the rows passed over; it may itself lack the domain, where it was
        matched by name.
        """
        domain = read_domain(text).domain
        found = self._first("domain = ?", [domain]) if domain else None
        if found is None:
            return None
        if found.duplicate_of is not None:
            found = self._first("account_id = ? AND duplicate_of IS NULL", [found.duplicate_of]) or found
        return self._with_duplicates(found)

    def _first(self, where: str, parameters: Sequence[str]) -> AccountRecord | None:
        order = "ORDER BY duplicate_of IS NOT NULL, parent IS NOT NULL, row LIMIT 1"
        with self._connection.cursor() as cursor:
            names = self._select(cursor, f"WHERE {where} {order}", parameters)
            row = cursor.fetchone()
        return self._record(names, row) if row else None

    def _with_duplicates(self, found: AccountRecord) -> AccountRecord:
        pick = found.duplicate_of or found.id
        where = "WHERE (duplicate_of = ? OR account_id = ?) AND row <> CAST(? AS BIGINT) ORDER BY row"
        with self._connection.cursor() as cursor:
            names = self._select(cursor, where, [pick, pick, str(found.row)])
            others = tuple(self._record(names, row) for row in cursor.fetchall())
        return replace(found, duplicates=others)

    def _select(
        self, cursor: duckdb.DuckDBPyConnection, tail: str, parameters: Sequence[str] = ()
    ) -> list[str]:
        try:
            cursor.execute(f"SELECT * FROM read_parquet(?) {tail}", [self._file, *parameters])  # noqa: S608
        except duckdb.Error as error:
            raise InputError("can no longer be read as an account file", Place(str(self.path))) from error
        return [column[0] for column in cursor.description or []]

    def _record(self, names: Sequence[str], row: Sequence[Any]) -> AccountRecord:
        cells = dict(zip(names, row, strict=True))
        known = {name: _value(cells[name]) for name in self.info.traits if cells[name] is not None}
        return AccountRecord(
            id=cells["account_id"],
            **{name: cells[name] for name in IDENTITY if name != "account_id"},
            row=cells["row"],
            values=known,
            as_of={name: instant.replace(tzinfo=UTC) for name, instant in (cells["as_of"] or {}).items()},
            duplicate_of=cells["duplicate_of"],
        )

    def _metadata(self) -> str | None:
        row = self._connection.execute(
            "SELECT decode(value) FROM parquet_kv_metadata(?) WHERE decode(key) = 'segue'", [self._file]
        ).fetchone()
        return str(row[0]) if row else None


def _value(cell: Any) -> Value:
    if isinstance(cell, datetime):
        return cell.replace(tzinfo=UTC)
    return tuple(cell) if isinstance(cell, list) else cell
