"""The sample accounts: reproducible, as messy as promised and no messier, and about no real company."""

from __future__ import annotations

import csv
import random
import re
import sys
from collections import Counter
from datetime import date, datetime
from pathlib import Path

import pytest

from segue.core.errors import InputError
from segue.evals.samples.account_report import HEADERS
from segue.evals.samples.listed_companies import (
    HEADERS as LISTED_HEADERS,
)
from segue.evals.samples.listed_companies import (
    PackageMissingError,
    write_listed_companies,
)
from segue.evals.samples.markets import MARKETS
from segue.evals.samples.salesforce_export import (
    AS_OF,
    BROKEN_LINES,
    DUPLICATES,
    SUBSIDIARIES,
    write_salesforce_export,
)
from segue.evals.samples.salesforce_ids import invent_account_ids, with_suffix
from segue.policies.language import compile_predicate

Rows = list[dict[str, str]]

SALESFORCE_LABELS = [
    "Account ID",
    "Account Name",
    "Account Owner",
    "Type",
    "Industry",
    "Employees",
    "Annual Revenue Currency",
    "Annual Revenue",
    "Website",
    "Phone",
    "Billing Street",
    "Billing City",
    "Billing State/Province",
    "Billing Country",
    "Parent Account",
    "Account Source",
    "Created Date",
    "Last Activity",
    "Account Description",
]
CUSTOM_LABELS = [
    "Lifecycle Stage",
    "Has Open Opportunity",
    "Renewal Date",
    "Tech Stack",
    "Intent Score",
    "Pricing Page Views (14d)",
    "Active Contacts (7d)",
    "Marketing Consent",
    "Generated Sample",
]


@pytest.fixture(scope="module", params=[2026, 7])
def report(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Rows:
    path = tmp_path_factory.mktemp("samples") / "report.csv"
    assert write_salesforce_export(path, seed=request.param) == 2_000
    return read(path)


def read(path: Path) -> Rows:
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file, strict=True))
    header, *cells = rows
    assert {len(row) for row in cells} == {len(header)}
    return [dict(zip(header, row, strict=True)) for row in cells]


def share(rows: Rows, header: str, value: str = "") -> float:
    return sum(row[header] == value for row in rows) / len(rows)


def domain(website: str) -> str | None:
    """The registrable domain of an invented company, or None for what is no company's own website."""
    found = re.fullmatch(
        r"(?:https?://)?(?:[a-z]+\.)?([a-z-]+\.(?:example|test))(?:/\S*)?", website.strip().lower()
    )
    return found[1] if found else None


class TestSalesforceReport:
    def test_the_headers_are_salesforces_labels_and_then_our_own(self, report: Rows) -> None:
        assert list(report[0]) == SALESFORCE_LABELS + CUSTOM_LABELS
        assert list(HEADERS) == SALESFORCE_LABELS + CUSTOM_LABELS

    def test_one_seed_gives_the_same_bytes_and_another_gives_others(self, tmp_path: Path) -> None:
        paths = [tmp_path / name for name in ("once", "again", "other", "later")]
        for path, seed, as_of in zip(paths, (3, 3, 4, 3), [AS_OF] * 3 + [date(2027, 1, 1)], strict=True):
            write_salesforce_export(path, accounts=50, seed=seed, as_of=as_of)
        once, again, other, later = (path.read_bytes() for path in paths)
        assert once == again
        assert len({once, other, later}) == 3

    @pytest.mark.parametrize("accounts", [1, 10, 5_000])
    def test_any_number_of_rows(self, accounts: int, tmp_path: Path) -> None:
        path = tmp_path / "report.csv"
        assert write_salesforce_export(path, accounts=accounts) == accounts
        assert len(read(path)) == accounts

    @pytest.mark.parametrize("accounts", [0, -1, 100_001])
    def test_a_number_out_of_bounds_is_refused_and_nothing_is_written(
        self, accounts: int, tmp_path: Path
    ) -> None:
        with pytest.raises(InputError, match="1 to 100,000 accounts"):
            write_salesforce_export(tmp_path / "report.csv", accounts=accounts)
        assert list(tmp_path.iterdir()) == []

    def test_every_row_says_that_it_is_generated(self, report: Rows) -> None:
        assert share(report, "Generated Sample", "1") == 1

    def test_no_website_belongs_to_a_real_company(self, report: Rows) -> None:
        others = {row["Website"].strip().lower() for row in report if domain(row["Website"]) is None}
        allowed = r"|n/a|none|-|info@[a-z-]+\.(example|test)|(https://www\.)?linkedin\.com/company/[a-z]+"
        free_mail = r"(www\.)?(gmail\.com|gmx\.de|outlook\.com|orange\.fr|yahoo\.co\.uk)"
        assert {each for each in others if not re.fullmatch(f"{allowed}|{free_mail}", each)} == set()
        assert any(re.fullmatch(free_mail, each) for each in others)
        assert any("linkedin" in each for each in others)

    def test_ids_are_unique_and_their_suffix_is_right(self, report: Rows) -> None:
        ids = [row["Account ID"] for row in report]
        assert len(set(ids)) == len(ids)
        assert all(with_suffix(each[:15]) == each and each.startswith("001") for each in ids)

    def test_duplicates_share_a_domain_under_another_name(self, report: Rows) -> None:
        seen: dict[str, list[dict[str, str]]] = {}
        for row in report:
            found = domain(row["Website"])
            if found:
                seen.setdefault(found, []).append(row)
        shared = [rows for rows in seen.values() if len(rows) > 1]
        surplus = sum(len(rows) - 1 for rows in shared) / len(report)
        assert DUPLICATES * 0.8 <= surplus <= DUPLICATES + SUBSIDIARIES * 0.3
        assert sum(len({row["Account Name"] for row in rows}) > 1 for rows in shared) >= 0.95 * len(shared)
        assert sum(len({row["Website"] for row in rows}) > 1 for rows in shared) >= 0.6 * len(shared)

    def test_subsidiaries_name_a_parent_that_is_in_the_report(self, report: Rows) -> None:
        parents = [row["Parent Account"] for row in report if row["Parent Account"]]
        assert 0.06 <= len(parents) / len(report) <= 0.09
        assert set(parents) <= {row["Account Name"] for row in report}

    @pytest.mark.parametrize(
        ("header", "low", "high"),
        [
            ("Account Name", 0, 0),
            ("Website", 0.03, 0.07),
            ("Industry", 0.1, 0.2),
            ("Employees", 0.1, 0.2),
            ("Annual Revenue", 0.35, 0.55),
            ("Billing Country", 0.03, 0.08),
            ("Tech Stack", 0.3, 0.5),
            ("Intent Score", 0.1, 0.2),
            ("Parent Account", 0.9, 0.95),
        ],
    )
    def test_fields_are_empty_as_often_as_in_a_crm(
        self, report: Rows, header: str, low: float, high: float
    ) -> None:
        assert low <= share(report, header) <= high

    def test_numbers_stand_as_people_type_them(self, report: Rows) -> None:
        forms = Counter(re.sub(r"\d+", "9", row["Employees"]) for row in report)
        assert {"9", "9,9", "9-9", "~9", "9+", "unknown"} <= set(forms)
        assert forms["9"] > 0.6 * (len(report) - forms[""])
        amounts = {re.sub(r"\d+", "9", row["Annual Revenue"]) for row in report}
        assert {"9.9", "9,9,9", "€9.9M", "EUR 9 million"} <= amounts
        assert {"EUR", "GBP", "USD"} <= {row["Annual Revenue Currency"] for row in report}

    def test_a_third_is_in_emea_under_local_names(self, report: Rows) -> None:
        emea = {
            name
            for market in MARKETS
            if market.code in ("DE", "FR", "NL", "GB", "SE")
            for name in market.spellings
        }
        assert 0.3 <= sum(row["Billing Country"] in emea for row in report) / len(report) <= 0.45
        assert {"Deutschland", "Nederland", "Great Britain", "La France"} <= {
            row["Billing Country"] for row in report
        }

    def test_text_has_accents_quotes_and_line_breaks(self, report: Rows) -> None:
        assert sum(not row["Account Name"].isascii() for row in report) > 50
        assert sum('"' in row["Account Name"] for row in report) > 3
        assert sum("\n" in row["Billing Street"] for row in report) > 50
        assert sum('"' in row["Account Description"] for row in report) > 20

    def test_fields_contradict_one_another(self, report: Rows) -> None:
        pairs = {(row["Type"].startswith("Customer"), row["Lifecycle Stage"]) for row in report}
        assert {(True, "Open Opportunity"), (False, "Customer")} <= pairs
        assert 0 < share(report, "Type", "Former Customer") < 0.04

    def test_dates_are_in_order(self, report: Rows) -> None:
        for row in report:
            created = datetime.strptime(row["Created Date"], "%m/%d/%Y").date()
            last = (
                datetime.strptime(row["Last Activity"], "%m/%d/%Y").date()
                if row["Last Activity"]
                else created
            )
            assert created <= last <= AS_OF

    def test_fit_by_intent_gives_a_segmentation_to_believe(self, report: Rows) -> None:
        found = Counter(segment(row) for row in report)
        expected = {
            "customer": (0.05, 0.1),
            "sales_ready": (0.02, 0.08),
            "warm_up": (0.1, 0.2),
            "self_serve": (0.08, 0.17),
            "unpaid": (0.3, 0.45),
            "needs_data": (0.18, 0.3),
        }
        outside = {
            name: found[name] / len(report)
            for name, (low, high) in expected.items()
            if not low <= found[name] / len(report) <= high
        }
        assert outside == {}

    def test_broken_lines_stand_among_the_same_rows(self, tmp_path: Path) -> None:
        whole, broken = tmp_path / "whole.csv", tmp_path / "broken.csv"
        assert write_salesforce_export(whole, accounts=40) == 40
        assert write_salesforce_export(broken, accounts=40, broken=True) == 40
        content = broken.read_bytes()
        for line in BROKEN_LINES:
            assert content.count(line) == 1
            content = content.replace(line, b"")
        assert content == whole.read_bytes()
        assert not broken.read_bytes().startswith(BROKEN_LINES)


_TYPES = {"industry": "text", "employees": "integer", "tech": "text[]", "intent": "number"}
_FIT = compile_predicate(
    "employees BETWEEN 200 AND 5000 AND industry IN ('software', 'computer software', 'saas', 'technology',"
    " 'financial technology', 'fintech', 'healthcare', 'health care', 'hospitals', 'banking', 'insurance',"
    " 'finance', 'consulting')",
    _TYPES,
)
_INTENT = compile_predicate("intent >= 60", _TYPES)


def segment(row: dict[str, str]) -> str:
    """Segment a row by fit and intent, taking only what needs no guess."""
    if row["Type"].startswith("Customer"):
        return "customer"
    size = row["Employees"].replace(",", "")
    facts: dict[str, object] = {"industry": row["Industry"].strip().lower()} if row["Industry"] else {}
    facts |= {"employees": int(size)} if size.isdigit() else {}
    facts |= {"intent": float(row["Intent Score"])} if row["Intent Score"] else {}
    names = {
        (True, True): "sales_ready",
        (True, False): "warm_up",
        (False, True): "self_serve",
        (False, False): "unpaid",
    }
    return names.get((_FIT(facts), _INTENT(facts)), "needs_data")  # type: ignore[arg-type]


class TestSalesforceIds:
    @pytest.mark.parametrize(
        ("short_id", "long_id"),
        [
            ("000000000000000", "000000000000000AAA"),
            ("A00000000000000", "A00000000000000BAA"),
            ("0000A0000000000", "0000A0000000000QAA"),
            ("AAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAA555"),
            ("aaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaaAAA"),
            ("0000000000ABC00", "0000000000ABC00AAH"),
            ("001D000000IqhSL", "001D000000IqhSLIAZ"),
        ],
    )
    def test_the_suffix_spells_where_the_capitals_are(self, short_id: str, long_id: str) -> None:
        assert with_suffix(short_id) == long_id

    @pytest.mark.parametrize(
        "wrong", ["", "00100000000000", "0010000000000000", "00100000000000é", "001 00000000000"]
    )
    def test_what_is_no_id_is_refused(self, wrong: str) -> None:
        with pytest.raises(ValueError, match="15 letters and digits"):
            with_suffix(wrong)

    def test_ids_rise_and_differ(self) -> None:
        ids = invent_account_ids(random.Random(1), 3_000)
        assert len(set(ids)) == 3_000
        assert [each[:15] for each in ids] == sorted(each[:15] for each in ids)


@pytest.fixture(scope="module")
def companies(tmp_path_factory: pytest.TempPathFactory) -> Rows:
    path = tmp_path_factory.mktemp("samples") / "listed.csv"
    count = write_listed_companies(path)
    rows = read(path)
    assert len(rows) == count
    return rows


class TestListedCompanies:
    def test_all_of_them_are_there_under_generic_headers(self, companies: Rows) -> None:
        assert len(companies) >= 1_800
        assert list(companies[0]) == list(LISTED_HEADERS)
        assert all(row["Name"] for row in companies)

    def test_cells_are_as_the_package_has_them(self, companies: Rows) -> None:
        by_name = {row["Name"]: row for row in companies}
        assert by_name["1&1"]["Employees"] == "3,167 (average, 2021)"
        assert by_name["1&1"]["Revenue"] == "€3.91 billion (2021)"
        assert by_name["1&1"]["Website"] == "www.1und1.ag"
        assert by_name["3i"]["Industries"].startswith("Banking & Investment Services; Corporate finance; ")

    def test_what_the_package_does_not_know_is_empty(self, companies: Rows) -> None:
        assert 0.05 <= share(companies, "Website") <= 0.25
        assert 0.1 <= share(companies, "Employees") <= 0.35
        assert not {"None", "nan"} & {cell for row in companies for cell in row.values()}

    def test_without_the_package_the_error_says_what_to_install(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(sys.modules, "pytickersymbols", None)
        with pytest.raises(PackageMissingError, match=r"segue\[demo\]"):
            write_listed_companies(tmp_path / "listed.csv")
        assert list(tmp_path.iterdir()) == []
