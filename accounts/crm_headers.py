"""The columns of Salesforce and HubSpot account exports, and what other files call the same things.

The tables are data/headers_*.txt. Headers are compared by spelling, so "Number of Employees",
"NumberOfEmployees" and "numberofemployees" are one.
"""

from __future__ import annotations

from enum import StrEnum
from functools import cache
from typing import NamedTuple

from segue.accounts.data_files import data_lines
from segue.accounts.spelling import spelling_key


class Crm(StrEnum):
    """The systems whose exports are recognised by their headers."""

    SALESFORCE = "salesforce"
    HUBSPOT = "hubspot"


class Reads(StrEnum):
    """How a column's cells become the field's value."""

    VALUE = "value"
    CUSTOMER_TYPE = "customer_type"
    """A Salesforce account type: "Customer - Direct" is a customer, "Prospect" is not."""
    LIFECYCLE_STAGE = "lifecycle_stage"
    """A HubSpot lifecycle stage: customer and evangelist are customers."""
    OPEN_COUNT = "open_count"
    """A number of open opportunities or deals: more than none."""


class KnownHeader(NamedTuple):
    """What a header means: the field, how its cells are read, and its rank among that field's headers."""

    field: str
    reads: Reads
    rank: int


_SALESFORCE_OBJECT = ("account: ", "accounts.", "account.")
_PREFIXES = ("properties.", *_SALESFORCE_OBJECT)


def header_key(header: str) -> str:
    """Return a header's spelling key without what an export puts around the name.

    Dropped are the object before it ("Account: Billing Country", "properties.domain") and what marks a
    custom field ("Tech_Stack__c", also with its package's prefix).
    """
    name = header.strip().strip('"')
    lowered = name.lower()
    for prefix in _PREFIXES:
        if lowered.startswith(prefix):
            name = name[len(prefix) :]
    return spelling_key(custom_name(name) or name)


def custom_name(header: str) -> str | None:
    """Return the name of a Salesforce custom field without its marks, or None for any other header."""
    name = header.strip().rsplit(".", 1)[-1]
    if not name.lower().endswith(("__c", "__pc")):
        return None
    name = name[: name.rindex("__")]
    return name.rsplit("__", 1)[-1]


def recognise(headers: list[str]) -> Crm | None:
    """Return the system that a file's headers tell of: at least two of its own, more than of the other."""
    keys = {header_key(header) for header in headers}
    counts = {crm: len(keys & _tables()[crm][1]) for crm in Crm}
    best = max(counts, key=lambda crm: counts[crm])
    other = min(counts, key=lambda crm: counts[crm])
    return best if counts[best] >= 2 and counts[best] > counts[other] else None


def known_headers(crm: Crm | None) -> dict[str, list[KnownHeader]]:
    """Return what each header key means in exports of a system, or in any file for None."""
    return _tables()[crm][0]


@cache
def _tables() -> dict[Crm | None, tuple[dict[str, list[KnownHeader]], frozenset[str]]]:
    """For each system its headers and those that tell of it; under None what any file may say."""
    return {crm: _table(f"headers_{crm.value if crm else 'common'}.txt") for crm in (*Crm, None)}


def _table(name: str) -> tuple[dict[str, list[KnownHeader]], frozenset[str]]:
    known: dict[str, list[KnownHeader]] = {}
    telling: frozenset[str] = frozenset()
    for rank, line in enumerate("\n".join(data_lines(name)).replace("\n  ", " ").splitlines()):
        target, listed = line.split(":", 1)
        field, _, reads = target.partition(" ")
        keys = [spelling_key(header) for header in listed.split(",")]
        if field == "telling":
            telling = frozenset(keys)
            continue
        for place, key in enumerate(keys):
            entries = known.setdefault(key, [])
            if all(entry.field != field for entry in entries):
                entries.append(KnownHeader(field, Reads(reads or "value"), rank * 100 + place))
    return known, telling
