"""The raw values of an `rfm` over a table of events, and where their quantiles are cut, as SQL of every engine."""

from __future__ import annotations

from datetime import UTC, datetime

from segue.policies.event_program import FoldProgram
from segue.policies.event_spelling import EventSpelling
from segue.policies.event_traits import EventTrait
from segue.policies.language.dialects import Dialect
from segue.policies.sql_names import table_name


def rfm_query(trait: EventTrait, source: str, dialect: Dialect | str, now: datetime) -> str:
    """Return the query of the raw values of an `rfm`: account_id, last_at, days and total.

    Only accounts with such an event in the window have a row. Names as for `event_program.fold_query`.
    """
    known = Dialect(dialect)
    instant = now.replace(tzinfo=UTC) if now.tzinfo is None else now.astimezone(UTC)
    program = FoldProgram(EventSpelling(known, instant))
    last, days, total = program.rfm_values(trait)
    folded = program.folded(f"SELECT * FROM {table_name(source, known)}")  # noqa: S608 - a checked name
    return (
        f"SELECT account_id, {last} AS last_at, {days} AS days, {total} AS total"  # noqa: S608 - our own SQL
        f" FROM ({folded}) AS folded WHERE {last} IS NOT NULL"
    )


def cut_points_query(trait: EventTrait, source: str, dialect: Dialect | str, now: datetime) -> str:
    """Return the query of where the quantiles of an `rfm` are cut, in one row.

    It gives how many accounts there are, then for each cut in turn the instant of the last event, the days
    and the total: the k-th of n is the least value that k of n accounts do not exceed, the instant the latest.
    """
    assert trait.scale is not None
    n, columns = trait.scale.quantiles, ["COUNT(*) AS accounts"]
    for k in range(1, n):
        for call, value in (("MAX", "last_at"), ("MIN", "days"), ("MIN", "total")):
            place = f"{value}_place * {n} >= {k} * accounts"
            columns.append(f"{call}(CASE WHEN {place} THEN {value} END) AS {value}_{k}")
    return (
        f"SELECT {', '.join(columns)} FROM (SELECT last_at, days, total, COUNT(*) OVER () AS accounts,"  # noqa: S608
        " ROW_NUMBER() OVER (ORDER BY last_at DESC) AS last_at_place,"
        " ROW_NUMBER() OVER (ORDER BY days) AS days_place,"
        " ROW_NUMBER() OVER (ORDER BY total) AS total_place"
        f" FROM ({rfm_query(trait, source, dialect, now)}) AS raw) AS placed"
    )
