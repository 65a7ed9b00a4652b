"""The account file: Parquet with one row per account, written whole or not at all.

Columns: account_id, domain, name, owner, parent, website, open_opportunity_owner, row; then one column
for each imported trait, typed; then duplicate_of (the id of the row that a tie-break would pick instead)
and as_of (trait to the instant at which its value was true, where the file said so). Timestamps are UTC
without a zone. The file's metadata tells where it came from and the type of each trait.
"""

from __future__ import annotations

import csv
import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import TextIO

from segue.accounts.account_fields import BOOKKEEPING, IDENTITY
from segue.accounts.account_rows import Column
from segue.accounts.duplicates import KEY_COLUMNS, Duplicates, find_duplicates
from segue.accounts.engine import open_engine
from segue.core.errors import InputError, Place
from segue.policies.models.common import NAME_PATTERN
from segue.policies.models.traits import TraitType

VERSION = 1
SQL_TYPES: dict[TraitType, str] = {
    "text": "VARCHAR",
    "integer": "BIGINT",
    "number": "DOUBLE",
    "boolean": "BOOLEAN",
    "timestamp": "TIMESTAMP",
    "text[]": "VARCHAR[]",
}
"""The column type of each trait type."""

_STAGED_FIRST = {
    **KEY_COLUMNS,
    "parent": "VARCHAR",
    "website": "VARCHAR",
    "open_opportunity_owner": "VARCHAR",
}
_MEMORY_LIMIT = "512MB"


@dataclass(frozen=True, slots=True)
class AccountFileInfo:
    """What an account file says of itself."""

    version: int
    source: str
    """The file that was imported."""
    source_name: str
    """The pack's name for where it came from, such as crm."""
    imported_at: str
    """ISO 8601, UTC."""
    accounts: int
    traits: dict[str, str]
    """The traits in it and their types."""

    @classmethod
    def of(cls, path: Path, metadata: str | None) -> AccountFileInfo:
        """Read the metadata of an account file.

        Raises:
            InputError: there is none, or it is of a later version.
        """
        try:
            found = json.loads(metadata or "")
            info = cls(**{field.name: found[field.name] for field in fields(cls)})
        except (ValueError, KeyError, TypeError) as error:
            raise InputError("is not an account file: import it first", Place(str(path))) from error
        if info.version > VERSION:
            raise InputError(
                f"is an account file of version {info.version}, expected {VERSION}", Place(str(path))
            )
        return info


class StagedAccounts:
    """Typed rows on their way into an account file, kept in a text file that DuckDB reads back.

    No value is an empty text, so that an empty field is a NULL.
    """

    def __init__(self, file: TextIO, traits: Mapping[str, TraitType]) -> None:
        self._types = staged_types(traits)
        self._writer = csv.writer(file, lineterminator="\n")
        self.count = 0

    def add(self, columns: Mapping[str, Column]) -> None:
        """Add some rows, given by column."""
        plain = [_plain(columns[name], kind) for name, kind in self._types.items()]
        self._writer.writerows(zip(*plain, strict=True))
        self.count += len(plain[0])


def write_account_file(
    staged: Path, target: Path, traits: Mapping[str, TraitType], info: AccountFileInfo, show: int
) -> Duplicates:
    """Find the duplicates among staged rows and write the account file at `target`.

    `target` is in a folder of the import's own; the caller moves it to its place. The rows are in the
    order of the source. Returns the first `show` groups of duplicates.

    Raises:
        InputError: the disk is full, or the rows do not fit into it and the memory.
    """
    spill = str(target.parent / "spill")
    with open_engine(memory_limit=_MEMORY_LIMIT, temp_directory=spill) as connection:
        rows = _staged_rows(staged, traits)
        connection.execute(f"CREATE TEMP TABLE keys AS SELECT {', '.join(KEY_COLUMNS)} FROM {rows}")  # noqa: S608
        duplicates = find_duplicates(connection, show)
        columns = [
            *(name for name in IDENTITY),
            "row",
            *(_trait_column(name, kind) for name, kind in traits.items()),
        ]
        columns += ["duplicate_of", "CAST(CAST(as_of AS JSON) AS MAP(VARCHAR, TIMESTAMP)) AS as_of"]
        metadata = _quoted(json.dumps(asdict(info)))
        chosen = f"SELECT {', '.join(columns)} FROM {rows} LEFT JOIN duplicate_rows USING (row) ORDER BY row"  # noqa: S608
        settings = f"FORMAT parquet, COMPRESSION zstd, KV_METADATA {{segue: {metadata}}}"
        connection.execute(f"COPY ({chosen}) TO {_quoted(str(target))} ({settings})")
    return duplicates


def move_into_place(made: Path, place: Path) -> None:
    """Flush a finished file to the disk and give it its name, replacing an earlier file whole."""
    with made.open("rb+") as file:
        os.fsync(file.fileno())
    made.replace(place)


def check_trait_names(traits: Mapping[str, TraitType]) -> None:
    """Refuse traits that an account file has another column for.

    Raises:
        InputError: a name is none, or that of a column of bookkeeping, or of an identity column and the
            trait is no text.
    """
    for name, kind in traits.items():
        if not re.fullmatch(NAME_PATTERN, name):
            raise InputError(f"a trait cannot be called {name!r}: expected lower case letters, digits and _")
        if name in BOOKKEEPING or (name in IDENTITY and kind != "text"):
            raise InputError(f"a trait cannot be called {name!r}: an account file keeps something else there")


def staged_types(traits: Mapping[str, TraitType]) -> dict[str, str]:
    """Return the columns of staged rows and their types, in order; traits are called `trait <name>`."""
    return {
        **_STAGED_FIRST,
        "as_of": "VARCHAR",
        **{f"trait {name}": SQL_TYPES[kind] for name, kind in traits.items()},
    }


def _staged_rows(staged: Path, traits: Mapping[str, TraitType]) -> str:
    types = {name: "VARCHAR" if kind == "VARCHAR[]" else kind for name, kind in staged_types(traits).items()}
    listed = ", ".join(f"{_quoted(name)}: {_quoted(kind)}" for name, kind in types.items())
    return (
        f"read_csv({_quoted(str(staged))}, auto_detect = false, header = false, delim = ',', quote = '\"',"
        f" escape = '\"', new_line = '\\n', max_line_size = 67108864, columns = {{{listed}}})"
    )


def _trait_column(name: str, kind: TraitType) -> str:
    column = f'"trait {name}"'
    return (
        f'CAST(CAST({column} AS JSON) AS VARCHAR[]) AS "{name}"'
        if kind == "text[]"
        else f'{column} AS "{name}"'
    )


def _plain(column: Column, kind: str) -> Sequence[object]:
    """A column as the text file takes it: instants as naive UTC, lists as JSON."""
    if kind == "TIMESTAMP":
        return [
            cell.replace(tzinfo=None).isoformat(" ") if isinstance(cell, datetime) else None
            for cell in column
        ]
    if kind == "VARCHAR[]":
        return [None if cell is None else json.dumps(cell, ensure_ascii=False) for cell in column]
    return column


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
