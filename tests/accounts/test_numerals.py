from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segue.accounts.numerals import DecimalMark, NumeralFault, decimal_evidence, read_numeral

U, P, C, X = DecimalMark.UNSETTLED, DecimalMark.POINT, DecimalMark.COMMA, DecimalMark.CONTRADICTED
BAD, DOUBT = NumeralFault.UNREADABLE, NumeralFault.AMBIGUOUS


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("5", 5), ("007", 7), ("1234567", 1234567), ("12.5", "12.5"), (".138", "0.138"), ("0.125", "0.125"),
        ("12,5", "12.5"), ("0,125", "0.125"), ("1234,567", "1234.567"), ("3,167", 3167), ("3.167", "3.167"),
        ("1,234,567", 1234567), ("1.234.567", 1234567), ("1.234.567,89", "1234567.89"), ("1,234.50", "1234.50"),
        ("1 234 567", 1234567), ("1\u202f234,5", "1234.5"), ("1'234'567.25", "1234567.25"), ("1’234", 1234),
        ("12,34,567", 1234567), ("1.5e6", 1_500_000), ("1E+3", 1000), ("12,700.", 12700),
        ("1.2.3", BAD), ("192.168.1.1", BAD), ("1,23,4", BAD), ("1.234,567.8", BAD), ("12 34", BAD), ("1,2,3", BAD),
        ("1,234,56", BAD), ("١٢٣", BAD),
    ],
)  # fmt: skip
def test_a_numeral_alone(text: str, expected: object) -> None:
    found = read_numeral(text, U)
    assert found == (expected if isinstance(expected, NumeralFault) else Decimal(str(expected)))


@pytest.mark.parametrize(
    ("text", "mark", "whole", "expected"),
    [
        ("1,234", P, False, "1234"), ("1.234", P, False, "1.234"),
        ("1,234", C, False, "1.234"), ("1.234", C, False, "1234"),
        ("1,234", X, False, DOUBT), ("1.234", X, False, DOUBT),
        ("1.234", U, True, "1234"), ("1,234", X, True, "1234"), ("1.234", X, True, "1234"),
        ("5.000", U, True, DOUBT), ("5,000", U, True, "5000"), ("5.000", C, True, "5000"), ("5.000", P, True, "5"),
        ("12.5", C, False, "12.5"), ("12,5", P, False, "12.5"),
    ],
)  # fmt: skip
def test_one_separator_before_three_digits(
    text: str, mark: DecimalMark, whole: bool, expected: object
) -> None:
    found = read_numeral(text, mark, whole=whole)
    assert found == (expected if isinstance(expected, NumeralFault) else Decimal(str(expected)))


@pytest.mark.parametrize(
    ("text", "whole", "expected"),
    [
        ("1,234.5", False, P), ("1.234,5", False, C), ("1,234,567", False, P), ("1.234.567", False, C),
        ("12.5", False, P), ("12,5", False, C), ("0.125", False, P), ("1,234", False, None), ("1.234", False, None),
        ("1234", False, None), ("1.5e6", False, None), ("1.2.3", False, None),
        ("3,167", True, P), ("3.167", True, C), ("3.000", True, None), ("3,000", True, None),
    ],
)  # fmt: skip
def test_what_one_numeral_proves(text: str, whole: bool, expected: DecimalMark | None) -> None:
    assert decimal_evidence(text, whole=whole) is expected


@given(st.integers(0, 10**15), st.integers(0, 99))
def test_both_styles_read_back(whole: int, cents: int) -> None:
    english = f"{whole:,}.{cents:02d}"
    german = english.translate(str.maketrans(",.", ".,"))
    swiss = english.replace(",", "’")
    expected = Decimal(f"{whole}.{cents:02d}")
    assert read_numeral(english, U) == read_numeral(german, U) == read_numeral(swiss, U) == expected


@given(st.text("0123456789.,' ", min_size=1, max_size=24), st.sampled_from(list(DecimalMark)), st.booleans())
def test_never_raises(text: str, mark: DecimalMark, whole: bool) -> None:
    found = read_numeral(text, mark, whole=whole)
    assert isinstance(found, Decimal | NumeralFault)
    assert isinstance(found, NumeralFault) or found >= 0
