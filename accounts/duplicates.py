"""Accounts that may be one: found and shown with the one that a tie-break would pick, and never merged.

Rows are duplicates when they share the CRM's id, the domain, or, where a row has no domain, the name and
the country of others. A subsidiary (a row that names a parent) shares its group's domain by right, and is
a duplicate only of a row of the same name and parent.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import duckdb


class TieBreak(StrEnum):
    """What would pick one of several rows, in this order. Append, never rename."""

    HAS_OWNER = "has_owner"
    HAS_OPEN_OPPORTUNITY = "has_open_opportunity"
    MOST_FILLED = "most_filled"
    LATEST_ACTIVITY = "latest_activity"
    CREATED_FIRST = "created_first"
    LOWEST_ID = "lowest_id"
    FIRST_ROW = "first_row"


class SharedBy(StrEnum):
    """What the rows of a group have in common."""

    ID = "id"
    DOMAIN = "domain"
    NAME = "name"
    SUBSIDIARY = "subsidiary"


@dataclass(frozen=True, slots=True)
class DuplicateRow:
    """One row of a group, with all that the tie-break looks at."""

    row: int
    account_id: str
    name: str | None
    owner: str | None
    has_open_opportunity: bool
    filled: int
    """How many of its fields and traits are known."""
    last_activity: datetime | None
    created: datetime | None


@dataclass(frozen=True, slots=True)
class DuplicateGroup:
    """Rows that may be one account. The first is the tie-break's pick."""

    shared_by: SharedBy
    shared: str
    """The domain, the name or the id that they share."""
    rows: tuple[DuplicateRow, ...]
    because: TieBreak
    """The first point on which the pick is ahead of the next."""


@dataclass(frozen=True, slots=True)
class Duplicates:
    """How many groups there are and how many rows are in them, with the first groups of the file."""

    groups: int
    rows: int
    shown: tuple[DuplicateGroup, ...]


KEY_COLUMNS = {
    "row": "BIGINT", "account_id": "VARCHAR", "domain": "VARCHAR", "name": "VARCHAR", "owner": "VARCHAR",
    "name_key": "VARCHAR", "parent_key": "VARCHAR", "has_open": "BOOLEAN", "filled": "INTEGER",
    "last_activity": "TIMESTAMP", "created": "TIMESTAMP",
}  # fmt: skip
"""The columns of the table `keys` that `find_duplicates` reads. `name_key` is the company's key and its
country; `parent_key` the parent's key where the row is a subsidiary."""

_GROUPED = """
CREATE TEMP TABLE grouped AS
WITH lone AS (
    SELECT name_key, min(domain) AS domain FROM keys
    WHERE domain IS NOT NULL AND name_key IS NOT NULL AND parent_key IS NULL
    GROUP BY name_key HAVING count(DISTINCT domain) = 1
), keyed AS (
    SELECT keys.row, keys.account_id, CASE
        WHEN parent_key IS NOT NULL
            THEN concat('s', coalesce(keys.domain, ''), '|', parent_key, '|', keys.name_key)
        WHEN keys.domain IS NOT NULL THEN concat('d', keys.domain)
        WHEN lone.domain IS NOT NULL THEN concat('d', lone.domain)
        WHEN keys.name_key IS NOT NULL THEN concat('n', keys.name_key)
        ELSE concat('i', keys.account_id) END AS own
    FROM keys LEFT JOIN lone
        ON keys.domain IS NULL AND keys.parent_key IS NULL AND keys.name_key = lone.name_key
)
SELECT row, min(own) OVER (PARTITION BY account_id) AS shared FROM keyed
"""
_RANKED = """
CREATE TEMP TABLE duplicates AS
SELECT * FROM (
    SELECT grouped.shared, keys.*, row_number() OVER pick AS place,
        first_value(account_id) OVER pick AS pick_id, min(keys.row) OVER (PARTITION BY shared) AS first_row
    FROM keys JOIN grouped USING (row)
    WHERE shared IN (SELECT shared FROM grouped GROUP BY shared HAVING count(*) > 1)
    WINDOW pick AS (
        PARTITION BY shared ORDER BY (owner IS NOT NULL) DESC, coalesce(has_open, false) DESC, filled DESC,
        last_activity DESC NULLS LAST, created ASC NULLS LAST, length(account_id), account_id, keys.row
    )
)
"""
_PASSED_OVER = """
CREATE TEMP TABLE duplicate_rows AS SELECT row, pick_id AS duplicate_of FROM duplicates WHERE place > 1
"""
_SHOWN = """
SELECT shared, row, account_id, name, owner, coalesce(has_open, false), filled, last_activity, created
FROM duplicates WHERE first_row IN (SELECT DISTINCT first_row FROM duplicates ORDER BY first_row LIMIT ?)
ORDER BY first_row, place
"""


def find_duplicates(connection: duckdb.DuckDBPyConnection, show: int) -> Duplicates:
    """Group the rows of the table `keys`, rank each group, and leave the table `duplicate_rows`.

    `duplicate_rows` holds (row, duplicate_of) for every row that is not its group's pick; `duplicate_of`
    is the pick's account id. At most `show` groups are returned, in the file's order. Nothing is merged.
    """
    connection.execute(_GROUPED)
    connection.execute(_RANKED)
    connection.execute(_PASSED_OVER)
    counted = connection.execute("SELECT count(DISTINCT shared), count(*) FROM duplicates").fetchone()
    groups, rows = (int(number) for number in counted) if counted else (0, 0)
    members: dict[str, list[DuplicateRow]] = {}
    for shared, *fields in connection.execute(_SHOWN, [show]).fetchall():
        members.setdefault(shared, []).append(DuplicateRow(*fields))
    return Duplicates(groups, rows, tuple(_group(shared, found) for shared, found in members.items()))


def _group(shared: str, rows: list[DuplicateRow]) -> DuplicateGroup:
    kinds = {"d": SharedBy.DOMAIN, "n": SharedBy.NAME, "s": SharedBy.SUBSIDIARY, "i": SharedBy.ID}
    kind, what = kinds[shared[0]], shared[1:]
    if kind is SharedBy.NAME or kind is SharedBy.SUBSIDIARY:
        what = rows[0].name or what
    if len({row.account_id for row in rows}) == 1 and kind is not SharedBy.DOMAIN:
        kind, what = SharedBy.ID, rows[0].account_id
    return DuplicateGroup(kind, what, tuple(rows), tie_break(rows[0], rows[1]))


def tie_break(pick: DuplicateRow, other: DuplicateRow) -> TieBreak:
    """Return the first point on which a pick is ahead of another row of its group."""
    points: list[tuple[TieBreak, object, object]] = [
        (TieBreak.HAS_OWNER, pick.owner is not None, other.owner is not None),
        (TieBreak.HAS_OPEN_OPPORTUNITY, pick.has_open_opportunity, other.has_open_opportunity),
        (TieBreak.MOST_FILLED, pick.filled, other.filled),
        (TieBreak.LATEST_ACTIVITY, pick.last_activity, other.last_activity),
        (TieBreak.CREATED_FIRST, pick.created, other.created),
        (TieBreak.LOWEST_ID, pick.account_id, other.account_id),
    ]
    return next((point for point, own, others in points if own != others), TieBreak.FIRST_ROW)
