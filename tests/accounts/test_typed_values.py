from __future__ import annotations

import math
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segue.accounts.dates import DateOrder
from segue.accounts.numerals import DecimalMark
from segue.accounts.readings import ABSENT, Conventions, Fault, Rates, Reading
from segue.accounts.typed_values import name_reader, text_reader, value_reader
from segue.policies.language.types import MAX_INTEGER, Type, coerce
from segue.policies.models.traits import Layer, Trait, TraitType


def trait(kind: TraitType, **more: Any) -> Trait:
    return Trait(type=kind, layer=Layer.FIRMOGRAPHIC, **more)


def read(kind: TraitType, cell: object, name: str = "x", **more: Any) -> Reading:
    return value_reader(name, trait(kind, **more)).read(cell)


EVERY_TYPE: list[TraitType] = ["text", "integer", "number", "boolean", "timestamp", "text[]"]


@pytest.mark.parametrize("kind", EVERY_TYPE)
@pytest.mark.parametrize(
    "cell",
    [None, "", " ", "\t", "\u00a0", "-", "--", "—", "N/A", "n/a", "NA", "#N/A", "null", "NULL", "none", "None", "unknown",
     "(unknown)", "TBD", "[not provided]", "?", "..", "not available", "(No value)"],
)  # fmt: skip
def test_what_says_nothing(kind: TraitType, cell: object) -> None:
    assert read(kind, cell) == ABSENT


@pytest.mark.parametrize("kind", EVERY_TYPE)
@pytest.mark.parametrize("cell", ["a\x00b", "\ud800", "x" * 10_001])
def test_text_that_nothing_stores_is_refused(kind: TraitType, cell: str) -> None:
    assert read(kind, cell) == Reading(fault=Fault.REFUSED_TEXT)


@pytest.mark.parametrize("kind", ["integer", "number"])
@pytest.mark.parametrize(
    "cell",
    [math.nan, math.inf, -math.inf, "NaN", "nan", "inf", "-Infinity", Decimal("NaN"), Decimal("sNaN"), 1e999],
)
def test_what_is_not_finite(kind: TraitType, cell: object) -> None:
    assert read(kind, cell) == Reading(fault=Fault.NOT_FINITE)


@pytest.mark.parametrize(
    ("cell", "value", "year"),
    [
        ("3,167 (average, 2021)", 3167, 2021), ("~5000", 5000, None), ("1.5M", 1_500_000, None), ("12k", 12_000, None),
        ("12 000", 12_000, None), ("1.234.567", 1_234_567, None), ("007", 7, None), ("5000.0", 5000, None), ("5e3", 5000, None),
        (5000, 5000, None), (5000.0, 5000, None), (Decimal("5000.00"), 5000, None), ("14,375 (2023) 13,388 (2022)", 14_375, 2023),
        ("12 people", 12, None), (str(MAX_INTEGER), MAX_INTEGER, None), ("0", 0, None),
    ],
)  # fmt: skip
def test_a_whole_number_of_people(cell: object, value: int, year: int | None) -> None:
    found = read("integer", cell, "employees", unit="people")
    as_of = datetime(year, 12, 31, tzinfo=UTC) if year else None
    assert found == Reading(value, as_of)
    assert type(found.value) is int


@pytest.mark.parametrize(
    ("cell", "fault"),
    [
        ("201-500", Fault.RANGE), ("10,001+", Fault.BOUND), ("many", Fault.UNREADABLE), ("12.5", Fault.NOT_WHOLE), (12.5, Fault.NOT_WHOLE),
        ("-5", Fault.OUT_OF_BOUNDS), (-5, Fault.OUT_OF_BOUNDS), (2**53, Fault.OUT_OF_BOUNDS), ("9" * 30, Fault.OUT_OF_BOUNDS),
        ("1e999", Fault.OUT_OF_BOUNDS), ("30,000 (2021) 600,000 (2021)", Fault.SEVERAL), ("5.000", Fault.AMBIGUOUS),
        (True, Fault.UNREADABLE), ([5], Fault.UNREADABLE), ({"a": 1}, Fault.UNREADABLE), ("€5", Fault.UNREADABLE), ("5%", Fault.UNREADABLE),
        ("12 seats", Fault.UNREADABLE), ("1 " * 600, Fault.UNREADABLE), (datetime(2025, 1, 1), Fault.UNREADABLE),
    ],
)  # fmt: skip
def test_what_is_no_whole_number_of_people(cell: object, fault: Fault) -> None:
    assert read("integer", cell, "employees", unit="people") == Reading(fault=fault)


def test_without_a_unit_an_integer_may_be_negative() -> None:
    assert read("integer", "-5") == Reading(-5)


@pytest.mark.parametrize(
    ("cell", "value"),
    [("1988 ; 38 years ago ( 1988 )", 1988), ("June 13, 1902 ; 123 years ago ( 1902-06-13 ) in Two Harbors", 1902), (1988, 1988),
     (1988.0, 1988), ("founded 1690", 1690)],
)  # fmt: skip
def test_a_year(cell: object, value: int) -> None:
    assert read("integer", cell, "founded_year") == Reading(value)
    assert read("integer", cell, "since", unit="year") == Reading(value)


@pytest.mark.parametrize(
    ("cell", "fault"),
    [("1990 (as Fortis); 2010 (as Ageas)", Fault.SEVERAL), ("0", Fault.OUT_OF_BOUNDS), (0, Fault.OUT_OF_BOUNDS), ("3024", Fault.OUT_OF_BOUNDS),
     ("long ago", Fault.UNREADABLE), ("12,1988.5", Fault.UNREADABLE), (1988.5, Fault.NOT_WHOLE), (math.nan, Fault.NOT_FINITE)],
)  # fmt: skip
def test_what_is_no_year(cell: object, fault: Fault) -> None:
    assert read("integer", cell, "founded_year") == Reading(fault=fault)


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("US$ 1.2bn", 1.2e9), ("$478,900,000 (2011)", 478_900_000.0), ("1.234.567,89", 1_234_567.89), ("3910000000", 3.91e9),
        ("3910000000.00", 3.91e9), (3.91e9, 3.91e9), (5, 5.0), ("SEK 74.1 billion (2024) ( US$ 7.01 billion )", 7.01e9),
        ("US$ 1.83 billion (2023) US$1.04 billion (2022)", 1.83e9), ("22,726,418,000 United States dollar (2022)", 22_726_418_000.0),
        ("¥ 4,395 trillion ($29.8B) (2024)", 29.8e9), ("US$−720 million", -720e6), ("0", 0.0),
    ],
)  # fmt: skip
def test_an_amount_in_dollars(cell: object, value: float) -> None:
    found = read("number", cell, "annual_revenue", unit="USD")
    assert found.value == value
    assert type(found.value) is float
    assert found.fault is None


@pytest.mark.parametrize(
    ("cell", "fault", "detail"),
    [
        ("€3.91 billion (2021)", Fault.OTHER_CURRENCY, "EUR"), ("¥ 3.76 trillion (2024)", Fault.OTHER_CURRENCY, "CNY or JPY"),
        ("40.911 billion kr", Fault.OTHER_CURRENCY, "DKK or ISK or NOK"), ("CA$ 5", Fault.OTHER_CURRENCY, "CAD"),
        (">€6 billion (2022)", Fault.BOUND, None), ("10%", Fault.UNREADABLE, None), ("$1M-$10M", Fault.RANGE, None),
        ("$5 $6", Fault.SEVERAL, None), ("1e30", Fault.OUT_OF_BOUNDS, None),
    ],
)  # fmt: skip
def test_what_is_no_amount_in_dollars(cell: object, fault: Fault, detail: str | None) -> None:
    assert read("number", cell, "annual_revenue", unit="USD") == Reading(fault=fault, detail=detail)


def test_another_currency_is_never_equated_and_converts_only_at_a_rate_that_was_given() -> None:
    revenue = trait("number", unit="USD")
    given = value_reader("annual_revenue", revenue, rates=Rates({"EURUSD": 1.08}))
    found = given.read("€3.91 billion (2021)")
    assert found == Reading(
        4_222_800_000.0, datetime(2021, 12, 31, tzinfo=UTC), None, "converted at EURUSD 1.08"
    )
    assert given.read("CHF 5").fault is Fault.OTHER_CURRENCY
    assert given.read("US$ 5") == Reading(5.0)


def test_the_currency_of_another_column_counts_where_the_amount_names_none() -> None:
    revenue = value_reader("annual_revenue", trait("number", unit="USD"), rates=Rates({"EURUSD": 2.0}))
    assert revenue.read("5", "EUR").value == 10.0
    assert revenue.read("5", "USD").value == 5.0
    assert revenue.read("5", "CHF") == Reading(fault=Fault.OTHER_CURRENCY, detail="CHF")
    assert revenue.read("US$ 5", "CHF").value == 5.0


def test_a_dollar_sign_is_not_a_euro() -> None:
    assert read("number", "$5", "revenue", unit="EUR").fault is Fault.OTHER_CURRENCY
    assert read("number", "5", "revenue", unit="EUR").value == 5.0
    assert read("number", "€5", "revenue").fault is Fault.UNREADABLE, "a number without a currency takes none"


def test_a_percentage_is_read_only_where_the_unit_says_so() -> None:
    assert read("number", "12.5%", "growth", unit="%") == Reading(12.5)
    assert read("number", "12.5%", "growth").fault is Fault.UNREADABLE


def test_the_column_settles_what_one_number_leaves_open() -> None:
    comma, both = Conventions(mark=DecimalMark.COMMA), Conventions(mark=DecimalMark.CONTRADICTED)
    assert value_reader("x", trait("number"), comma).read("1.234") == Reading(1234.0)
    assert value_reader("x", trait("number")).read("1.234") == Reading(1.234)
    assert value_reader("x", trait("number"), both).read("1,234") == Reading(fault=Fault.AMBIGUOUS)
    assert value_reader("x", trait("integer", unit="people"), comma).read("5.000") == Reading(5000)


@pytest.mark.parametrize(
    ("cell", "value"),
    [("yes", True), ("Yes", True), ("TRUE", True), ("t", True), ("1", True), (1, True), (True, True), ("ja", True), ("X", True),
     ("no", False), ("False", False), ("0", False), (0, False), (0.0, False), (False, False), ("nein", False), ("unchecked", False)],
)  # fmt: skip
def test_a_boolean(cell: object, value: bool) -> None:
    assert read("boolean", cell) == Reading(value)


@pytest.mark.parametrize("cell", ["maybe", "2", 2, "yes and no", [True], {"a": True}])
def test_what_is_no_boolean(cell: object) -> None:
    assert read("boolean", cell) == Reading(fault=Fault.UNREADABLE)


@pytest.mark.parametrize(
    "cell",
    ["2025-04-03", "3 April 2025", "2025-04-03T02:00:00+02:00", "1743638400000", 1743638400000, date(2025, 4, 3),
     datetime(2025, 4, 3), datetime(2025, 4, 3, tzinfo=UTC)],
)  # fmt: skip
def test_an_instant(cell: object) -> None:
    assert read("timestamp", cell) == Reading(datetime(2025, 4, 3, tzinfo=UTC))


def test_an_ambiguous_date_is_left_to_its_column() -> None:
    assert read("timestamp", "03/04/2025") == Reading(fault=Fault.AMBIGUOUS)
    settled = value_reader("x", trait("timestamp"), Conventions(order=DateOrder.DAY_FIRST))
    assert settled.read("03/04/2025") == Reading(datetime(2025, 4, 3, tzinfo=UTC))
    assert read("timestamp", "2025").fault is Fault.PERIOD
    assert read("timestamp", True).fault is Fault.UNREADABLE


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("a;b", ("a", "b")), ("a, b", ("a", "b")), ("a|b", ("a", "b")), ("a\nb", ("a", "b")), ('["a", "b, c"]', ("a", "b, c")), ("[]", ()),
        ('"a, Inc", b', ("a, Inc", "b")), ("a;;a; b", ("a", "b")), ("a, b; c", ("a, b", "c")), (["a", "b"], ("a", "b")), ([], ()),
        (("a",), ("a",)), ("AWS", ("AWS",)), ([1, "b"], ("1", "b")),
    ],
)  # fmt: skip
def test_a_list(cell: object, value: tuple[str, ...]) -> None:
    assert read("text[]", cell) == Reading(value)


@pytest.mark.parametrize(
    "cell", ['["a", 1]', "[a; b]", '["a"', [None, "a"], [["a"]], {"a": 1}, True, "[a" * 3_000]
)
def test_what_is_no_list(cell: object) -> None:
    assert read("text[]", cell) == Reading(fault=Fault.UNREADABLE)


def test_items_no_spelling_knows_stay_as_written_and_are_named() -> None:
    found = read(
        "text[]", "Sales Force; kubernetes; sf", values={"salesforce": ["SF", "Salesforce.com"], "aws": []}
    )
    assert found == Reading(("salesforce", "kubernetes"), fault=Fault.UNKNOWN_SPELLING, detail="kubernetes")


INDUSTRIES = {
    "healthcare": ["Hospitals", "Health Care"],
    "it": ["I.T."],
    "unknown_to_us": ["Unknown"],
    "n": ["Ω"],
}


@pytest.mark.parametrize(
    ("cell", "value"),
    [("healthcare", "healthcare"), ("HEALTH  CARE", "healthcare"), ("health-care", "healthcare"), (" hospitals ", "healthcare"),
     ("IT", "it"), ("Unknown", "unknown_to_us"), (["Hospitals", "Beds"], "healthcare"), ('["Hospitals"]', "healthcare"),
     ("Hospitals; Health Care", "healthcare"), ("ω", "n")],
)  # fmt: skip
def test_any_spelling_of_a_declared_value(cell: object, value: str) -> None:
    assert read("text", cell, values=INDUSTRIES) == Reading(value)


def test_a_spelling_not_known_is_no_value() -> None:
    assert read("text", "Hospitalz", values=INDUSTRIES) == Reading(fault=Fault.UNKNOWN_SPELLING)
    assert read("text", ["Hospitals", "IT"], values=INDUSTRIES).fault is Fault.AMBIGUOUS
    shared = {"one": ["Same"], "two": ["same"]}
    assert read("text", "Same", values=shared) == Reading("one"), "the exact spelling comes first"
    assert read("text", "SAME", values=shared) == Reading(fault=Fault.AMBIGUOUS)


def test_c_and_its_relatives_are_three_things() -> None:
    values = {"c": ["C"], "cpp": ["C++"], "csharp": ["C#"]}
    assert read("text[]", "c++; c#; C", values=values) == Reading(("cpp", "csharp", "c"))


@pytest.mark.parametrize(
    ("cell", "found"),
    [("Deutschland", Reading("DE")), ("NA", Reading(fault=Fault.AMBIGUOUS)), ("N/A", ABSENT), ("Atlantis", Reading(fault=Fault.UNREADABLE)),
     ("Korea", Reading(fault=Fault.AMBIGUOUS)), (5, Reading(fault=Fault.UNREADABLE)), (["DE"], Reading(fault=Fault.UNREADABLE))],
)  # fmt: skip
def test_a_country(cell: object, found: Reading) -> None:
    assert read("text", cell, "country") == found
    assert read("text", cell, "billing_country") == found


def test_a_packs_own_spelling_of_a_country_comes_first() -> None:
    assert read("text", "Korea", "country", values={"KR": ["Korea"]}) == Reading("KR")
    assert read("text", "Deutschland", "country", values={"KR": ["Korea"]}) == Reading("DE")


@pytest.mark.parametrize(
    ("cell", "value"),
    [("  Acme  ", "Acme"), ("Zu\u0308rich", "Zürich"), (12, "12"), (12.0, "12"), (12.5, "12.5"), ("North America", "North America"),
     (date(2025, 4, 3), "2025-04-03"), ("x" * 10_000, "x" * 10_000), ("\ufeffAcme\u200b", "Acme")],
)  # fmt: skip
def test_a_text(cell: object, value: str) -> None:
    assert read("text", cell) == Reading(value)
    assert text_reader().read(cell) == Reading(value)


@pytest.mark.parametrize("cell", [True, ["a"], {"a": 1}, b"a"])
def test_what_is_no_text(cell: object) -> None:
    assert read("text", cell) == Reading(fault=Fault.UNREADABLE)


@pytest.mark.parametrize("kind", EVERY_TYPE)
def test_every_fault_says_what_was_expected(kind: TraitType) -> None:
    assert value_reader("x", trait(kind)).expected
    reader = value_reader("annual_revenue", trait("number", unit="USD"))
    assert reader.expected == "an amount in USD"


_CELLS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=30), st.dates(), st.datetimes(),
    st.lists(st.text(max_size=5), max_size=3), st.dictionaries(st.text(max_size=2), st.integers(), max_size=2), st.binary(max_size=3),
    st.decimals(), st.text("0123456789,.-$€%() kMbn", max_size=20),
)  # fmt: skip


@given(
    _CELLS,
    st.sampled_from(EVERY_TYPE),
    st.sampled_from([None, "USD", "people", "year", "%"]),
    st.sampled_from(["x", "country"]),
)
def test_every_cell_becomes_typed_absent_or_a_fault(
    cell: object, kind: TraitType, unit: str | None, name: str
) -> None:
    found = value_reader(name, trait(kind, unit=unit)).read(cell)
    if found.value is not None:
        assert coerce(Type(kind), found.value, name) == found.value
        assert found.fault is None
    if isinstance(found.value, datetime):
        assert found.value.tzinfo is UTC


@given(st.integers(-MAX_INTEGER, MAX_INTEGER))
def test_integers_read_back(number: int) -> None:
    assert read("integer", str(number)) == read("integer", number) == Reading(number)


@given(st.floats(-1e15, 1e15, allow_nan=False).filter(lambda number: number == 0 or abs(number) >= 1e-15))
def test_numbers_read_back(number: float) -> None:
    point = Conventions(mark=DecimalMark.POINT)
    assert value_reader("x", trait("number"), point).read(repr(number)).value == number
    assert read("number", number).value == number


@given(st.lists(st.from_regex(r"[a-z0-9 ,;|]{1,8}[a-z0-9]", fullmatch=True), unique=True, max_size=5))
def test_lists_read_back_from_json(items: list[str]) -> None:
    import json

    expected = tuple(dict.fromkeys(item.strip() for item in items))
    assert read("text[]", json.dumps(items)).value == expected


def test_a_name_is_no_page_of_text() -> None:
    assert name_reader().read("é" * 300) == Reading("é" * 300)
    assert name_reader().read("Globex") == Reading("Globex")
    assert name_reader().read("x" * 301) == Reading(fault=Fault.REFUSED_TEXT)
    assert "300" in name_reader().expected and name_reader().read("n/a").value is None
