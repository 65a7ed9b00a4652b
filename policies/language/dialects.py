"""How each SQL engine spells what a predicate needs: small differences from one base.

A spelling only writes text; what a node means is decided in `sql.py`. Every text that is written is
closed in itself: parenthesised, or a call, or a constant.

Columns: a trait's column has the type that `type_name` gives. Timestamps are instants: naive UTC in
DuckDB, with time zone everywhere else. Texts have the engine's default collation, which is exact and
in code-point order except where a spelling says otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import ClassVar, NoReturn

from segue.core.errors import InputError, nearest
from segue.policies.language.tree import Wildcard
from segue.policies.language.types import Type

Types = dict[Type, str]

_ESCAPE = "!"


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


def _types(text: str, integer: str, number: str, boolean: str, timestamp: str, texts: str) -> Types:
    return {
        Type.TEXT: text,
        Type.INTEGER: integer,
        Type.NUMBER: number,
        Type.BOOLEAN: boolean,
        Type.TIMESTAMP: timestamp,
        Type.TEXT_LIST: texts,
    }


class Spelling:
    """Standard SQL, as DuckDB reads it; the other engines change what they must."""

    types: ClassVar[Types] = _types("VARCHAR", "BIGINT", "DOUBLE", "BOOLEAN", "TIMESTAMP", "VARCHAR[]")
    backslash_in_like: ClassVar[bool] = False
    """True when a backslash in a pattern escapes although no ESCAPE clause says so."""

    def type_name(self, kind: Type) -> str:
        """Return the type of a trait's column; a range has two columns of the type of a number."""
        return self.types[Type.NUMBER if kind is Type.RANGE else kind]

    def cast(self, source: str, kind: Type) -> str:
        """Convert a value to the column type of `kind`."""
        return f"CAST({source} AS {self.type_name(kind)})"

    def quote(self, text: str) -> str:
        """Write a text constant. Whatever the text holds, the constant ends where it should."""
        return "'" + text.replace("'", "''") + "'"

    def instant(self, moment: datetime) -> str:
        """Write an aware timestamp as a constant."""
        return f"TIMESTAMP '{_naive(moment)}'"

    def now(self, offset: timedelta) -> str:
        """Write the engine's own clock, moved by an exact length of time in whole seconds."""
        # not now() alone: DuckDB's is with time zone and would be compared in the session's zone
        clock = "make_timestamp(epoch_us(now()))"
        return f"({clock} + INTERVAL '{_seconds(offset)} seconds')" if offset else clock

    def like(self, operand: str, pattern: Sequence[str | Wildcard]) -> str:
        """Write the match of a text against a pattern. ESCAPE is left out where nothing needs it."""
        marks = "%_\\" if self.backslash_in_like else "%_"
        texts = [part for part in pattern if isinstance(part, str)]
        if not any(mark in text for text in texts for mark in marks):
            return f"({operand} LIKE {self.quote(_escaped(pattern, ''))})"
        return f"({operand} LIKE {self.quote(_escaped(pattern, _ESCAPE))} ESCAPE '{_ESCAPE}')"

    def contains(self, column: str, item: str) -> str:
        """Write whether a list column holds a text: NULL for a NULL list, false for an empty one."""
        return f"list_contains({column}, {self.quote(item)})"

    def equal_texts(self, sides: Sequence[str]) -> list[str]:
        """Return texts in the form in which `=` and IN compare them exactly."""
        return list(sides)

    def ordered_texts(self, sides: Sequence[str]) -> list[str]:
        """Return texts in the form in which `<` and BETWEEN compare them by code point."""
        return list(sides)

    def equal_numbers(self, sides: Sequence[str]) -> list[str]:
        """Return doubles in the form in which IN compares them as `=` does."""
        return list(sides)

    def distinct(self, left: str, right: str) -> str:
        """Write `IS DISTINCT FROM`."""
        return f"({left} IS DISTINCT FROM {right})"

    def nullif(self, left: str, right: str, kind: Type) -> str:
        """Write NULLIF of two values of one type."""
        return f"NULLIF({left}, {right})"


class Postgres(Spelling):
    """PostgreSQL 12 or newer, with UTF-8 as the database's encoding."""

    types = _types("TEXT", "BIGINT", "DOUBLE PRECISION", "BOOLEAN", "TIMESTAMPTZ", "TEXT[]")
    backslash_in_like = True

    def quote(self, text: str) -> str:
        """E'' whenever there is a backslash: it means the same under either standard_conforming_strings."""
        plain = super().quote(text)
        return "E" + plain.replace("\\", "\\\\") if "\\" in text else plain

    def instant(self, moment: datetime) -> str:
        """Write an aware timestamp as a constant."""
        return f"TIMESTAMPTZ '{_naive(moment)}+00'"

    def now(self, offset: timedelta) -> str:
        """Seconds, because a day added to a TIMESTAMPTZ is a calendar day of the session's zone."""
        clock = "CURRENT_TIMESTAMP"
        return f"({clock} + INTERVAL '{_seconds(offset)} seconds')" if offset else clock

    def contains(self, column: str, item: str) -> str:
        """Write whether a list column holds a text."""
        return f"({self.quote(item)} = ANY({column}))"

    def ordered_texts(self, sides: Sequence[str]) -> list[str]:
        """The database's default order is its locale's; one explicit collation decides for all sides."""
        return [f'({sides[0]} COLLATE "C")', *sides[1:]]


class Spark(Spelling):
    """Spark 3.4 or newer, and Databricks, in any session time zone; ANSI mode on or off."""

    types = _types("STRING", "BIGINT", "DOUBLE", "BOOLEAN", "TIMESTAMP", "ARRAY<STRING>")
    backslash_in_like = True

    def quote(self, text: str) -> str:
        """Backslashes escape; '' is no quote before Spark 4; `${...}` is substituted even inside texts."""
        return _backslashed(text).replace("$", "\\u0024")

    def instant(self, moment: datetime) -> str:
        """Write an aware timestamp as a constant; with a zone of its own, the session's does not count."""
        return f"TIMESTAMP '{_naive(moment)}Z'"

    def now(self, offset: timedelta) -> str:
        """Write the engine's own clock; an interval of seconds is exact in every zone."""
        clock = "CURRENT_TIMESTAMP()"
        return f"({clock} + INTERVAL '{_seconds(offset)}' SECOND)" if offset else clock

    def contains(self, column: str, item: str) -> str:
        """Write whether a list column holds a text."""
        return f"ARRAY_CONTAINS({column}, {self.quote(item)})"

    def equal_numbers(self, sides: Sequence[str]) -> list[str]:
        """A long IN becomes a hash set in which -0.0 is not 0.0; adding 0.0 makes it so."""
        zero = self.cast("0", Type.NUMBER)
        return [f"({side} + {zero})" for side in sides]


class Snowflake(Spelling):
    """Snowflake; TIMESTAMP_LTZ columns serve as well as TIMESTAMP_TZ. Lists are ARRAY of VARIANT."""

    types = _types("VARCHAR", "BIGINT", "DOUBLE", "BOOLEAN", "TIMESTAMP_TZ", "ARRAY")

    def quote(self, text: str) -> str:
        """Backslashes escape in single-quoted constants."""
        return _backslashed(text)

    def instant(self, moment: datetime) -> str:
        """Write an aware timestamp with its format, so that TIMESTAMP_INPUT_FORMAT does not count."""
        text = f"{_naive(moment, whole=False)} +00:00"
        return f"TO_TIMESTAMP_TZ('{text}', 'YYYY-MM-DD HH24:MI:SS.FF6 TZH:TZM')"

    def now(self, offset: timedelta) -> str:
        """Write the engine's own clock."""
        clock = "CURRENT_TIMESTAMP()"
        return f"DATEADD(second, {_seconds(offset)}, {clock})" if offset else clock

    def contains(self, column: str, item: str) -> str:
        """The documentation leaves the answer for a NULL list open, hence the CASE."""
        return _unless_null(column, f"ARRAY_CONTAINS(TO_VARIANT({self.quote(item)}), {column})", "BOOLEAN")


class BigQuery(Spelling):
    """BigQuery. A table stores a NULL array as an empty one: there an unknown list reads as empty."""

    types = _types("STRING", "INT64", "FLOAT64", "BOOL", "TIMESTAMP", "ARRAY<STRING>")

    def quote(self, text: str) -> str:
        """Backslashes escape, '' is no quote, and a constant stands on one line."""
        return _backslashed(text)

    def instant(self, moment: datetime) -> str:
        """Write an aware timestamp as a constant."""
        return f"TIMESTAMP '{_naive(moment)}+00:00'"

    def now(self, offset: timedelta) -> str:
        """Write the engine's own clock."""
        clock = "CURRENT_TIMESTAMP()"
        return f"TIMESTAMP_ADD({clock}, INTERVAL {_seconds(offset)} SECOND)" if offset else clock

    def like(self, operand: str, pattern: Sequence[str | Wildcard]) -> str:
        """There is no ESCAPE clause: the backslash always escapes."""
        return f"({operand} LIKE {self.quote(_escaped(pattern, chr(92)))})"

    def contains(self, column: str, item: str) -> str:
        """IN UNNEST gives false for a NULL array, hence the CASE."""
        return _unless_null(column, f"({self.quote(item)} IN UNNEST({column}))", "BOOL")


class Redshift(Postgres):
    """Amazon Redshift. Lists are SUPER arrays of texts; texts are VARCHAR, never CHAR."""

    types = _types("VARCHAR", "BIGINT", "DOUBLE PRECISION", "BOOLEAN", "TIMESTAMPTZ", "SUPER")

    def quote(self, text: str) -> str:
        """No backslash stands in a constant: whether one escapes there is a matter of version and setting."""
        pieces = [Spelling.quote(self, piece) for piece in text.split("\\")]
        return f"({' || CHR(92) || '.join(pieces)})" if len(pieces) > 1 else pieces[0]

    def instant(self, moment: datetime) -> str:
        """Write an aware timestamp as a constant."""
        return f"CAST('{_naive(moment)}+00' AS TIMESTAMPTZ)"

    def now(self, offset: timedelta) -> str:
        """CURRENT_TIMESTAMP runs on the leader node only; DATEADD takes naive times and small numbers."""
        clock = "CAST(SYSDATE AS TIMESTAMPTZ)"
        if not offset:
            return clock
        minutes, seconds = divmod(_seconds(offset), 60)
        moved = f"DATEADD(minute, {minutes}, ({clock} AT TIME ZONE 'UTC'))"
        moved = f"DATEADD(second, {seconds}, {moved})" if seconds else moved
        return f"({moved} AT TIME ZONE 'UTC')"

    def contains(self, column: str, item: str) -> str:
        """The documentation leaves the answer for a NULL list open, hence the CASE."""
        return _unless_null(column, f"ARRAY_CONTAINS({column}, {self.quote(item)})", "BOOLEAN")

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

    def nullif(self, left: str, right: str, kind: Type) -> str:
        """NULLIF compares texts as `=` does, without the blanks at their end."""
        if kind is not Type.TEXT:
            return super().nullif(left, right, kind)
        first, second = self.equal_texts((left, right))
        return f"(CASE WHEN ({first} = {second}) THEN {self.cast('NULL', kind)} ELSE {left} END)"


SPELLINGS: dict[Dialect, Spelling] = {
    Dialect.DUCKDB: Spelling(),
    Dialect.POSTGRES: Postgres(),
    Dialect.SPARK: Spark(),
    Dialect.SNOWFLAKE: Snowflake(),
    Dialect.BIGQUERY: BigQuery(),
    Dialect.DATABRICKS: Spark(),
    Dialect.REDSHIFT: Redshift(),
}
"""The spelling of each dialect."""


def _naive(moment: datetime, whole: bool = True) -> str:
    """Return the instant in UTC without a zone; whole seconds lose their fraction when `whole`."""
    found = moment.astimezone(UTC).replace(tzinfo=None)
    exact = "seconds" if whole and not found.microsecond else "microseconds"
    return found.isoformat(" ", exact)


def _seconds(offset: timedelta) -> int:
    return offset // timedelta(seconds=1)


def _escaped(pattern: Sequence[str | Wildcard], escape: str) -> str:
    """Return a pattern as text in which `escape`, when there is one, stands before what it must."""
    marks = f"{escape}%_" if escape else ""
    table = str.maketrans({mark: escape + mark for mark in marks})
    return "".join(part.translate(table) if isinstance(part, str) else part.symbol for part in pattern)


def _backslashed(text: str) -> str:
    """Return a constant in which backslashes escape and no line break stands."""
    return "'" + text.translate(_BACKSLASHED) + "'"


_BACKSLASHED = str.maketrans({"\\": "\\\\", "'": "\\'", "\n": "\\n", "\r": "\\r", "\t": "\\t"})


def _unless_null(column: str, source: str, boolean: str) -> str:
    return f"(CASE WHEN ({column} IS NULL) THEN CAST(NULL AS {boolean}) ELSE {source} END)"
