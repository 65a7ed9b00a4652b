"""Label the whole store at once: the same packs as one SQL program, run where the data is.

PostgreSQL runs it over its own tables. DuckDB and Spark run it over what was exported of them
(`segue.accounts.population_files`). Each gives every account the label that the classifier gives it online.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from segue.accounts.alias_sql import ACCOUNTS_WITH_ALIASES
from segue.accounts.event_population import EVENT_JOINS, fold_population, with_events
from segue.accounts.seat_population import seat_joins, with_seats
from segue.accounts.stated_sql import stated_sql
from segue.core.database import Connection
from segue.policies.language.dialects import Dialect
from segue.policies.language.sql import column
from segue.policies.pack import Pack
from segue.policies.program import label_query

KEYS: tuple[str, ...] = ("account_id", "pinned_segment")


async def label_population(connection: Connection, packs: Sequence[Pack], now: datetime) -> list[str]:
    """Label every account that is no alias, pack by pack, into temporary tables; return their names in order.

    Each table has `account_id`, `segment` and `status`, labels held by hand included. Call it within a
    transaction: the tables last until its end.
    """
    has_events = await fold_population(connection, packs, now)
    made: list[str] = []
    for pack in packs:
        known, labels = known_table(pack), labels_table(pack)
        for number, part in enumerate(await account_parts(connection)):
            query = with_earlier_labels(pack, packs, known_query(pack, now, has_events, part))
            into = f"INSERT INTO {known}" if number else f"CREATE TEMP TABLE {known} ON COMMIT DROP AS"
            await connection.execute(f"{into} {query}".encode())
        cursor = await connection.execute(f"SELECT * FROM {known} LIMIT 0".encode())  # noqa: S608
        columns = [each.name for each in cursor.description or ()]
        query = labels_query(pack, known, Dialect.POSTGRES, now, columns)
        await connection.execute(f"CREATE TEMP TABLE {labels} ON COMMIT DROP AS {query}".encode())
        made.append(labels)
    return made


async def account_parts(connection: Connection) -> list[str]:
    """Return conditions on `accounts` that part all accounts, in order of their ids.

    PostgreSQL keeps some memory for every value that a query opens as a table until the query ends: one
    over millions of accounts would not fit.
    """
    cursor = await connection.execute(_BOUNDS, (_PART,))
    bounds = [row[0] for row in await cursor.fetchall()]
    ids = (
        [f"accounts.account_id > {each}" for each in bounds],
        [f"accounts.account_id <= {each}" for each in bounds],
    )
    return [" AND ".join(each) for each in zip(["TRUE", *ids[0]], [*ids[1], "TRUE"], strict=True)]


_PART = 100_000
_BOUNDS = """
SELECT quote_literal(account_id) FROM (
    SELECT account_id, row_number() OVER (ORDER BY account_id) AS number FROM segue.accounts) AS numbered
WHERE number %% %s = 0 ORDER BY number
"""


def known_table(pack: Pack) -> str:
    """Return what the table of a pack's facts is called."""
    return f"known_{pack.name}"


def labels_table(pack: Pack) -> str:
    """Return what the table of a pack's labels is called."""
    return f"labels_{pack.name}"


def known_query(pack: Pack, now: datetime, has_events: bool, part: str = "TRUE") -> str:
    """Return the PostgreSQL query of what a pack knows of every account: a row an account, a column a trait.

    `pinned_segment` is the label that somebody holds by hand, where the pack has that segment. With events
    it reads the tables that `fold_population` made. `part` is a condition on `accounts`.
    """
    stated = stated_sql(pack, now)
    columns = with_events(pack, stated.columns) if has_events else stated.columns
    columns = with_seats(pack, columns)
    listed = ",\n  ".join(f"{each} AS {name}" for name, each in columns.items())
    segments = ", ".join(f"'{each.name}'" for each in pack.segments)
    return (
        f"SELECT accounts.account_id, pins.value AS pinned_segment,\n  {listed}\n"
        f"FROM {ACCOUNTS_WITH_ALIASES} {' '.join(stated.joins)} {EVENT_JOINS if has_events else ''}{seat_joins(pack)}"
        " LEFT JOIN segue.pins ON pins.account_id = accounts.account_id"
        f" AND pins.kind = 'label' AND pins.pack = '{pack.name}' AND pins.value IN ({segments})"
        f" AND pins.expires_at > '{now.isoformat()}'\nWHERE {part}"
    )


def with_earlier_labels(pack: Pack, packs: Sequence[Pack], known: str) -> str:
    """Return the query of a pack's facts with the labels of the packs before it, where it reads them.

    `known` is a query; the labels are tables by the name that `labels_table` gives.
    """
    columns, joins = ["known.*"], []
    for earlier in packs:
        if earlier is pack:
            break
        if f"{earlier.name}.segment" in pack.traits:
            table = labels_table(earlier)
            columns.append(f"{table}.segment AS {column(f'{earlier.name}.segment')}")
            joins.append(f"LEFT JOIN {table} ON {table}.account_id = known.account_id")
    return f"SELECT {', '.join(columns)} FROM ({known}) AS known {' '.join(joins)}"  # noqa: S608


def labels_query(pack: Pack, known: str, dialect: Dialect, now: datetime, columns: Sequence[str]) -> str:
    """Return the query of the labels over the table `known`, which has these columns."""
    computed = label_query(pack, known, dialect, now, columns=columns, keys=KEYS)
    return (
        "SELECT account_id, coalesce(pinned_segment, segment) AS segment,"  # noqa: S608
        " CASE WHEN pinned_segment IS NULL THEN status ELSE 'matched' END AS status"
        f" FROM ({computed}) AS computed"
    )
