"""How each SQL engine spells what traits over events need beyond conditions: JSON, instants, rounding.

A property is read from the column `properties`: jsonb in PostgreSQL, JSON in DuckDB and BigQuery, VARIANT
in Snowflake, SUPER in Redshift (with enable_case_sensitive_super_attribute for names in capitals), JSON as
text in Spark 4 and Databricks.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from segue.policies.event_traits import FINEST
from segue.policies.language.dialects import SPELLINGS, Dialect
from segue.policies.language.spelling import Spelling
from segue.policies.language.types import Type

EXACT = "DECIMAL(38, 6)"


@dataclass(frozen=True, slots=True)
class EventSpelling:
    """The SQL of one engine. `clock` is an SQL expression for now, in place of the instant `now`."""

    dialect: Dialect
    now: datetime | None = None
    clock: str = ""

    @property
    def base(self) -> Spelling:
        """The spelling of conditions."""
        return SPELLINGS[self.dialect]

    @property
    def at(self) -> str:
        """The column of an event's instant, whose name is a reserved word of some engines."""
        return {Dialect.DUCKDB: '"at"', Dialect.BIGQUERY: "`at`"}.get(self.dialect, "at")

    def moment(self, back: timedelta = timedelta(0)) -> str:
        """Write the instant of evaluation, or one so far before it."""
        if self.now is not None:
            return self.base.instant(self.now - back)
        if not back:
            return self.clock
        return f"({self.clock} - INTERVAL '{_seconds(back)} seconds')"

    def double(self, value: float) -> str:
        """Write a constant in double precision."""
        return self.base.cast(self.base.quote(repr(float(value))), Type.NUMBER)

    def as_double(self, source: str) -> str:
        """Convert in double precision."""
        return self.base.cast(source, Type.NUMBER)

    def age(self, length: timedelta) -> str:
        """Write the time since an event in units of `length`, as a double."""
        template, unit = _AGES[self.dialect]
        span = self.as_double(template.format(now=self.moment(), at=self.at))
        return f"({span} / {self.double(length / unit)})"

    def day(self) -> str:
        """Write the day of an event, in UTC."""
        return _DAYS[self.dialect].format(at=self.at)

    def round6(self, source: str) -> str:
        """Write `event_traits.round6`."""
        nine = f"FLOOR({source} * {self.double(1e9)} + {self.double(0.5)})"
        six = f"FLOOR({nine} / {self.double(1000)} + {self.double(0.5)})"
        rounded = f"({six} / {self.double(1e6)})"
        return f"(CASE WHEN ABS({source}) < {self.double(FINEST)} THEN {rounded} ELSE {source} END)"

    def text_of(self, name: str) -> str:
        """Write a property as text: of a JSON string what it says."""
        return _TEXTS[self.dialect].format(name=name)

    def is_kind(self, name: str, kind: str) -> str:
        """Write whether a property is a JSON `number`, `string` or `boolean`."""
        template, words = _KINDS[self.dialect]
        found = template.format(name=name)
        if kind == "number" and self.dialect in (Dialect.SPARK, Dialect.DATABRICKS):
            return f"({found} IN ('BIGINT', 'DOUBLE', 'FLOAT') OR {found} LIKE 'DECIMAL(%')"
        listed = ", ".join(f"'{word}'" for word in words[kind])
        return f"({found} IN ({listed}))"

    def number(self, text: str) -> str:
        """Write a JSON number's text as a number to be compared; NULL or infinite when no double holds it."""
        if self.dialect is Dialect.POSTGRES:
            return f"CAST({text} AS NUMERIC)"
        if self.dialect is Dialect.DUCKDB:
            return f"TRY_CAST({text} AS DOUBLE)"
        return self.as_double(text)

    def bound(self, value: float) -> str:
        """Write a constant that `number` is compared with."""
        if self.dialect is Dialect.POSTGRES:
            return f"CAST('{value!r}' AS NUMERIC)"
        return self.double(value)

    def exact(self, text: str) -> str:
        """Write a number's text as a decimal of 6 places, rounded half up; within 1e15."""
        if self.dialect is Dialect.REDSHIFT:  # its casts cut off, and a text may have an exponent
            return f"ROUND(CAST(CAST({text} AS DOUBLE PRECISION) AS DECIMAL(38, 12)), 6)"
        if self.dialect is Dialect.BIGQUERY:
            return f"ROUND(CAST({text} AS BIGNUMERIC), 6)"
        if self.dialect is Dialect.POSTGRES:
            return f"ROUND(CAST({text} AS NUMERIC), 6)"
        return f"CAST({text} AS {EXACT})"

    def exact_as_double(self, source: str) -> str:
        """Convert a sum of decimals to the nearest double: by way of text, which no engine rounds twice."""
        if self.dialect is Dialect.POSTGRES:
            return f"CAST({source} AS DOUBLE PRECISION)"
        return self.as_double(self.base.cast(source, Type.TEXT))

    def length(self, source: str) -> str:
        """Write the length of a text in code points."""
        return f"{'LEN' if self.dialect is Dialect.REDSHIFT else 'LENGTH'}({source})"

    def ordered(self, source: str) -> str:
        """Write a text so that MIN and MAX go by code point."""
        return f'({source} COLLATE "C")' if self.dialect is Dialect.POSTGRES else source


def _seconds(length: timedelta) -> int:
    return length // timedelta(seconds=1)


_MICRO, _SECOND = timedelta(microseconds=1), timedelta(seconds=1)
_AGES = {
    Dialect.DUCKDB: ("(epoch_us({now}) - epoch_us({at}))", _MICRO),
    Dialect.POSTGRES: ("date_part('epoch', {now} - {at})", _SECOND),
    Dialect.SPARK: ("(unix_micros({now}) - unix_micros({at}))", _MICRO),
    Dialect.DATABRICKS: ("(unix_micros({now}) - unix_micros({at}))", _MICRO),
    Dialect.SNOWFLAKE: ("DATEDIFF(microsecond, {at}, {now})", _MICRO),
    Dialect.BIGQUERY: ("TIMESTAMP_DIFF({now}, {at}, MICROSECOND)", _MICRO),
    Dialect.REDSHIFT: ("DATEDIFF(microsecond, {at}, {now})", _MICRO),
}
_DAYS = {
    Dialect.DUCKDB: "(epoch_us({at}) // 86400000000)",
    Dialect.POSTGRES: "CAST({at} AT TIME ZONE 'UTC' AS DATE)",
    Dialect.SPARK: "(unix_micros({at}) DIV 86400000000)",
    Dialect.DATABRICKS: "(unix_micros({at}) DIV 86400000000)",
    Dialect.SNOWFLAKE: "FLOOR(DATE_PART(epoch_second, {at}) / 86400)",
    Dialect.BIGQUERY: "DATE({at})",
    Dialect.REDSHIFT: "FLOOR(EXTRACT(epoch FROM {at}) / 86400)",
}
_TEXTS = {
    Dialect.DUCKDB: "json_extract_string(properties, '$.\"{name}\"')",
    Dialect.POSTGRES: "(properties ->> '{name}')",
    Dialect.SPARK: "variant_get(try_parse_json(properties), '$.{name}', 'string')",
    Dialect.DATABRICKS: "variant_get(try_parse_json(properties), '$.{name}', 'string')",
    Dialect.SNOWFLAKE: "CAST(GET(properties, '{name}') AS VARCHAR)",
    Dialect.BIGQUERY: "JSON_VALUE(properties, '$.{name}')",
    Dialect.REDSHIFT: 'CAST(properties."{name}" AS VARCHAR)',
}
_Words = dict[str, tuple[str, ...]]
_PLAIN: _Words = {"number": ("number",), "string": ("string",), "boolean": ("boolean",)}
_VARIANT: _Words = {"number": (), "string": ("STRING",), "boolean": ("BOOLEAN",)}
_KINDS: dict[Dialect, tuple[str, _Words]] = {
    Dialect.DUCKDB: (
        "json_type(properties, '$.\"{name}\"')",
        {
            "number": ("BIGINT", "UBIGINT", "HUGEINT", "DOUBLE"),
            "string": ("VARCHAR",),
            "boolean": ("BOOLEAN",),
        },
    ),
    Dialect.POSTGRES: ("jsonb_typeof(properties -> '{name}')", _PLAIN),
    Dialect.SPARK: ("schema_of_variant(variant_get(try_parse_json(properties), '$.{name}'))", _VARIANT),
    Dialect.DATABRICKS: ("schema_of_variant(variant_get(try_parse_json(properties), '$.{name}'))", _VARIANT),
    Dialect.SNOWFLAKE: (
        "TYPEOF(GET(properties, '{name}'))",
        {"number": ("INTEGER", "DECIMAL", "DOUBLE"), "string": ("VARCHAR",), "boolean": ("BOOLEAN",)},
    ),
    Dialect.BIGQUERY: ("JSON_TYPE(JSON_QUERY(properties, '$.{name}'))", _PLAIN),
    Dialect.REDSHIFT: ('JSON_TYPEOF(properties."{name}")', _PLAIN),
}
