"""Made-up accounts to measure on: the same for a seed, in Python and as Parquet."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any

import duckdb

INDUSTRIES = (
    "saas",
    "fintech",
    "healthcare",
    "financial_services",
    "professional_services",
    "retail",
    "media",
    "other",
)
COUNTRIES = ("US", "GB", "DE", "FR", "NL", "CA", "AU", "IN", "US")
TECH = ("salesforce", "hubspot", "slack", "segment")
VENDORS = ("none", "other", "oakfold", "hearthline")


def known_accounts(count: int, seed: int = 7) -> list[dict[str, Any]]:
    """Return accounts of which every trait of the measured rules is known."""
    random = Random(seed)  # noqa: S311 - made-up data
    return [
        {
            "industry": random.choice(INDUSTRIES),
            "employees": random.randint(10, 8_000),
            "annual_revenue": random.random() * 5e7,
            "country": random.choice(COUNTRIES),
            "tech": [each for each in TECH if random.random() < 0.4],
            "is_customer": random.random() < 0.12,
            "has_open_opportunity": random.random() < 0.1,
            "intent": random.random() * 100,
            "pricing_views": random.randint(0, 6),
            "active_contacts": random.randint(0, 5),
            "seat_use": random.random(),
            "incumbent_vendor": random.choice(VENDORS),
        }
        for _ in range(count)
    ]


def write_accounts(path: Path, rows: int) -> None:
    """Write accounts as Parquet, about a sixth of every trait unknown; the same for the same number of rows."""

    def pick(number: int, choices: tuple[str, ...]) -> str:
        listed = ", ".join(f"'{each}'" for each in choices)
        return f"[{listed}][1 + (hash(i, {number}) % {len(choices)})::INTEGER]"

    def unless(number: int, value: str) -> str:
        return f"CASE WHEN hash(i, {number}) % 6 = 0 THEN NULL ELSE {value} END"

    columns = {
        "account_id": "'acc_' || i",
        "industry": unless(1, pick(2, INDUSTRIES)),
        "employees": unless(3, "(10 + hash(i, 4) % 8000)::BIGINT"),
        "annual_revenue": unless(5, "(hash(i, 6) % 50000000)::DOUBLE"),
        "country": unless(7, pick(8, COUNTRIES)),
        "tech": unless(9, f"list_filter({list(TECH)}, lambda x, k: hash(i, 10, k) % 3 = 0)"),
        "is_customer": unless(11, "hash(i, 12) % 10 = 0"),
        "has_open_opportunity": unless(13, "hash(i, 14) % 10 = 0"),
        "intent": unless(15, "(hash(i, 16) % 1000000) / 10000.0::DOUBLE"),
        "pricing_views": unless(17, "(hash(i, 18) % 6)::BIGINT"),
        "active_contacts": unless(19, "(hash(i, 20) % 5)::BIGINT"),
        "seat_use": unless(21, "(hash(i, 22) % 1000) / 1000.0::DOUBLE"),
        "incumbent_vendor": unless(23, pick(24, VENDORS)),
    }
    listed = ", ".join(f"{sql} AS {name}" for name, sql in columns.items())
    with duckdb.connect() as connection:
        connection.execute(
            f"COPY (SELECT {listed} FROM range({rows}) made(i)) TO '{_escaped(path)}' (FORMAT parquet, PRESERVE_ORDER)"  # noqa: S608
        )


def _escaped(path: Path) -> str:
    return str(path).replace("'", "''")
