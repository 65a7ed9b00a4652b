"""What the statistics of a Parquet file prove of its columns of numbers, so that no row need be asked."""

from __future__ import annotations

import glob
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import duckdb


class Extent(NamedTuple):
    """The least and the greatest number of a column. NaN may stand in it all the same."""

    least: float
    most: float

    def within(self, least: float, most: float) -> bool:
        """Return True when every number lies between the two."""
        return least <= self.least and self.most <= most


def parquet_extents(connection: duckdb.DuckDBPyConnection, path: Path) -> Mapping[str, Extent]:
    """Return the extent of each column of BIGINT or DOUBLE of which every row group states its own.

    Statistics bound the numbers they leave out too, but for NaN: writers need not count it, and most do not.
    """
    rows = connection.execute(
        "SELECT path_in_schema, min(least), max(most) FROM ("
        "SELECT path_in_schema, TRY_CAST(stats_min_value AS DOUBLE) AS least,"
        " TRY_CAST(stats_max_value AS DOUBLE) AS most"
        " FROM parquet_metadata(?) WHERE type IN ('INT64', 'DOUBLE'))"
        " GROUP BY path_in_schema HAVING count(*) = count(least) AND count(*) = count(most)",
        [glob.escape(str(path))],
    ).fetchall()
    return {str(name): Extent(float(least), float(most)) for name, least, most in rows}
