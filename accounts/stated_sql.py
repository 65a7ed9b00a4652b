"""What sources state of every stored account, as one PostgreSQL query: a column a trait, as `known_traits` sees it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from segue.accounts.stored import micros_of
from segue.policies.language.dialects import Dialect
from segue.policies.language.sql import column, column_type
from segue.policies.language.types import MAX_INTEGER, MAX_NUMBER, MAX_TEXT, MIN_NUMBER, Type
from segue.policies.pack import Pack
from segue.policies.program import confidence_column

_MICROS = 1_000_000


@dataclass(frozen=True, slots=True)
class StatedSql:
    """What a pack's stated traits are in SQL."""

    columns: dict[str, str]
    """The columns of the traits, each with its belief: name to SQL, over the joins."""
    joins: tuple[str, ...]
    """What to join to the accounts: one row for each."""


def stated_sql(pack: Pack, now: datetime, traits: str = "accounts.traits") -> StatedSql:
    """Return a pack's stated traits as columns of SQL.

    `traits` is the JSON that the store keeps of an account: trait to source to [value, confidence, since].
    A column is NULL where nothing fresh is stated, or what is stated is not of the trait's type. Of several
    sources the most believed counts, of equal ones the newest, as `segue.accounts.stored.known_traits` says.
    """
    columns, joins = {}, []
    for number, name in enumerate(pack.imported):
        if "." in name:  # the label of a pack before this one
            continue
        typed, said = _typed(pack.schema[name]), f"said_{number}"
        # what is not of the type is as if it were not stated: it is not a doubted value
        belief = f"CASE WHEN ({typed}) IS NOT NULL THEN belief END"
        picked = _picked(pack, name, now, traits)
        joins.append(
            f"LEFT JOIN LATERAL (SELECT {typed} AS value, {belief} AS belief FROM {picked}) AS {said} ON true"  # noqa: S608
        )
        columns[column(name)] = f"{said}.value"
        columns[confidence_column(name)] = f"{said}.belief"
    return StatedSql(columns, tuple(joins))


def is_stated(name: str, traits: str = "accounts.traits") -> str:
    """Return the SQL that says whether some source states a value of a trait, however old."""
    return (
        f"EXISTS (SELECT 1 FROM jsonb_each({traits} -> {_quoted(name)}) AS said"  # noqa: S608
        " WHERE jsonb_typeof(said.value -> 0) <> 'null')"
    )


def _picked(pack: Pack, name: str, now: datetime, traits: str) -> str:
    """Return the source that counts, as a table of one row or none: `value` and `belief`."""
    beliefs = " ".join(
        f"WHEN {_quoted(source)} THEN {belief!r}::float8" for source, belief in pack.file.sources.items()
    )
    fresh_for = pack.traits[name].fresh_for
    fresh = "TRUE"
    if fresh_for is not None:
        oldest = micros_of(now) - int(fresh_for.total_seconds() * _MICROS)
        fresh = f"(said.value ->> 2)::bigint >= {oldest}"
    return (
        f"(SELECT said.value -> 0 AS value,"  # noqa: S608 - names of a checked pack, quoted
        f" CASE said.key {beliefs} ELSE 1.0::float8 END * coalesce((said.value ->> 1)::float8, 1) AS belief"
        f" FROM jsonb_each({traits} -> {_quoted(name)}) WITH ORDINALITY AS said(key, value, number)"
        # most accounts state few of the traits: of the others nothing is opened
        f" WHERE {traits} ? {_quoted(name)} AND jsonb_typeof(said.value -> 0) <> 'null' AND {fresh}"
        " ORDER BY belief DESC, (said.value ->> 2)::bigint DESC, number LIMIT 1) AS picked"
    )


def _typed(kind: Type) -> str:
    """Return a value of JSON as SQL of a trait's type, NULL where it is of another: as `coerce` takes it."""
    text = "(value #>> '{}')"
    if kind is Type.TEXT:
        return (
            f"CASE WHEN jsonb_typeof(value) = 'string' AND char_length({text}) <= {MAX_TEXT} THEN {text} END"
        )
    if kind is Type.BOOLEAN:
        return f"CASE WHEN jsonb_typeof(value) = 'boolean' THEN {text}::boolean END"
    if kind is Type.TIMESTAMP:
        return (
            f"CASE WHEN jsonb_typeof(value) = 'string' AND {text} ~ '^\\d{{4}}-\\d\\d-\\d\\d'"
            f" AND pg_input_is_valid({text}, 'timestamptz') THEN {text}::timestamptz END"
        )
    if kind is Type.TEXT_LIST:
        return (
            "CASE WHEN jsonb_typeof(value) = 'array'"  # noqa: S608
            " AND NOT EXISTS (SELECT 1 FROM jsonb_array_elements(value) AS each(item)"
            f" WHERE jsonb_typeof(item) <> 'string' OR char_length(item #>> '{{}}') > {MAX_TEXT})"
            " THEN ARRAY(SELECT jsonb_array_elements_text(value)) END"
        )
    number = f"{text}::numeric"
    if kind is Type.INTEGER:
        fits = f"{number} = trunc({number}) AND abs({number}) <= {MAX_INTEGER}"
        cast = f"{number}::{column_type(kind, Dialect.POSTGRES)}"
    else:
        fits = f"({number} = 0 OR abs({number}) BETWEEN {MIN_NUMBER!r} AND {MAX_NUMBER!r})"
        cast = f"{text}::float8"
    return f"CASE WHEN jsonb_typeof(value) = 'number' THEN CASE WHEN {fits} THEN {cast} END END"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
