"""The listed companies of the package pytickersymbols (MIT), as a CSV that nobody has cleaned.

Real companies, some 1,800, with what that package collected about them from public pages. Sizes and
revenues are text ("3,167 (average, 2021)", "€3.91 billion (2021)"), some countries are cities, many
cells are empty. Nothing is added, mended or left out.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from segue.core.errors import NotFoundError

FILE_NAME = "listed_companies.csv"

HEADERS: tuple[str, ...] = (
    "Name",
    "Website",
    "Symbol",
    "ISIN",
    "Country",
    "Headquarters",
    "Industries",
    "Employees",
    "Revenue",
    "Founded",
    "Company Type",
    "Products",
)

_DETAILS = {
    "Website": "website",
    "Headquarters": "headquarters",
    "Employees": "employees",
    "Revenue": "revenue",
    "Founded": "founded",
    "Company Type": "company_type",
    "Products": "products",
}


class PackageMissingError(NotFoundError):
    """The package that holds the list is not installed."""

    code = "package_missing"


def write_listed_companies(path: Path) -> int:
    """Write the companies to `path` as UTF-8 CSV, in the package's order, and return how many there are.

    Several industries or ISINs of one company are joined by "; ".

    Raises:
        PackageMissingError: pytickersymbols is not installed; it comes with the extra `segue[demo]`.
    """
    rows = [_row(company) for company in _companies()]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, HEADERS)
        writer.writeheader()
        writer.writerows(rows)
    return len(rows)


def _companies() -> Iterator[Mapping[str, Any]]:
    try:
        from pytickersymbols import PyTickerSymbols
    except ModuleNotFoundError:
        raise PackageMissingError("pytickersymbols is not installed: pip install 'segue[demo]'") from None
    yield from PyTickerSymbols().get_all_stocks()


def _row(company: Mapping[str, Any]) -> dict[str, str]:
    details: Mapping[str, str | int] = company.get("metadata") or {}
    return {
        "Name": company["name"],
        "Symbol": company.get("symbol") or "",
        "ISIN": "; ".join(company.get("isins") or ()),
        "Country": company.get("country") or "",
        "Industries": "; ".join(company.get("industries") or ()),
        **{header: str(details.get(key, "")) for header, key in _DETAILS.items()},
    }
