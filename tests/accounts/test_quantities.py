"""Figures as people write them. Many texts are those of pytickersymbols (MIT)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segue.accounts.numerals import DecimalMark
from segue.accounts.quantities import Figure, QuantityFault, figure_marks, read_figures

U = DecimalMark.UNSETTLED
ONE = [
    ("3,167 (average, 2021)", "3167", "", "2021-12-31"),
    ("c.250 (2024)", "250", "", "2024-12-31"),
    ("c. 60,500 (2025)", "60500", "", "2025-12-31"),
    ("~5000", "5000", "", None),
    ("≈ 4,200 (2024)", "4200", "", "2024-12-31"),
    ("+5", "5", "", None),
    ("approx. 4,200 (November 2025)", "4200", "", "2025-11-30"),
    ("25,599 ( FTE , 2024)", "25599", "", "2024-12-31"),
    ("570 (June 30, 2020)", "570", "", "2020-06-30"),
    ("27,000 (as of 30th Sept 2019)", "27000", "", "2019-09-30"),
    ("3,685 (31.03.2017)", "3685", "", "2017-03-31"),
    ("40,000 (Feb. 2024)", "40000", "", "2024-02-29"),
    ("18,985 (2022 1Q)", "18985", "", "2022-03-31"),
    ("10,118 (FY25)", "10118", "", "2025-12-31"),
    ("1,064 (12/2023)", "1064", "", "2023-12-31"),
    ("10,000 employees as of February 22, 2022", "10000", "", "2022-02-22"),
    ("38,246 (consolidated, 2023)", "38246", "", "2023-12-31"),
    ("46,751 (consolidated, as of March 31, 2022)", "46751", "", "2022-03-31"),
    ("9 000 (2024)", "9000", "", "2024-12-31"),
    ("8,300 Globally", "8300", "", None),
    ("Consolidated : 6,082", "6082", "", None),
    ("3,748 (June 30, 2023)[", "3748", "", "2023-06-30"),
    ("1.5M", "1500000", "", None),
    ("12k", "12000", "", None),
    ("12 K employees", "12000", "", None),
    ("3 lakh", "300000", "", None),
    ("2 crore", "20000000", "", None),
    ("(1,234)", "-1234", "", None),
    ("-5", "-5", "", None),
    ("−720 million", "-720000000", "", None),
    ("negative 3", "-3", "", None),
    ("€3.91 billion (2021)", "3910000000", "EUR", "2021-12-31"),
    ("US$ 1.2bn", "1200000000", "USD", None),
    ("US $ 1.926 billion (FY19)", "1926000000", "USD", "2019-12-31"),
    ("$US $2.8 billion (2024)", "2800000000", "USD", "2024-12-31"),
    ("US$$2.342 billion (2024)", "2342000000", "USD", "2024-12-31"),
    ("$1.57 billion USD (2024)", "1570000000", "USD", "2024-12-31"),
    ("1.201 billion USD$ (2008)", "1201000000", "USD", "2008-12-31"),
    ("22,726,418,000 United States dollar (2022)", "22726418000", "USD", "2022-12-31"),
    ("35,165,000,000 euro (2022)", "35165000000", "EUR", "2022-12-31"),
    ("618 million € (2021)", "618000000", "EUR", "2021-12-31"),
    ("918,3 Mio.€ (December 2017)", "918300000", "EUR", "2017-12-31"),
    ("1,2 Mrd. EUR", "1200000000", "EUR", None),
    ("JP¥ 5.24 trillion (2020)", "5240000000000", "JPY", "2020-12-31"),
    ("¥274.666 billion JPY (2006)", "274666000000", "JPY", "2006-12-31"),
    ("¥28,712,177 thousand ( FY 2020)", "28712177000", "CNY JPY", "2020-12-31"),
    ("1441,1 billion yen (FY 2017)", "1441100000000", "JPY", "2017-12-31"),
    ("SFr 26.4 billion (2024)", "26400000000", "CHF", "2024-12-31"),
    ("CHF 20.330 bn (2024)", "20330000000", "CHF", "2024-12-31"),
    ("40.911 billion kr (2021)", "40911000000", "DKK ISK NOK SEK", "2021-12-31"),
    ("140.7 kr billion (2023)", "140700000000", "DKK ISK NOK SEK", "2023-12-31"),
    ("US$ .138 billion (2016)", "138000000", "USD", "2016-12-31"),
    ("US$−720 million (2025)", "-720000000", "USD", "2025-12-31"),
    ("US$ 37.885 billion ( Fiscal Year Ended February 3, 2023 )", "37885000000", "USD", "2023-02-03"),
    ("SEK 14 billion (2021/2022 Annual report)", "14000000000", "SEK", "2022-12-31"),
    ("US$ 225M ( Q2 2016 )", "225000000", "USD", "2016-06-30"),
    ("US$ 1.2 billion — FY 2019", "1200000000", "USD", "2019-12-31"),
    ("$1.2 billion net sales (FY 2025)", "1200000000", None, "2025-12-31"),
    ("C$5", "5", "CAD", None),
    ("R$ 3,5 mio", "3500000", "BRL", None),
]  # fmt: skip


@pytest.mark.parametrize(("text", "amount", "currencies", "period"), ONE)
def test_one_figure(text: str, amount: str, currencies: str | None, period: str | None) -> None:
    found = read_figures(text, U)
    assert isinstance(found, tuple), found
    assert len(found) == 1
    assert found[0].amount == Decimal(amount)
    assert found[0].period == (date.fromisoformat(period) if period else None)
    if currencies is not None:
        assert found[0].currencies == frozenset(currencies.split())


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("201-500", QuantityFault.RANGE), ("201 – 500", QuantityFault.RANGE), ("6,000 - 8,000 (2022)", QuantityFault.RANGE),
        ("$1M-$10M", QuantityFault.RANGE), ("1M to 10M", QuantityFault.RANGE), ("11-50 employees", QuantityFault.RANGE),
        ("100 bis 200", QuantityFault.RANGE),
        ("10,001+", QuantityFault.BOUND), ("8,000+", QuantityFault.BOUND), (">4,100 (2023)", QuantityFault.BOUND),
        ("< 50", QuantityFault.BOUND), ("more than 25,000 (2025)", QuantityFault.BOUND), ("Over 1,800", QuantityFault.BOUND),
        ("up to 50", QuantityFault.BOUND), ("at least 10", QuantityFault.BOUND), ("1,400+ in 2025", QuantityFault.BOUND),
        (">€6 billion (2022)", QuantityFault.BOUND),
        ("many", QuantityFault.UNREADABLE), ("5 stores", QuantityFault.UNREADABLE), ("Top 10", QuantityFault.UNREADABLE),
        ("24/7", QuantityFault.UNREADABLE), ("2.5x", QuantityFault.UNREADABLE), ("#12", QuantityFault.UNREADABLE),
        ("500-", QuantityFault.UNREADABLE), ("--5", QuantityFault.UNREADABLE), ("5 (in thousands)", QuantityFault.UNREADABLE),
        ("SEKm 147,147 (2023)", QuantityFault.UNREADABLE), ("SEK 60.2 BSEK", QuantityFault.UNREADABLE),
        ("5 T", QuantityFault.UNREADABLE), ("1.2.3", QuantityFault.UNREADABLE), ("²", QuantityFault.UNREADABLE),
        ("1,229 employees in Belgium and 955 in Germany", QuantityFault.UNREADABLE), ("€ $5", QuantityFault.UNREADABLE),
        ("5 per month", QuantityFault.UNREADABLE), ("USD", QuantityFault.UNREADABLE), ("5 USD -", QuantityFault.UNREADABLE),
    ],
)  # fmt: skip
def test_what_is_not_one_number(text: str, fault: QuantityFault) -> None:
    assert read_figures(text, U) is fault


def test_an_amount_in_brackets_is_the_same_figure_in_another_currency() -> None:
    found = read_figures("SEK 74.1 billion (2024) ( US$ 7.01 billion )", U)
    assert found == (
        Figure(Decimal(74_100_000_000), frozenset({"SEK"}), period=date(2024, 12, 31)),
        Figure(Decimal(7_010_000_000), frozenset({"USD"})),
    )


def test_a_period_after_an_amount_in_brackets_is_that_amounts() -> None:
    found = read_figures("$ 3.7 billion USD ( FY 2017) (¥404.4 billion JPY ) ( FY 2019)", U)
    assert isinstance(found, tuple)
    assert [(figure.currencies, figure.period) for figure in found] == [
        (frozenset({"USD"}), date(2017, 12, 31)),
        (frozenset({"JPY"}), date(2019, 12, 31)),
    ]


def test_several_figures_keep_their_periods() -> None:
    found = read_figures("14,375 (2023) 13,388 (2022)", U)
    assert isinstance(found, tuple)
    assert [(int(figure.amount), figure.period) for figure in found] == [
        (14_375, date(2023, 12, 31)),
        (13_388, date(2022, 12, 31)),
    ]


def test_a_unit_may_follow_the_number() -> None:
    assert read_figures("40 seats", U) is QuantityFault.UNREADABLE
    assert read_figures("40 seats", U, "seats") == (Figure(Decimal(40)),)


def test_brackets_prove_nothing_about_the_decimal_mark() -> None:
    assert figure_marks("3,167 (31.03.2017)", whole=True) == [DecimalMark.POINT]
    assert figure_marks("€3.91 billion (2021)") == [DecimalMark.POINT]
    assert figure_marks("1.234 million", whole=True) == []


@given(st.integers(1, 999_999), st.sampled_from(["", " (2021)", " employees", " (average, 2021)"]))
def test_a_grouped_whole_number_reads_back(number: int, tail: str) -> None:
    found = read_figures(f"{number:,}{tail}", U)
    assert isinstance(found, tuple)
    assert found[0].amount == number


@given(st.text(max_size=60), st.sampled_from(list(DecimalMark)))
def test_never_raises(text: str, mark: DecimalMark) -> None:
    assert isinstance(read_figures(text, mark), tuple | QuantityFault)


@given(st.text("()[]0123456789.,- €$USD (20)kM+~", max_size=60))
def test_never_raises_on_what_looks_like_figures(text: str) -> None:
    assert isinstance(read_figures(text, U), tuple | QuantityFault)


def test_hostile_brackets_take_no_time() -> None:
    assert read_figures("(" * 5_000 + "1", U) is QuantityFault.UNREADABLE
    assert read_figures("(a)" * 3_000 + "(", U) is QuantityFault.UNREADABLE
