"""How a column of a file is read as a trait: the value as SQL, and when a cell is none of its type."""

from __future__ import annotations

from dataclasses import dataclass

from segue.accounts.label_statistics import Extent
from segue.policies.language.types import MAX_INTEGER, MAX_NUMBER, MAX_TEXT, MIN_NUMBER, Type

_TEXTS = ("VARCHAR", "ENUM", "UUID")
_INTEGERS = (
    "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT",
    "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT",
)  # fmt: skip
_SMALL = ("TINYINT", "SMALLINT", "INTEGER", "UTINYINT", "USMALLINT", "UINTEGER")
_FRACTIONS = ("FLOAT", "DOUBLE", "DECIMAL")
_INSTANTS = ("DATE", "TIMESTAMP")

_EXPECTED = {
    Type.TEXT: f"a text of at most {MAX_TEXT:,} characters",
    Type.INTEGER: f"a whole number within ±{MAX_INTEGER}",
    Type.NUMBER: f"a finite number, 0 or between {MIN_NUMBER:g} and {MAX_NUMBER:g} in magnitude",
    Type.BOOLEAN: "true or false",
    Type.TIMESTAMP: "a timestamp such as 2026-11-22T10:00:00Z",
    Type.TEXT_LIST: "texts, as a list, a JSON array or separated by ;",
}


@dataclass(frozen=True, slots=True)
class Reading:
    """A column as a trait: `value` is its SQL, `wrong` is true for a cell that is refused."""

    raw: str
    value: str
    wrong: str
    expected: str


def read_column(
    column: str, found: str, kind: Type, *, parsed: bool = False, extent: Extent | None = None
) -> Reading | None:
    """Return how a column of the DuckDB type `found` is read as a trait, or None when it cannot be.

    `column` is SQL; `parsed` says that its texts come out of a text file. An empty text is no value,
    except that of a text trait in a typed file. `extent` bounds the numbers of a BIGINT or DOUBLE:
    what it rules out is not looked for.
    """
    family = found.partition("(")[0].upper()
    raw = f"CAST({column} AS VARCHAR)" if family in _TEXTS and family != "VARCHAR" else column
    if found.upper() == "VARCHAR[]" and kind is Type.TEXT_LIST:
        value: str | None = column
    elif family in _TEXTS:
        value = _from_text(raw, kind)
    else:
        value = _from_typed(column, family, kind)
    if value is None:
        return None
    return Reading(raw, value, _wrong(raw, value, family, kind, parsed, extent), _EXPECTED[kind])


def _from_text(text: str, kind: Type) -> str:
    if kind is Type.TEXT:
        return text
    filled = f"NULLIF(trim({text}), '')"
    if kind is Type.TIMESTAMP:
        return f"(TRY_CAST({filled} AS TIMESTAMPTZ) AT TIME ZONE 'UTC')"
    if kind is Type.TEXT_LIST:
        array = f"TRY_CAST(TRY_CAST({text} AS JSON) AS VARCHAR[])"
        parts = f"list_transform(string_split({text}, ';'), lambda part: trim(part))"
        parts = f"list_filter({parts}, lambda part: part <> '')"
        either = f"WHEN starts_with({filled}, '[') THEN {array} ELSE {parts}"
        return f"CASE WHEN {filled} IS NULL THEN NULL {either} END"
    return f"TRY_CAST({filled} AS {_SQL[kind]})"


def _from_typed(column: str, family: str, kind: Type) -> str | None:
    numeric = family in _INTEGERS or family in _FRACTIONS
    if kind is Type.INTEGER and numeric:
        return column if family == "BIGINT" else f"TRY_CAST({column} AS BIGINT)"
    if kind is Type.NUMBER and numeric:
        return column if family == "DOUBLE" else f"CAST({column} AS DOUBLE)"
    if kind is Type.BOOLEAN and family == "BOOLEAN":
        return column
    if kind is Type.TIMESTAMP and family == "TIMESTAMP WITH TIME ZONE":
        return f"({column} AT TIME ZONE 'UTC')"
    if kind is Type.TIMESTAMP and family.startswith(_INSTANTS):
        return column if family == "TIMESTAMP" else f"TRY_CAST({column} AS TIMESTAMP)"
    # a column of a file in which nobody ever filled it in
    return f"CAST({column} AS {_SQL[kind]})" if family in ("NULL", '"NULL"') else None


def _wrong(raw: str, value: str, family: str, kind: Type, parsed: bool, extent: Extent | None) -> str:
    """Return what is true of a cell that is refused, false or NULL of all others."""
    if kind is Type.TEXT:
        # a longer text of a typed file is no text gone wrong, and to look costs a tenth of a label
        return f"(strlen({raw}) > {MAX_TEXT} AND length({raw}) > {MAX_TEXT})" if parsed else "FALSE"
    if kind is Type.INTEGER and family in _SMALL:
        return "FALSE"
    checks = _bounds(kind, value, extent if value == raw else None)
    if kind is Type.INTEGER and (family in _TEXTS or family in _FRACTIONS):
        checks.append(f"TRY_CAST({raw} AS DOUBLE) <> {value}")
    if family in _TEXTS:
        checks.append(f"({value} IS NULL AND trim({raw}) <> '')")
    elif value != raw:
        checks.append(f"({value} IS NULL AND {raw} IS NOT NULL)")
    return f"({' OR '.join(checks)})" if checks else "FALSE"


def _bounds(kind: Type, value: str, extent: Extent | None) -> list[str]:
    """Return what is true of a value of the right type that is out of bounds, each once."""
    if kind is Type.INTEGER:
        return _outside(value, MAX_INTEGER, extent)
    if kind is Type.NUMBER:
        # of NaN and the infinities; isnan() itself is taken from statistics, which need not tell of NaN
        return [f"{value} - {value} <> 0", *_outside(value, MAX_NUMBER, extent), *_tiny(value, extent)]
    if kind is Type.TIMESTAMP:
        return [
            f"{value} NOT BETWEEN TIMESTAMP '0001-01-01' AND TIMESTAMP '9999-12-31 23:59:59.999999'",
        ]
    # NULL is found like any other element
    return [f"list_position({value}, NULL) IS NOT NULL"] if kind is Type.TEXT_LIST else []


def _outside(value: str, most: float, extent: Extent | None) -> list[str]:
    proven = extent is not None and extent.within(-most, most)
    return [] if proven else [f"{value} NOT BETWEEN -{most!r} AND {most!r}"]


def _tiny(value: str, extent: Extent | None) -> list[str]:
    if extent is not None and (extent.least >= MIN_NUMBER or extent.most <= -MIN_NUMBER):
        return []
    nearly = f"{value} BETWEEN -{MIN_NUMBER!r} AND {MIN_NUMBER!r}"
    return [f"({nearly} AND {value} NOT IN (0, {MIN_NUMBER!r}, -{MIN_NUMBER!r}))"]


_SQL = {
    Type.TEXT: "VARCHAR",
    Type.INTEGER: "BIGINT",
    Type.NUMBER: "DOUBLE",
    Type.BOOLEAN: "BOOLEAN",
    Type.TIMESTAMP: "TIMESTAMP",
    Type.TEXT_LIST: "VARCHAR[]",
}
