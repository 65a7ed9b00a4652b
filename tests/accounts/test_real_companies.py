"""The listed companies of pytickersymbols (MIT), as messy as that package has them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from segue.accounts.book import AccountBook
from segue.accounts.import_report import ImportReport
from segue.accounts.importing import ImportOptions, import_accounts, problems_path
from segue.accounts.readings import Fault
from segue.policies.models.traits import Trait

pytickersymbols = pytest.importorskip("pytickersymbols")


@pytest.fixture(scope="module")
def companies() -> list[dict[str, Any]]:
    keys = ("employees", "revenue", "founded", "website", "headquarters")
    return [
        {
            "name": stock["name"],
            "industries": stock.get("industries"),
            **{key: stock.get("metadata", {}).get(key) for key in keys},
        }
        for stock in pytickersymbols.PyTickerSymbols().get_all_stocks()
    ]


@pytest.fixture
def imported(
    tmp_path: Path, companies: list[dict[str, Any]], traits: dict[str, Trait]
) -> tuple[ImportReport, Path]:
    path = tmp_path / "companies.jsonl"
    path.write_text("".join(json.dumps(company, ensure_ascii=False) + "\n" for company in companies), "utf-8")
    target = tmp_path / "companies.parquet"
    named = {"headquarters": "country"}
    return import_accounts(path, target, traits, ImportOptions(source_name="filings", named=named)), target


def test_most_values_are_typed(imported: tuple[ImportReport, Path], companies: list[dict[str, Any]]) -> None:
    report, _ = imported
    assert report.rows_written == len(companies)
    found = {each.field: each for each in report.fields}
    stated = {
        key: sum(bool(company[key]) for company in companies)
        for key in ("employees", "revenue", "founded", "headquarters")
    }
    assert found["employees"].filled > 0.95 * stated["employees"]
    assert found["founded_year"].filled > 0.9 * stated["founded"]
    assert found["country"].filled > 0.93 * stated["headquarters"]
    revenue = found["annual_revenue"]
    assert revenue.filled + revenue.faults[Fault.OTHER_CURRENCY] > 0.98 * stated["revenue"]


def test_every_text_became_a_value_or_a_reported_problem(
    imported: tuple[ImportReport, Path], companies: list[dict[str, Any]]
) -> None:
    _, target = imported
    reported = {
        (line["row"], line["column"])
        for line in map(json.loads, problems_path(target).read_text("utf-8").splitlines())
    }
    columns = {
        "employees": "employees",
        "revenue": "annual_revenue",
        "founded": "founded_year",
        "headquarters": "country",
    }
    with AccountBook(target) as book:
        for record, company in zip(book, companies, strict=True):
            for column, trait in columns.items():
                if company[column] not in (None, ""):
                    assert trait in record.values or (record.row, column) in reported, (
                        company["name"],
                        company[column],
                    )
            if company["website"]:
                assert record.domain or (record.row, "website") in reported, company["website"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("1&1", {"employees": 3167, "founded_year": 1988, "country": "DE"}),
        ("3M", {"employees": 60_500, "annual_revenue": 24.9e9, "founded_year": 1902, "country": "US"}),
        ("Deutsche Telekom", {"employees": 204_414, "founded_year": 1995, "country": "DE"}),
        ("The Coca-Cola Company", {"employees": 69_700, "annual_revenue": 47.06e9, "founded_year": 1892, "country": "US"}),
    ],
)  # fmt: skip
def test_companies_that_can_be_looked_up(
    imported: tuple[ImportReport, Path], name: str, expected: dict[str, Any]
) -> None:
    with AccountBook(imported[1]) as book:
        record = next(record for record in book if record.name == name)
    assert {trait: record.values.get(trait) for trait in expected} == expected
    assert all(instant.year >= 2021 for instant in record.as_of.values())
