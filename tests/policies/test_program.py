"""A pack as SQL labels every account as the classifier does, on DuckDB and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, NamedTuple

import duckdb
import psycopg
import pytest

from segue.core.errors import InputError
from segue.policies.classifier import segment_of
from segue.policies.facts import take_facts
from segue.policies.files import find_pack, read_files
from segue.policies.language import tree
from segue.policies.language.dialects import Dialect
from segue.policies.language.sql import column, column_type
from segue.policies.language.types import Type
from segue.policies.load import load_files, load_pack
from segue.policies.pack import Pack
from segue.policies.program import confidence_column, label_query
from segue.policies.reads import traits_read

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
SHIPPED = ("saas_pipeline", "security_maturity", "buying_motion")
BELIEFS = (None, 0.0, 0.49, 0.5, 0.51, 0.6, 0.69, 0.7, 1.0)

Row = dict[str, Any]


@pytest.fixture(scope="module")
def postgres(server_url: str) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
    with psycopg.connect(server_url, autocommit=True, prepare_threshold=None) as connection:
        connection.execute("SET timezone = 'America/New_York'")
        yield connection


class Pools(NamedTuple):
    texts: list[str]
    items: list[str]
    numbers: list[float]
    offsets: list[timedelta]


def constants(pack: Pack) -> Pools:
    """The texts, numbers and offsets that the pack's conditions name."""
    nodes = [each.when.node for each in pack.segments if each.when] + list(pack.definitions.values())
    found = [part for node in nodes for part in tree.walk(node)]
    texts = [str(each.value) for each in found if isinstance(each, tree.Literal) and each.type is Type.TEXT]
    items = [each.item for each in found if isinstance(each, tree.Contains)]
    numbers = [float(each.value) for each in found if isinstance(each, tree.Literal) and each.type.is_numeric]  # type: ignore[arg-type]
    return Pools(texts, items, numbers, [each.offset for each in found if isinstance(each, tree.Now)])


def random_value(random: Random, kind: Type, pools: Pools) -> Any:
    texts, items, numbers, offsets = pools
    if kind is Type.TEXT:
        return random.choice([*texts, "", "somewhere"])
    if kind is Type.INTEGER:
        return int(random.choice([*numbers, 0])) + random.choice((-1, 0, 1))
    if kind is Type.NUMBER:
        return random.choice([*numbers, 0.0]) + random.choice((-0.000001, 0.0, 0.000001, 7.25))
    if kind is Type.BOOLEAN:
        return random.random() < 0.5
    if kind is Type.TIMESTAMP:
        return (
            NOW + random.choice([*offsets, timedelta()]) + timedelta(microseconds=random.choice((-1, 0, 1)))
        )
    return [random.choice([*items, "else"]) for _ in range(random.choice((0, 1, 3, 8, 20)))]


def near(pack: Pack, name: str, pools: Pools) -> Pools:
    """The pools with the trait's own texts, where the pack lists them, for half of the rows' texts."""
    values = list(pack.traits[name].values or ())
    return pools._replace(texts=values * (1 + len(pools.texts) // max(1, len(values))) + pools.texts)


def random_rows(pack: Pack, random: Random, count: int, traits: Sequence[str]) -> list[Row]:
    pools = constants(pack)
    rows = []
    for _ in range(count):
        blank = random.choice((0.0, 0.15, 0.4))
        rows.append(
            {
                name: None
                if random.random() < blank
                else random_value(random, pack.schema[name], near(pack, name, pools))
                for name in traits
            }
        )
    return rows


def expected(pack: Pack, row: Row, believed: Mapping[str, float | None]) -> tuple[str, str]:
    known = {name: belief for name, belief in believed.items() if belief is not None}
    segment, status = segment_of(pack, take_facts(pack, row, NOW, believed=known))
    return segment.name, status.value


def table(pack: Pack, dialect: Dialect, traits: Sequence[str], doubted: Sequence[str]) -> tuple[str, str]:
    columns = [("account_id", column_type(Type.INTEGER, dialect))]
    columns += [(column(name), column_type(pack.schema[name], dialect)) for name in traits]
    columns += [(confidence_column(name), column_type(Type.NUMBER, dialect)) for name in doubted]
    ddl = f"CREATE TABLE accounts ({', '.join(f'{name} {kind}' for name, kind in columns)})"
    mark = "?" if dialect is Dialect.DUCKDB else "%s"
    return ddl, f"INSERT INTO accounts VALUES ({', '.join(mark for _ in columns)})"


def answers(
    engine: Any, pack: Pack, rows: Sequence[Row], beliefs: Sequence[Row], traits: Sequence[str]
) -> list[tuple[str, str]]:
    """Load the rows into an engine and return the label of each."""
    doubted = list(beliefs[0]) if beliefs else []
    dialect = Dialect.POSTGRES if isinstance(engine, psycopg.Connection) else Dialect.DUCKDB
    create, insert = table(pack, dialect, traits, doubted)
    cells = []
    for number, row in enumerate(rows):
        values = [row[name] for name in traits] + [beliefs[number][name] for name in doubted]
        cells.append([number, *(naive(each) if dialect is Dialect.DUCKDB else each for each in values)])
    engine.execute("DROP TABLE IF EXISTS accounts")
    engine.execute(create)
    if dialect is Dialect.POSTGRES:
        with engine.cursor() as cursor:
            cursor.executemany(insert, cells)
    else:
        engine.executemany(insert, cells)
    columns = [column(name) for name in traits] + [confidence_column(name) for name in doubted]
    query = label_query(pack, "accounts", dialect, NOW, columns=columns)
    found = engine.execute(query).fetchall()
    assert [row[0] for row in sorted(found)] == list(range(len(rows)))
    return [(segment, status) for _, segment, status in sorted(found)]


def naive(value: Any) -> Any:
    return value.astimezone(UTC).replace(tzinfo=None) if isinstance(value, datetime) else value


def hold_equal(
    engines: Sequence[Any], pack: Pack, seed: int, count: int, *, doubt: bool
) -> set[tuple[str, str]]:
    """Compare engines and classifier on random rows, and return the labels that were met."""
    random = Random(seed)
    traits = traits_read(pack)
    rows = random_rows(pack, random, count, traits)
    asked = sorted({name for each in pack.segments for name in each.model.needs if name in traits})
    beliefs = (
        [{name: random.choice(BELIEFS) for name in asked} for _ in rows] if doubt else [{} for _ in rows]
    )
    wanted = [expected(pack, row, belief) for row, belief in zip(rows, beliefs, strict=True)]
    for engine in engines:
        found = answers(engine, pack, rows, beliefs, traits)
        for row, belief, here, there in zip(rows, beliefs, found, wanted, strict=True):
            assert here == there, (row, belief)
    return set(wanted)


@pytest.mark.parametrize("doubt", [False, True])
@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_packs_are_labelled_as_the_classifier_does(
    name: str, doubt: bool, postgres: psycopg.Connection[tuple[Any, ...]]
) -> None:
    pack = load_pack(name)
    with duckdb.connect() as duck:
        duck.execute("SET TimeZone = 'Asia/Kolkata'")
        met = hold_equal([duck, postgres], pack, 7, 700, doubt=doubt)
    assert {segment for segment, _ in met} == {each.name for each in pack.segments}
    assert {status for _, status in met} >= {"matched", "provisional"}


def small_pack(traits: str, segments: Sequence[tuple[str, str]], needs: Mapping[str, str]) -> Pack:
    """A shipped pack with its traits and segments replaced."""
    files = {
        path: raw
        for path, raw in read_files(find_pack("saas_pipeline")).items()
        if path in ("pack.yaml", "plays/standard_page.yaml")
    }
    names = [name for name, _ in segments] + ["rest"]
    dimensions = ", ".join(line.partition(":")[0] for line in traits.strip().split("\n")[:2])
    files["pack.yaml"] = (
        f"pack: small\ntitle: Small\ndecision: Who is who\ndimensions: [{dimensions}]\nsegments: [{', '.join(names)}]\n"
        "surfaces: [web]\nsources: {crm: 1.0}\n"
    ).encode()
    files["traits.yaml"] = traits.encode()
    for name, when in [*segments, ("rest", "")]:
        condition = f"when: {when!r}\n" if when else ""
        asked = f"needs: {needs[name]}\n" if name in needs else ""
        files[f"segments/{name}.yaml"] = (
            f"segment: {name}\ntitle: T\n{condition}{asked}owner: a@example.com\nreview_by: 2027-02-22\n"
            "surfaces:\n  web: {default: standard_page}\n"
        ).encode()
    return load_files(files, "small")


TRAITS = """
a: {type: boolean, layer: firmographic, from: [crm], absent: true}
b: {type: integer, layer: behavioral, from: [crm], absent: 0}
c: {type: number, layer: firmographic, from: [crm]}
d: {type: "text[]", layer: firmographic, from: [crm]}
t: {type: text, layer: firmographic, from: [crm], absent: x}
flag: {type: boolean, sql: "a"}
total: {type: number, sql: "c + b"}
words: {type: text, sql: "CASE WHEN a THEN t WHEN b > 1 THEN 'many' END"}
score:
  type: number
  layer: firmographic
  scorecard:
    - {when: "a", points: 1.5}
    - {when: "b >= 1", points: -2}
    - {when: "c > 0.5", points: 3}
    - {when: "ARRAY_CONTAINS(d, 'y')", points: -0.25}
mixed: {type: number, sql: "score + c"}
"""
SEGMENTS = (
    ("one", "flag AND words = 'x' AND total > 2"),
    ("two", "score >= 1.5 AND mixed < 4"),
    ("three", "c IS NOT NULL AND NOT a"),
    ("four", "words IN ('many', 'x') OR score BETWEEN -2 AND 1"),
    ("five", "COALESCE(c, b) > 0 AND t IS DISTINCT FROM 'y'"),
)
NEEDS = {
    "one": "{a: 0.5, t: 0.7}",
    "two": "{a: 0.7, c: 0.5}",
    "four": "{a: 0.5, d: 0.6}",
    "five": "{c: 0.7, t: 0.5}",
}


def test_every_combination_of_absence_and_belief(postgres: psycopg.Connection[tuple[Any, ...]]) -> None:
    """All of NULL, value and belief for every trait of a small pack that has every kind of derivation."""
    pack = small_pack(TRAITS, SEGMENTS, NEEDS)
    rows, beliefs = [], []
    values: dict[str, list[Any]] = {
        "a": [None, True, False], "b": [None, 0, 2], "c": [None, 0.5, 0.75], "d": [None, [], ["y"]],
        "t": [None, "x", "y"],
    }  # fmt: skip
    random = Random(3)
    combinations: list[Row] = [{}]
    for name, choices in values.items():
        combinations = [{**row, name: choice} for row in combinations for choice in choices]
    for row in combinations:
        for _ in range(8):
            rows.append(row)
            beliefs.append({name: random.choice((None, 0.4, 0.5, 0.6, 0.7)) for name in ("a", "c", "d", "t")})
    wanted = [expected(pack, row, belief) for row, belief in zip(rows, beliefs, strict=True)]
    with duckdb.connect() as duck:
        for engine in (duck, postgres):
            assert answers(engine, pack, rows, beliefs, tuple(values)) == wanted
    assert {segment for segment, _ in wanted} == {each.name for each in pack.segments}
    assert {status for _, status in wanted} == {"matched", "provisional", "residual"}


def test_without_a_confidence_column_a_value_is_believed() -> None:
    pack = small_pack(TRAITS, SEGMENTS, NEEDS)
    with duckdb.connect() as duck:
        assert hold_equal([duck], pack, 11, 500, doubt=False)


def test_a_trait_that_the_source_lacks_is_unknown(postgres: psycopg.Connection[tuple[Any, ...]]) -> None:
    pack = small_pack(TRAITS, SEGMENTS, NEEDS)
    rows = random_rows(pack, Random(5), 200, ("b", "d"))
    wanted = [expected(pack, row, {}) for row in rows]
    with duckdb.connect() as duck:
        for engine in (duck, postgres):
            assert answers(engine, pack, rows, [], ("b", "d")) == wanted


def test_names_of_columns_never_meet() -> None:
    """Segments and traits that are called as the query's own columns are."""
    traits = """
is_one: {type: boolean, layer: firmographic, from: [crm]}
c: {type: integer, layer: behavioral, from: [crm]}
c__believed: {type: integer, layer: behavioral, from: [crm]}
s: {type: number, layer: firmographic, scorecard: [{when: "c > 1", points: 1}, {when: "is_one", points: 2}]}
s__item_1: {type: boolean, layer: firmographic, from: [crm]}
status: {type: boolean, layer: firmographic, from: [crm]}
"""
    segments = (
        ("one", "c__believed > 1 AND s__item_1"),
        ("two", "NOT is_one AND c > 1"),
        ("three", "s > 1 OR status"),
    )
    pack = small_pack(traits, segments, {"two": "{c: 0.5}"})
    with duckdb.connect() as duck:
        assert len(hold_equal([duck], pack, 1, 600, doubt=True)) > 4


@pytest.mark.parametrize("dialect", list(Dialect))
@pytest.mark.parametrize("name", SHIPPED)
def test_every_dialect_is_written(name: str, dialect: Dialect) -> None:
    query = label_query(load_pack(name), "crm.accounts", dialect, NOW, keys=("account_id", "domain"))
    assert "FROM crm.accounts" in query
    assert query.count("(") == query.count(")")
    assert "None" not in query


@pytest.mark.parametrize(
    "source",
    [
        "",
        "accounts; DROP TABLE x",
        "a b",
        "a.b.c.d.e",
        "'accounts'",
        "accounts--",
        "a..b",
        "read_csv('x')",
        "1a",
        'a"b',
    ],
)
def test_a_table_is_an_identifier(source: str) -> None:
    with pytest.raises(InputError, match="is no table"):
        label_query(load_pack("saas_pipeline"), source, "duckdb")


def test_a_key_is_an_identifier_and_may_be_a_reserved_word() -> None:
    pack = load_pack("saas_pipeline")
    with pytest.raises(InputError, match="is no column"):
        label_query(pack, "accounts", "duckdb", keys=("account_id, 1",))
    with duckdb.connect() as duck:
        duck.execute('CREATE TABLE "order" ("select" INTEGER)')
        duck.execute('INSERT INTO "order" VALUES (7)')
        query = label_query(pack, "order", "duckdb", NOW, columns=(), keys=("select",))
        assert duck.execute(query).fetchall() == [(7, "needs_data", "provisional")]


def test_an_unknown_dialect_is_refused() -> None:
    with pytest.raises(InputError, match="unknown SQL dialect 'duck'"):
        label_query(load_pack("saas_pipeline"), "accounts", "duck")


def test_without_an_instant_the_clock_of_the_engine_is_read() -> None:
    pack = load_pack("buying_motion")
    assert "now()" in label_query(pack, "accounts", "duckdb")
    assert "now()" not in label_query(pack, "accounts", "duckdb", NOW)


@pytest.mark.parametrize("name", SHIPPED)
def test_duckdb_needs_no_join(name: str) -> None:
    """A join, as IN of many texts becomes, would leave COPY one thread where the order of rows is kept."""
    pack = load_pack(name)
    columns = [f"{column(each)} {column_type(pack.schema[each], 'duckdb')}" for each in pack.imported]
    with duckdb.connect() as connection:
        connection.execute(f"CREATE TABLE accounts (account_id TEXT, {', '.join(columns)})")
        connection.execute("INSERT INTO accounts (account_id) VALUES ('a')")
        plan = connection.execute(f"EXPLAIN {label_query(pack, 'accounts', 'duckdb', NOW)}").fetchall()
    assert "join" not in str(plan).lower()
