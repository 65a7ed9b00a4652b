"""The SQL that every engine shares, in the pieces that some engine spells otherwise.

A spelling only writes text; what a node means is decided in `sql.py`. Every text that is written is
closed in itself: parenthesised, or a call, or a constant.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import ClassVar

from segue.policies.language.tree import Wildcard
from segue.policies.language.types import Type

Types = dict[Type, str]

_ESCAPE = "!"


def column_types(text: str, integer: str, number: str, boolean: str, timestamp: str, texts: str) -> Types:
    """Return the column types of one engine, in the order of the parameters."""
    return {
        Type.TEXT: text,
        Type.INTEGER: integer,
        Type.NUMBER: number,
        Type.BOOLEAN: boolean,
        Type.TIMESTAMP: timestamp,
        Type.TEXT_LIST: texts,
    }


class Spelling:
    """Standard SQL, as most engines read it; each changes what it must."""

    types: ClassVar[Types] = column_types("VARCHAR", "BIGINT", "DOUBLE", "BOOLEAN", "TIMESTAMP", "VARCHAR[]")
    backslash_in_like: ClassVar[bool] = False
    """True when a backslash in a pattern escapes although no ESCAPE clause says so."""

    def type_name(self, kind: Type) -> str:
        """Return the type of a trait's column; a range has two columns of the type of a number."""
        return self.types[Type.NUMBER if kind is Type.RANGE else kind]

    def name(self, column: str) -> str:
        """Write the name of a column; no trait has a name that a keyword of DuckDB's would shadow."""
        return column

    def cast(self, source: str, kind: Type) -> str:
        """Convert a value to the column type of `kind`."""
        return f"CAST({source} AS {self.type_name(kind)})"

    def quote(self, text: str) -> str:
        """Write a text constant. Whatever the text holds, the constant ends where it should."""
        return "'" + text.replace("'", "''") + "'"

    def instant(self, moment: datetime) -> str:
        """Write an aware timestamp as a constant."""
        return f"TIMESTAMP '{utc_text(moment)}'"

    def now(self, offset: timedelta) -> str:
        """Write the engine's own clock, moved by an exact length of time in whole seconds."""
        # not now() alone: DuckDB's is with time zone and would be compared in the session's zone
        clock = "make_timestamp(epoch_us(now()))"
        return f"({clock} + INTERVAL '{whole_seconds(offset)} seconds')" if offset else clock

    def like(self, operand: str, pattern: Sequence[str | Wildcard]) -> str:
        """Write the match of a text against a pattern. ESCAPE is left out where nothing needs it."""
        marks = "%_\\" if self.backslash_in_like else "%_"
        texts = [part for part in pattern if isinstance(part, str)]
        if not any(mark in text for text in texts for mark in marks):
            return f"({operand} LIKE {self.quote(escaped_pattern(pattern, ''))})"
        return f"({operand} LIKE {self.quote(escaped_pattern(pattern, _ESCAPE))} ESCAPE '{_ESCAPE}')"

    def contains(self, column: str, item: str) -> str:
        """Write whether a list column holds a text: NULL for a NULL list, false for an empty one."""
        return f"list_contains({column}, {self.quote(item)})"

    def among(self, column: str, items: Sequence[str]) -> str:
        """Write whether a text column is one of some constants: NULL for NULL."""
        sides = self.equal_texts([column, *map(self.quote, items)])
        return f"({sides[0]} IN ({', '.join(sides[1:])}))"

    def equal_texts(self, sides: Sequence[str]) -> list[str]:
        """Return texts in the form in which `=` and IN compare them exactly."""
        return list(sides)

    def ordered_texts(self, sides: Sequence[str]) -> list[str]:
        """Return texts in the form in which `<` and BETWEEN compare them by code point."""
        return list(sides)

    def distinct(self, left: str, right: str) -> str:
        """Write `IS DISTINCT FROM`."""
        return f"({left} IS DISTINCT FROM {right})"

    def nullif_texts(self, left: str, right: str) -> str:
        """Write NULLIF of two texts, which are the same when `=` finds them exactly equal."""
        return f"NULLIF({left}, {right})"


def utc_text(moment: datetime, whole: bool = True) -> str:
    """Return the instant in UTC without a zone; whole seconds lose their fraction when `whole`."""
    found = moment.astimezone(UTC).replace(tzinfo=None)
    exact = "seconds" if whole and not found.microsecond else "microseconds"
    return found.isoformat(" ", exact)


def whole_seconds(offset: timedelta) -> int:
    """Return a length of time in seconds."""
    return offset // timedelta(seconds=1)


def escaped_pattern(pattern: Sequence[str | Wildcard], escape: str) -> str:
    """Return a pattern as text in which `escape`, when there is one, stands before what it must."""
    marks = f"{escape}%_" if escape else ""
    table = str.maketrans({mark: escape + mark for mark in marks})
    return "".join(part.translate(table) if isinstance(part, str) else part.symbol for part in pattern)


def backslashed(text: str) -> str:
    """Return a constant in which backslashes escape and no line break stands."""
    return "'" + text.translate(_BACKSLASHED) + "'"


_BACKSLASHED = str.maketrans({"\\": "\\\\", "'": "\\'", "\n": "\\n", "\r": "\\r", "\t": "\\t"})


def unless_null(column: str, source: str, boolean: str) -> str:
    """Return NULL for a NULL column, else what `source` gives; `boolean` is the engine's type."""
    return f"(CASE WHEN ({column} IS NULL) THEN CAST(NULL AS {boolean}) ELSE {source} END)"
