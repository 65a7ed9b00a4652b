from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segue.accounts.countries import CountryFault, read_country
from segue.accounts.data_files import data_lines


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Deutschland", "DE"), ("germany", "DE"), ("DEU", "DE"), ("de", "DE"), ("Allemagne", "DE"), ("Federal Republic of Germany", "DE"),
        ("USA", "US"), ("U.S.", "US"), ("U.S.A.", "US"), ("United States", "US"), ("United States of America", "US"), ("us", "US"),
        ("UK", "GB"), ("U.K.", "GB"), ("Great Britain", "GB"), ("England", "GB"), ("Northern Ireland", "GB"), ("London, England, UK", "GB"),
        ("The Netherlands", "NL"), ("Holland", "NL"), ("Pays-Bas", "NL"), ("Österreich", "AT"), ("OESTERREICH", None),
        ("España", "ES"), ("Espana", "ES"), ("Brasil", "BR"), ("México", "MX"), ("Éire", "IE"), ("Suisse", "CH"), ("Schweiz", "CH"),
        ("中国", "CN"), ("日本", "JP"), ("Россия", "RU"), ("Russian Federation", "RU"), ("भारत", "IN"), ("Türkiye", "TR"), ("Turkey", "TR"),
        ("Czech Republic", "CZ"), ("Czechia", "CZ"), ("Korea, Republic of", "KR"), ("South Korea", "KR"), ("Viet Nam", "VN"),
        ("Côte d'Ivoire", "CI"), ("Cote d’Ivoire", "CI"), ("Hong Kong", "HK"), ("Hong Kong SAR China", "HK"), ("EL", "GR"),
        ("Congo, Democratic Republic of the", "CD"), ("Gambia, The", "GM"), ("Namibia", "NA"), ("Georgia", "GE"), ("Jersey", "JE"),
        ("Belgique/België", "BE"), ("Bonn , Germany", "DE"), ("Austin, TX", "US"), ("Chesterfield, Missouri", "US"),
        ("Newark, New Jersey", "US"), ("Lebanon, Tennessee , US", "US"), ("Atlanta, Georgia, USA", "US"), ("Washington, D.C., U.S.", "US"),
        ("Toronto, Ontario", "CA"), ("Sydney, New South Wales", "AU"), ("Luxembourg, Luxembourg", "LU"), ("Mexico City, Mexico", "MX"),
    ],
)  # fmt: skip
def test_a_country(text: str, code: str | None) -> None:
    assert read_country(text) == (code or CountryFault.UNREADABLE)


@pytest.mark.parametrize(
    "text",
    ["Korea", "Congo", "NA", "America", "Atlanta, Georgia", "Wilmington, DE", "San Jose, CA", "US/Canada", "Germany, France",
     "USA; Canada", "Peru, Illinois"],
)  # fmt: skip
def test_what_may_be_two_countries(text: str) -> None:
    assert read_country(text) is CountryFault.AMBIGUOUS


@pytest.mark.parametrize(
    "text", ["EU", "EMEA", "Earth", "Berlin", "X", "", ", ,", "12345", "North", "Unknownland, Nowhere"]
)
def test_what_is_none(text: str) -> None:
    assert read_country(text) is CountryFault.UNREADABLE


def test_every_code_and_english_name_of_the_table_reads_back() -> None:
    rows = [line.split(" ", 2) for line in data_lines("countries.txt")]
    assert len(rows) >= 249
    for alpha2, alpha3, names in rows:
        if alpha2 != "NA":
            assert read_country(alpha2) == alpha2
        assert read_country(alpha3) == alpha2
        for name in names.split("|"):
            assert read_country(name) == alpha2, name


@given(st.text(max_size=50))
def test_never_raises(text: str) -> None:
    assert isinstance(read_country(text), str)
