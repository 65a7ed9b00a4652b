from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segue.accounts.dates import DateFault, DateOrder, order_evidence, read_instant, read_period

U, D, M = DateOrder.UNSETTLED, DateOrder.DAY_FIRST, DateOrder.MONTH_FIRST


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2025-04-03", "2025-04-03"), ("20250403", "2025-04-03"), ("2025/4/3", "2025-04-03"),
        ("2025-04-03T10:20:30Z", "2025-04-03T10:20:30"), ("2025-04-03 10:20", "2025-04-03T10:20"),
        ("2025-04-03T10:20:30.000+0000", "2025-04-03T10:20:30"), ("2025-04-03T10:00:00+02:00", "2025-04-03T08:00"),
        ("2025-04-03 10:00:00 UTC", "2025-04-03T10:00"),
        ("3.4.2025", "2025-04-03"), ("03.04.2025 14:30", "2025-04-03T14:30"),
        ("13/04/2025", "2025-04-13"), ("04/13/2025", "2025-04-13"), ("4/4/2025", "2025-04-04"), ("13-04-2025", "2025-04-13"),
        ("4/13/2025, 2:05 PM", "2025-04-13T14:05"), ("4/13/2025 12:05 AM", "2025-04-13T00:05"),
        ("3 April 2025", "2025-04-03"), ("April 3, 2025", "2025-04-03"), ("Apr 3 2025", "2025-04-03"),
        ("3rd Sept 2025", "2025-09-03"), ("03-Apr-2025", "2025-04-03"), ("3. April 2025", "2025-04-03"),
        ("1743674400000", "2025-04-03T10:00"), ("1743674400", "2025-04-03T10:00"),
        ("0001-01-01", "0001-01-01"), ("  2025-04-03 ", "2025-04-03"),
    ],
)  # fmt: skip
def test_an_instant(text: str, expected: str) -> None:
    assert read_instant(text, U) == datetime.fromisoformat(expected).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("03/04/2025", DateFault.AMBIGUOUS), ("3-4-2025", DateFault.AMBIGUOUS),
        ("32/04/2025", DateFault.UNREADABLE), ("13/13/2025", DateFault.UNREADABLE), ("2025-02-30", DateFault.UNREADABLE),
        ("30 February 2025", DateFault.UNREADABLE), ("3/4/25", DateFault.UNREADABLE), ("soon", DateFault.UNREADABLE),
        ("45750", DateFault.UNREADABLE), ("4/13/2025 13:05 PM", DateFault.UNREADABLE),
        ("2025", DateFault.PERIOD), ("2025-04", DateFault.PERIOD), ("April 2025", DateFault.PERIOD),
        ("Q3 2025", DateFault.PERIOD), ("FY 2025", DateFault.PERIOD), ("04/2025", DateFault.PERIOD),
        ("9999-12-31T23:59:59-14:00", DateFault.UNREADABLE),
    ],
)  # fmt: skip
def test_what_is_no_instant(text: str, fault: DateFault) -> None:
    assert read_instant(text, U) is fault


def test_the_column_settles_which_is_the_day() -> None:
    assert read_instant("03/04/2025", D) == datetime(2025, 4, 3, tzinfo=UTC)
    assert read_instant("03/04/2025", M) == datetime(2025, 3, 4, tzinfo=UTC)
    assert read_instant("03/04/2025", DateOrder.CONTRADICTED) is DateFault.AMBIGUOUS
    assert read_instant("13/04/2025", M) == datetime(2025, 4, 13, tzinfo=UTC), (
        "the numbers settle it themselves"
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("13/04/2025", D), ("04/13/2025", M), ("03/04/2025", None), ("31.12.2025", None), ("2025-04-13", None),
        ("13/04/2025 10:00", D), ("40/04/2025", None), ("x", None),
    ],
)  # fmt: skip
def test_what_one_date_proves(text: str, expected: DateOrder | None) -> None:
    assert order_evidence(text) is expected


@pytest.mark.parametrize(
    ("text", "day", "rest"),
    [
        ("average, 2021", date(2021, 12, 31), "average,"), ("2/2020", date(2020, 2, 29), ""),
        ("as of March 2025", date(2025, 3, 31), "as of"), ("H1 2024", date(2024, 6, 30), ""),
        ("FY24", date(2024, 12, 31), ""), ("2017-11-30", date(2017, 11, 30), ""), ("31 Dec 2025", date(2025, 12, 31), ""),
        ("2021/2022", date(2022, 12, 31), "/"), ("FY 2018.3", date(2018, 12, 31), ""),
    ],
)  # fmt: skip
def test_a_period(text: str, day: date, rest: str) -> None:
    found = read_period(text)
    assert found is not None
    assert (found[0], found[1].strip()) == (day, rest)


def test_no_period() -> None:
    assert read_period("consolidated") is None
    assert read_period("784 temporary workers") is None


@given(st.datetimes(timezones=st.just(UTC)))
def test_iso_reads_back(instant: datetime) -> None:
    assert read_instant(instant.isoformat(), U) == instant


@given(st.dates())
def test_settled_columns_read_back(day: date) -> None:
    instant = datetime(day.year, day.month, day.day, tzinfo=UTC)
    assert read_instant(f"{day.day}/{day.month}/{day.year:04d}", D) == instant
    assert read_instant(f"{day.month}/{day.day}/{day.year:04d}", M) == instant


@given(st.text(max_size=40), st.sampled_from(list(DateOrder)))
def test_never_raises(text: str, order: DateOrder) -> None:
    assert isinstance(read_instant(text, order), datetime | DateFault)
    read_period(text)


@given(st.text("0123456789-/.: TZQFYAprilMay+", max_size=30))
def test_never_raises_on_what_looks_like_dates(text: str) -> None:
    assert isinstance(read_instant(text, U), datetime | DateFault)
    read_period(text)
