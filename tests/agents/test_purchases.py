"""Recency, frequency and monetary value of real purchases: those of CDNOW's customers, as PyPI's lifetimes sums them up.

lifetimes counts repeat purchases and from the first purchase on; a segmentation counts purchases and back from
now. With R, F and M ours at the end and M1 ours on the day of the first purchase, which is `first`:

    frequency = F - 1                    days with a purchase after the first
    T = end - first                      the customer's age
    recency = T - R                      the age at the last purchase
    monetary_value * frequency = M - M1  what was spent after the first day
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pytest

from segue.policies.artifact import ArtifactKind, artifact_of
from segue.policies.artifacts import definition_of
from segue.policies.event_fold import fold, rfm_values
from segue.policies.event_program import fold_query
from segue.policies.event_traits import EventTrait, event_trait
from segue.policies.models.traits import Trait
from segue.policies.rfm import cut_values, recency_cut
from segue.policies.rfm_program import cut_points_query, rfm_query

RFM = {"event": "track", "where": "name = 'Order Completed'", "value": "revenue", "over": "36500d"}
TRAIT = Trait.model_validate({"type": "text", "layer": "behavioral", "rfm": RFM})
DAY = timedelta(days=1)
Raw = Mapping[str, tuple[datetime, int, float]]
Ask = Callable[[str], list[tuple[Any, ...]]]
Summary = dict[str, tuple[int, int, int, float]]
"""Customer to frequency, recency, T and what was spent on repeat purchases, in cents."""


@pytest.fixture(scope="module")
def purchases() -> list[tuple[str, datetime, float]]:
    """Customer, day and amount, as they stand in the package."""
    found = find_spec(
        "lifetimes"
    )  # not imported yet: that warns of what newer libraries do not take any more
    assert found is not None and found.submodule_search_locations is not None
    text = (Path(found.submodule_search_locations[0]) / "datasets" / "CDNOW_sample.txt").read_text()
    rows = [line.split() for line in text.splitlines()]
    return [(row[0], datetime.strptime(row[2], "%Y%m%d").replace(tzinfo=UTC), float(row[4])) for row in rows]


@pytest.fixture(scope="module")
def theirs(purchases: Sequence[tuple[str, datetime, float]]) -> Summary:
    """The package's own summary."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it was written for an older pandas
        frame = import_module("pandas").DataFrame(
            [(customer, day.replace(tzinfo=None), amount) for customer, day, amount in purchases],
            columns=["customer", "day", "amount"],
        )
        summed = import_module("lifetimes.utils").summary_data_from_transaction_data(
            frame, "customer", "day", monetary_value_col="amount"
        )
    return {
        str(customer): (int(row[0]), int(row[1]), int(row[2]), round(float(row[3] * row[0]), 2))
        for customer, row in zip(summed.index, summed.to_numpy(), strict=True)
    }


@pytest.fixture(scope="module")
def events(purchases: Sequence[tuple[str, datetime, float]]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for customer, day, amount in purchases:
        event = {"kind": "track", "name": "Order Completed", "at": day, "properties": {"revenue": amount}}
        found.setdefault(customer, []).append(event)
    return found


COLUMNS = ("visitor", "contact_id", "path", "url", "title", "referrer", "search")


@pytest.fixture(scope="module")
def duck(purchases: Sequence[tuple[str, datetime, float]]) -> Iterator[Ask]:
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'America/New_York'")
    columns = [list(each) for each in zip(*purchases, strict=True)]
    columns[1] = [each.replace(tzinfo=None) for each in columns[1]]
    connection.execute(
        'CREATE TABLE bought AS SELECT unnest(?) AS account_id, unnest(?) AS "at", unnest(?) AS amount',
        columns,
    )
    nothing = ", ".join(f"CAST(NULL AS VARCHAR) AS {each}" for each in COLUMNS)
    connection.execute(
        f"CREATE TABLE events AS SELECT account_id, 'track' AS kind, \"at\", 'Order Completed' AS name, {nothing},"
        " json_object('revenue', amount) AS properties FROM bought"
    )
    yield lambda query: connection.execute(query).fetchall()
    connection.close()


@pytest.fixture(scope="module")
def postgres(server_url: str, purchases: Sequence[tuple[str, datetime, float]]) -> Iterator[Ask]:
    with psycopg.connect(server_url) as connection:
        connection.execute("SET TimeZone = 'America/New_York'")
        connection.execute("CREATE TEMP TABLE bought (account_id text, at timestamptz, amount float8)")
        with connection.cursor().copy("COPY bought FROM STDIN") as copy:
            for row in purchases:
                copy.write_row(row)
        nothing = ", ".join(f"NULL::text AS {each}" for each in COLUMNS)
        connection.execute(
            f"CREATE TEMP TABLE events AS SELECT account_id, 'track' AS kind, at, 'Order Completed' AS name,"
            f" {nothing}, jsonb_build_object('revenue', amount) AS properties FROM bought".encode()
        )
        yield lambda query: connection.execute(query.encode()).fetchall()


def raw_by(ask: Ask, dialect: str, trait: EventTrait) -> Callable[[datetime], Raw]:
    def at(now: datetime) -> Raw:
        rows = ask(rfm_query(trait, "events", dialect, now))
        return {
            who: (last if last.tzinfo else last.replace(tzinfo=UTC), days, total)
            for who, last, days, total in rows
        }

    return at


def summed_up(at: Callable[[datetime], Raw], days: Sequence[datetime]) -> Summary:
    """Return their summary, worked out from our raw values on each day and at the end."""
    end = days[-1]
    first: dict[str, tuple[datetime, float]] = {}
    for day in days:
        for who, (last, count, total) in at(day).items():
            if count == 1 and last == day:
                first[who] = (day, total)
    found = {}
    for who, (last, count, total) in at(end).items():
        age = (end - first[who][0]) // DAY
        found[who] = (count - 1, age - (end - last) // DAY, age, round(total - first[who][1], 2))
    return found


def first_days(purchases: Sequence[tuple[str, datetime, float]]) -> list[datetime]:
    """Return the days on which some customer bought for the first time, and the last of all."""
    first: dict[str, datetime] = {}
    for who, day, _ in purchases:
        first[who] = min(day, first.get(who, day))
    end = max(day for _, day, _ in purchases)
    return [*sorted({*first.values()} - {end}), end]


def test_python_equals_the_package(theirs: Summary, events: Any, purchases: Any) -> None:
    trait, days = event_trait(TRAIT), first_days(purchases)

    def at(now: datetime) -> Raw:
        found = {who: rfm_values(trait, own, now) for who, own in events.items() if own[0]["at"] <= now}
        return {who: (last, count, total) for who, (last, count, total) in found.items() if last}

    assert len(theirs) == 2_357
    assert summed_up(at, days) == theirs


@pytest.mark.parametrize("dialect", ["duckdb", "postgres"])
def test_sql_equals_the_package(dialect: str, theirs: Summary, purchases: Any, request: Any) -> None:
    ask = request.getfixturevalue("duck" if dialect == "duckdb" else "postgres")
    assert summed_up(raw_by(ask, dialect, event_trait(TRAIT)), first_days(purchases)) == theirs


@pytest.mark.parametrize("dialect", ["duckdb", "postgres"])
def test_the_quintiles_are_those_of_an_engine_of_their_own(
    dialect: str, duck: Ask, theirs: Summary, events: Any, purchases: Any, request: Any
) -> None:
    """Cut points by quantile_disc of DuckDB over the package's values, and scores by what lies beyond them."""
    ask = request.getfixturevalue("duck" if dialect == "duckdb" else "postgres")
    end = max(day for _, day, _ in purchases)
    at_end = raw_by(ask, dialect, event_trait(TRAIT))(end)
    values = {
        who: ((age - recency), frequency + 1, at_end[who][2])
        for who, (frequency, recency, age, _) in theirs.items()
    }
    listed = ", ".join(f"({r}, {f}, {m!r}::DOUBLE)" for r, f, m in values.values())
    fifths = "[0.2, 0.4, 0.6, 0.8]"
    [(r, f, m)] = duck(
        f"SELECT quantile_disc(r, {fifths}), quantile_disc(f, {fifths}), quantile_disc(m, {fifths})"
        f" FROM (VALUES {listed}) AS v(r, f, m)"
    )
    row = ask(cut_points_query(event_trait(TRAIT), "events", dialect, end))[0]
    naive = end.replace(tzinfo=row[1].tzinfo)
    assert row[0] == 2_357
    assert [(naive - last) // DAY for last in row[1::3]] == r
    assert (list(row[2::3]), list(row[3::3])) == (f, m)
    assert cut_values(sorted(each[1] for each in values.values()), 5) == f
    assert TRAIT.rfm is not None
    body = {
        "definition": definition_of(TRAIT.rfm), "accounts": 2_357,
        "recency": [recency_cut(each * DAY) for each in r], "frequency": f, "monetary": m,
    }  # fmt: skip
    trait = event_trait(TRAIT, artifact_of(ArtifactKind.CUT_POINTS, "shop", "rfm", end, body))
    expected = {
        who: f"{5 - sum(age > cut for cut in r)}{1 + sum(days > cut for cut in f)}{1 + sum(spent > cut for cut in m)}"
        for who, (age, days, spent) in values.items()
    }
    assert dict(ask(fold_query([trait], "events", dialect, end))) == expected
    assert {who: fold(trait, own, end) for who, own in events.items()} == expected
    assert len(set(expected.values())) > 30
