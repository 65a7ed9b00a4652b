"""The SQL engines there are, each as its differences from the shared spelling.

A trait's column has the type that `type_name` gives. Timestamps are instants: naive UTC in DuckDB,
with time zone everywhere else. Texts have the engine's default collation, which is exact and in
code-point order unless a spelling says otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NoReturn

from segue.core.errors import InputError, nearest
from segue.policies.language.spelling import (
    Spelling,
    backslashed,
    column_types,
    escaped_pattern,
    unless_null,
    utc_text,
    whole_seconds,
)
from segue.policies.language.tree import Wildcard
from segue.policies.language.types import Type


class Dialect(StrEnum):
    """The SQL engines there are.

    Raises:
        InputError: `Dialect(name)` of any other name; the message has the nearest.
    """

    DUCKDB = "duckdb"
    POSTGRES = "postgres"
    SPARK = "spark"
    SNOWFLAKE = "snowflake"
    BIGQUERY = "bigquery"
    DATABRICKS = "databricks"
    REDSHIFT = "redshift"

    @classmethod
    def _missing_(cls, value: object) -> NoReturn:
        known = [each.value for each in cls]
        hint = nearest(str(value), known)
        raise InputError(f"unknown SQL dialect {value!r}: expected one of {', '.join(known)}{hint}")


class DuckDB(Spelling):
    """DuckDB 1.4 or newer."""

    def among(self, column: str, items: Sequence[str]) -> str:
        """A function is worked out once for each text of a column's dictionary; IN becomes a join.

        The join also costs COPY its second thread wherever the order of the rows is kept.
        """
        if len(items) > _MOST_LISTED:
            return super().among(column, items)
        listed = ", ".join(map(self.quote, items))
        unknown = self.cast("NULL", Type.BOOLEAN)
        found = f"(list_position([{listed}], {column}) IS NOT NULL)"
        return f"(CASE WHEN {column} IS NULL THEN {unknown} ELSE {found} END)"


_MOST_LISTED = 100
"""Beyond it a hash join is faster than a look at one text after the other."""


class Postgres(Spelling):
    """PostgreSQL 12 or newer, with UTF-8 as the database's encoding."""

    types = column_types("TEXT", "BIGINT", "DOUBLE PRECISION", "BOOLEAN", "TIMESTAMPTZ", "TEXT[]")
    backslash_in_like = True

    def quote(self, text: str) -> str:
        """E'' whenever there is a backslash: it means the same under either standard_conforming_strings."""
        plain = super().quote(text)
        return "E" + plain.replace("\\", "\\\\") if "\\" in text else plain

    def instant(self, moment: datetime) -> str:
        """Write an aware timestamp as a constant."""
        return f"TIMESTAMPTZ '{utc_text(moment)}+00'"

    def now(self, offset: timedelta) -> str:
        """Seconds, because a day added to a TIMESTAMPTZ is a calendar day of the session's zone."""
        clock = "CURRENT_TIMESTAMP"
        return f"({clock} + INTERVAL '{whole_seconds(offset)} seconds')" if offset else clock

    def contains(self, column: str, item: str) -> str:
        """Write whether a list column holds a text."""
        return f"({self.quote(item)} = ANY({column}))"

    def ordered_texts(self, sides: Sequence[str]) -> list[str]:
        """The database's default order is its locale's; one explicit collation decides for all sides."""
        return [f'({sides[0]} COLLATE "C")', *sides[1:]]


class Spark(Spelling):
    """Spark 3.4 or newer, and Databricks, in any session time zone; ANSI mode on or off."""

    types = column_types("STRING", "BIGINT", "DOUBLE", "BOOLEAN", "TIMESTAMP", "ARRAY<STRING>")
    backslash_in_like = True

    def quote(self, text: str) -> str:
        """Backslashes escape; '' is no quote before Spark 4; `${...}` is substituted even inside texts."""
        return backslashed(text).replace("$", "\\u0024")

    def instant(self, moment: datetime) -> str:
        """Write an aware timestamp as a constant; with a zone of its own, the session's does not count."""
        return f"TIMESTAMP '{utc_text(moment)}Z'"

    def now(self, offset: timedelta) -> str:
        """Write the engine's own clock; an interval of seconds is exact in every zone."""
        clock = "CURRENT_TIMESTAMP()"
        return f"({clock} + INTERVAL '{whole_seconds(offset)}' SECOND)" if offset else clock

    def contains(self, column: str, item: str) -> str:
        """Write whether a list column holds a text."""
        return f"ARRAY_CONTAINS({column}, {self.quote(item)})"


class Snowflake(Spelling):
    """Snowflake; TIMESTAMP_LTZ columns serve as well as TIMESTAMP_TZ. Lists are ARRAY of VARIANT."""

    types = column_types("VARCHAR", "BIGINT", "DOUBLE", "BOOLEAN", "TIMESTAMP_TZ", "ARRAY")

    def quote(self, text: str) -> str:
        """Backslashes escape in single-quoted constants."""
        return backslashed(text)

    def instant(self, moment: datetime) -> str:
        """Write an aware timestamp with its format, so that TIMESTAMP_INPUT_FORMAT does not count."""
        text = f"{utc_text(moment, whole=False)} +00:00"
        return f"TO_TIMESTAMP_TZ('{text}', 'YYYY-MM-DD HH24:MI:SS.FF6 TZH:TZM')"

    def now(self, offset: timedelta) -> str:
        """Write the engine's own clock."""
        clock = "CURRENT_TIMESTAMP()"
        return f"DATEADD(second, {whole_seconds(offset)}, {clock})" if offset else clock

    def contains(self, column: str, item: str) -> str:
        """The documentation leaves the answer for a NULL list open, hence the CASE."""
        return unless_null(column, f"ARRAY_CONTAINS(TO_VARIANT({self.quote(item)}), {column})", "BOOLEAN")


class BigQuery(Spelling):
    """BigQuery. A table stores a NULL array as an empty one: there an unknown list reads as empty."""

    types = column_types("STRING", "INT64", "FLOAT64", "BOOL", "TIMESTAMP", "ARRAY<STRING>")

    def quote(self, text: str) -> str:
        """Backslashes escape, '' is no quote, and a constant stands on one line."""
        return backslashed(text)

    def instant(self, moment: datetime) -> str:
        """Write an aware timestamp as a constant."""
        return f"TIMESTAMP '{utc_text(moment)}+00:00'"

    def now(self, offset: timedelta) -> str:
        """Write the engine's own clock."""
        clock = "CURRENT_TIMESTAMP()"
        return f"TIMESTAMP_ADD({clock}, INTERVAL {whole_seconds(offset)} SECOND)" if offset else clock

    def like(self, operand: str, pattern: Sequence[str | Wildcard]) -> str:
        """There is no ESCAPE clause: the backslash always escapes."""
        return f"({operand} LIKE {self.quote(escaped_pattern(pattern, chr(92)))})"

    def contains(self, column: str, item: str) -> str:
        """IN UNNEST gives false for a NULL array, hence the CASE."""
        return unless_null(column, f"({self.quote(item)} IN UNNEST({column}))", "BOOL")


class Redshift(Postgres):
    """Amazon Redshift. Lists are SUPER arrays of texts; texts are VARCHAR, never CHAR."""

    types = column_types("VARCHAR", "BIGINT", "DOUBLE PRECISION", "BOOLEAN", "TIMESTAMPTZ", "SUPER")

    def name(self, column: str) -> str:
        """Keywords are many here, `tag` and `open` among them; quotes change nothing for lower case."""
        return f'"{column}"'

    def quote(self, text: str) -> str:
        """No backslash stands in a constant: whether one escapes there is a matter of version and setting."""
        pieces = [Spelling.quote(self, piece) for piece in text.split("\\")]
        return f"({' || CHR(92) || '.join(pieces)})" if len(pieces) > 1 else pieces[0]

    def instant(self, moment: datetime) -> str:
        """Write an aware timestamp as a constant."""
        return f"CAST('{utc_text(moment)}+00' AS TIMESTAMPTZ)"

    def now(self, offset: timedelta) -> str:
        """CURRENT_TIMESTAMP runs on the leader node only; DATEADD takes naive times and small numbers."""
        clock = "CAST(SYSDATE AS TIMESTAMPTZ)"
        if not offset:
            return clock
        minutes, seconds = divmod(whole_seconds(offset), 60)
        moved = f"DATEADD(minute, {minutes}, ({clock} AT TIME ZONE 'UTC'))"
        moved = f"DATEADD(second, {seconds}, {moved})" if seconds else moved
        return f"({moved} AT TIME ZONE 'UTC')"

    def contains(self, column: str, item: str) -> str:
        """The documentation leaves the answer for a NULL list open, hence the CASE."""
        return unless_null(column, f"ARRAY_CONTAINS({column}, {self.quote(item)})", "BOOLEAN")

    def equal_texts(self, sides: Sequence[str]) -> list[str]:
        """Comparisons ignore blanks at the end of a VARCHAR: a full stop keeps them from being the end."""
        return [f"({side} || '.')" for side in sides]

    def ordered_texts(self, sides: Sequence[str]) -> list[str]:
        """The bytes of a text are in code-point order, blanks at the end included."""
        return [f"CAST({side} AS VARBYTE)" for side in sides]

    def distinct(self, left: str, right: str) -> str:
        """There is no IS DISTINCT FROM."""
        both = f"({left} IS NULL) AND ({right} IS NULL)"
        return f"(CASE WHEN ({left} = {right}) THEN FALSE WHEN ({both}) THEN FALSE ELSE TRUE END)"

    def nullif_texts(self, left: str, right: str) -> str:
        """NULLIF compares as `=` does, without the blanks at the end."""
        first, second = self.equal_texts((left, right))
        return f"(CASE WHEN ({first} = {second}) THEN {self.cast('NULL', Type.TEXT)} ELSE {left} END)"


SPELLINGS: dict[Dialect, Spelling] = {
    Dialect.DUCKDB: DuckDB(),
    Dialect.POSTGRES: Postgres(),
    Dialect.SPARK: Spark(),
    Dialect.SNOWFLAKE: Snowflake(),
    Dialect.BIGQUERY: BigQuery(),
    Dialect.DATABRICKS: Spark(),
    Dialect.REDSHIFT: Redshift(),
}
"""The spelling of each dialect."""
