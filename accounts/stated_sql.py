"""What sources state of every stored account, as one PostgreSQL query: a column a trait, as `known_traits` sees it."""

from __future__ import annotations

from collections.abc import Sequence
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
    columns = {}
    # the label of a pack before this one is no stated trait
    names = [name for name in pack.imported if "." not in name]
    for name in names:
        said = f"stated.traits -> {_quoted(name)}"
        typed = _typed(pack.schema[name], f"({said} -> 0)")
        columns[column(name)] = typed
        # what is not of the type is as if it were not stated: it is not a doubted value
        columns[confidence_column(name)] = f"CASE WHEN ({typed}) IS NOT NULL THEN ({said} ->> 1)::float8 END"
    joins = (f"LEFT JOIN LATERAL {_picked(pack, names, now, traits)} AS stated ON true",) if names else ()
    return StatedSql(columns, joins)


def is_stated(name: str, traits: str = "accounts.traits") -> str:
    """Return the SQL that says whether some source states a value of a trait, however old."""
    return (
        f"({traits} ? {_quoted(name)} AND EXISTS (SELECT 1"  # noqa: S608
        f" FROM jsonb_each({traits} -> {_quoted(name)}) AS said WHERE jsonb_typeof(said.value -> 0) <> 'null'))"
    )


def _picked(pack: Pack, names: Sequence[str], now: datetime, traits: str) -> str:
    """Return what counts of the stated values, as a table of one row: `traits`, trait to [value, belief].

    An account's traits are opened once: most accounts state few of a pack's, and to look for each of them
    by itself takes three times as long.
    """
    beliefs = " ".join(
        f"WHEN {_quoted(source)} THEN {belief!r}::float8" for source, belief in pack.file.sources.items()
    )
    listed = ", ".join(_quoted(name) for name in names)
    return (
        "(SELECT jsonb_object_agg(trait, jsonb_build_array(value, belief)) AS traits FROM ("  # noqa: S608 - quoted
        " SELECT DISTINCT ON (named.key) named.key AS trait, said.value -> 0 AS value,"
        f" CASE said.key {beliefs} ELSE 1.0::float8 END * coalesce((said.value ->> 1)::float8, 1) AS belief"
        f" FROM jsonb_each({traits}) AS named,"
        " LATERAL jsonb_each(named.value) WITH ORDINALITY AS said(key, value, number)"
        f" WHERE named.key IN ({listed}) AND jsonb_typeof(said.value -> 0) <> 'null'{_fresh(pack, names, now)}"
        " ORDER BY named.key, belief DESC, (said.value ->> 2)::bigint DESC, number) AS picked)"
    )


def _fresh(pack: Pack, names: Sequence[str], now: datetime) -> str:
    """Return the condition that what is said is not older than its trait allows."""
    oldest = {}
    for name in names:
        fresh_for = pack.traits[name].fresh_for
        if fresh_for is not None:
            oldest[name] = micros_of(now) - int(fresh_for.total_seconds() * _MICROS)
    if not oldest:
        return ""
    cases = " ".join(f"WHEN {_quoted(name)} THEN {micros}" for name, micros in oldest.items())
    return f" AND coalesce((said.value ->> 2)::bigint >= CASE named.key {cases} END, true)"


def _typed(kind: Type, value: str) -> str:
    """Return a value of JSON as SQL of a trait's type, NULL where it is of another: as `coerce` takes it."""
    text = f"({value} #>> '{{}}')"
    if kind is Type.TEXT:
        return f"CASE WHEN jsonb_typeof({value}) = 'string' AND char_length({text}) <= {MAX_TEXT} THEN {text} END"
    if kind is Type.BOOLEAN:
        return f"CASE WHEN jsonb_typeof({value}) = 'boolean' THEN {text}::boolean END"
    if kind is Type.TIMESTAMP:
        return (
            f"CASE WHEN jsonb_typeof({value}) = 'string' AND {text} ~ '^\\d{{4}}-\\d\\d-\\d\\d'"
            f" AND pg_input_is_valid({text}, 'timestamptz') THEN {text}::timestamptz END"
        )
    if kind is Type.TEXT_LIST:
        return (
            f"CASE WHEN jsonb_typeof({value}) = 'array'"  # noqa: S608
            f" AND NOT EXISTS (SELECT 1 FROM jsonb_array_elements({value}) AS each(item)"
            f" WHERE jsonb_typeof(item) <> 'string' OR char_length(item #>> '{{}}') > {MAX_TEXT})"
            f" THEN ARRAY(SELECT jsonb_array_elements_text({value})) END"
        )
    number = f"{text}::numeric"
    if kind is Type.INTEGER:
        fits = f"{number} = trunc({number}) AND abs({number}) <= {MAX_INTEGER}"
        cast = f"{number}::{column_type(kind, Dialect.POSTGRES)}"
    else:
        fits = f"({number} = 0 OR abs({number}) BETWEEN {MIN_NUMBER!r} AND {MAX_NUMBER!r})"
        cast = f"{text}::float8"
    return f"CASE WHEN jsonb_typeof({value}) = 'number' THEN CASE WHEN {fits} THEN {cast} END END"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
