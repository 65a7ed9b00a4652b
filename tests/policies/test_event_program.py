"""The SQL of traits over events: the same values as Python on DuckDB, and SQL in every dialect."""

from __future__ import annotations

from datetime import timedelta
from random import Random
from typing import Any

import duckdb
import orjson
import pytest
import sqlglot
from hypothesis import given, settings
from hypothesis import strategies as st

from segue.core.errors import InputError
from segue.evals.differential_event_cases import NOW, random_event, random_trait
from segue.evals.differential_events import COLUMNS
from segue.policies.event_fold import fold, next_change
from segue.policies.event_program import fold_query
from segue.policies.event_traits import event_trait, round6
from segue.policies.language.dialects import Dialect
from segue.policies.models.traits import Trait

MICRO = timedelta(microseconds=1)


@pytest.fixture(scope="module")
def duck() -> Any:
    connection = duckdb.connect()
    types = {"at": "TIMESTAMP", "properties": "JSON"}
    columns = [f'"{name}" {types.get(name, "VARCHAR")}' for name in COLUMNS]
    connection.execute(f"CREATE TABLE events ({', '.join(columns)})")
    yield connection
    connection.close()


@given(st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_duckdb_folds_as_python_does(duck: Any, random: Random) -> None:
    events = [random_event(random, random.choice("ab")) for _ in range(random.randint(1, 20))]
    traits = list({each.key: each for each in (random_trait(random) for _ in range(6))}.values())
    duck.execute("DELETE FROM events")
    for event in events:
        plain = {
            **event,
            "at": event["at"].replace(tzinfo=None),
            "properties": orjson.dumps(event["properties"]).decode(),
        }
        duck.execute(
            f"INSERT INTO events VALUES ({', '.join('?' for _ in COLUMNS)})", [plain[c] for c in COLUMNS]
        )
    rows = {
        row[0]: list(row[1:]) for row in duck.execute(fold_query(traits, "events", "duckdb", NOW)).fetchall()
    }
    for account in "ab":
        own = [each for each in events if each["account_id"] == account]
        expected = [fold(trait, own, NOW) for trait in traits]
        assert rows.get(account, [trait.nothing for trait in traits]) == expected


@given(st.randoms(use_true_random=False))
@settings(max_examples=150, deadline=None)
def test_nothing_changes_before_the_next_change(random: Random) -> None:
    events = [random_event(random, "a") for _ in range(random.randint(0, 8))]
    trait = random_trait(random)
    change = next_change(trait, events, NOW)
    assert change is None or change > NOW
    if trait.kind == "decay":
        return
    end = change or NOW + timedelta(days=400)
    for instant in (min(NOW + (end - NOW) * random.random(), end - MICRO), end - MICRO):
        assert fold(trait, events, instant) == fold(trait, events, NOW)


@given(st.randoms(use_true_random=False))
@settings(max_examples=100, deadline=None)
def test_the_order_of_events_does_not_count(random: Random) -> None:
    events = [random_event(random, "a") for _ in range(10)]
    trait = random_trait(random)
    found = fold(trait, events, NOW)
    random.shuffle(events)
    assert fold(trait, events, NOW) == found


@pytest.mark.parametrize("dialect", list(Dialect))
def test_every_dialect_reads_the_query(dialect: Dialect) -> None:
    random = Random(5)
    traits = list({each.key: each for each in (random_trait(random) for _ in range(60))}.values())
    query = fold_query(traits, "warehouse.events", dialect, NOW)
    parsed = sqlglot.parse_one(query, dialect=dialect.value)
    assert isinstance(parsed, sqlglot.exp.Select)
    assert [each.alias_or_name for each in parsed.selects] == [
        "account_id",
        *(f"trait_{t.key}" for t in traits),
    ]
    with pytest.raises(InputError):
        fold_query(traits, "events; drop table x", dialect, NOW)


def trait(kind: str, key: str, **model: Any) -> Any:
    return event_trait(Trait.model_validate({"type": kind, "layer": "behavioral", key: model}))


def test_a_trend_tells_a_drop_and_knows_nothing_without_a_before() -> None:
    found = trait("number", "trend", event="page", over="7d")
    pages = [{"kind": "page", "at": NOW - timedelta(days=days)} for days in (1, 8, 9)]
    assert fold(found, pages, NOW) == 0.5
    assert fold(found, pages[:1], NOW) is None
    assert fold(found, pages, NOW + timedelta(days=7)) == 0.0
    assert next_change(found, pages, NOW) == NOW + timedelta(days=5)


def test_a_key_names_a_definition() -> None:
    one = trait("integer", "count", event=["page", "track"], over="7d")
    assert one.key == trait("integer", "count", event=["track", "page"], over="168h").key
    others = [
        trait("integer", "count", event="page", over="7d"),
        trait("integer", "count", event=["page", "track"], over="8d"),
        trait("integer", "count", event=["page", "track"], over="7d", where="path = '/'"),
        trait("text", "latest", event=["page", "track"], over="7d", of="plan"),
        trait("integer", "latest", event=["page", "track"], over="7d", of="plan"),
    ]
    assert len({one.key, *(each.key for each in others)}) == 6


@pytest.mark.parametrize(
    ("value", "rounded"),
    [
        (0.0078125, 0.007813),
        (0.0078125 - 1e-18, 0.007813),
        (-0.0000005, 0.0),
        (1e10 + 0.1, 1e10 + 0.1),
        (2.5, 2.5),
    ],
)
def test_round6_forgives_the_last_bits(value: float, rounded: float) -> None:
    assert round6(value) == rounded


@pytest.mark.parametrize("model", [{"over": "0d"}, {"over": "7d", "of": "a'b"}, {"over": "7d", "of": ""}])
def test_what_a_trait_cannot_be(model: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"of|over"):
        trait("number", "sum", **{"event": "page", "of": "amount", **model})
