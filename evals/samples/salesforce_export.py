"""A generated Salesforce account report, with the mess of a real one.

Every company in it is invented: domains end in .example or .test, and the column "Generated Sample" says so
on each row. What is wrong with it is wrong on purpose and in the proportions of a CRM that several teams
and imports have written to for years: accounts entered twice under other spellings, subsidiaries, empty
fields, numbers as people type them, fields that contradict one another, websites that are no company's.
"""

from __future__ import annotations

import csv
import io
import random
from dataclasses import replace
from datetime import date, timedelta
from itertools import islice
from pathlib import Path

from segue.core.errors import InputError
from segue.evals.samples.account_report import HEADERS, Entry, report_row
from segue.evals.samples.crm_spelling import spell_name
from segue.evals.samples.invented_accounts import InventedAccount, invent_accounts
from segue.evals.samples.salesforce_ids import invent_account_ids

FILE_NAME = "generated_salesforce_accounts.csv"
ACCOUNTS = 2_000
SEED = 2026
AS_OF = date(2026, 11, 22)

DUPLICATES = 0.06
"""The share of rows that enter a company which another row has already."""
SUBSIDIARIES = 0.07
"""The share of rows that name a parent account of the same report."""

BROKEN_LINES = (
    b'"0015g00000manyAAA","Two Cells Too Many, Inc."' + b',"x"' * len(HEADERS) + b"\n",
    b'"0015g00000latinAA","Caf\xe9 in Latin-1"' + b',""' * (len(HEADERS) - 2) + b"\n",
    b'"0015g00000nulsAAA","NUL \x00 inside"' + b',""' * (len(HEADERS) - 2) + b"\n",
    b'"0015g00000cutoff","Cut off in the midd',
)
"""Lines that are no rows: too many cells, not UTF-8, a NUL character and, at the end, an open quote."""


def write_salesforce_export(
    path: Path, *, accounts: int = ACCOUNTS, seed: int = SEED, as_of: date = AS_OF, broken: bool = False
) -> int:
    """Write a report of `accounts` rows to `path` as UTF-8 CSV, every cell quoted, and return that number.

    The same arguments give the same bytes. Rows are in the order of their creation; none is later than
    `as_of`. With `broken`, the lines of `BROKEN_LINES` stand among the rows and are not counted.

    Raises:
        InputError: fewer than 1 or more than 100,000 accounts are asked for.
    """
    if not 1 <= accounts <= 100_000:
        raise InputError(f"expected 1 to 100,000 accounts, found {accounts:,}")
    rng = random.Random(seed)
    entries = sorted(_entries(rng, accounts, as_of), key=lambda entry: entry.created)
    ids = invent_account_ids(rng, accounts)
    rows = [report_row(rng, account_id, entry, as_of) for account_id, entry in zip(ids, entries, strict=True)]
    lines = _lines(rows)
    if broken:
        *among, last = BROKEN_LINES
        for place, line in enumerate(among, start=1):
            lines.insert(place * len(lines) // len(BROKEN_LINES), line)
        lines.append(last)
    path.write_bytes(b"".join(lines))
    return accounts


def _entries(rng: random.Random, accounts: int, as_of: date) -> list[Entry]:
    """Return one entry a row: companies, then their subsidiaries, then what was entered twice."""
    duplicates, subsidiaries = int(accounts * DUPLICATES), int(accounts * SUBSIDIARIES)
    invented = invent_accounts(rng, as_of)
    firsts = [
        Entry(account, account.name, account.domain, account.created)
        for account in islice(invented, accounts - duplicates - subsidiaries)
    ]
    parents = [rng.choice(firsts) for _ in range(subsidiaries)]
    firsts += [
        _subsidiary(rng, parent, account)
        for parent, account in zip(parents, islice(invented, subsidiaries), strict=True)
    ]
    return firsts + [_duplicate(rng, first, as_of) for first in rng.sample(firsts, duplicates)]


def _subsidiary(rng: random.Random, parent: Entry, account: InventedAccount) -> Entry:
    """Name the account after its parent's group and country; one in five shows the group's website."""
    country = account.market.spellings[0]
    account = replace(account, stem=parent.account.stem, trade=f"{parent.account.trade} {country}")
    domain = parent.domain if rng.random() < 0.2 else f"{account.market.code.lower()}-{account.domain}"
    return Entry(account, account.name, domain, account.created, parent=parent.name)


def _duplicate(rng: random.Random, first: Entry, as_of: date) -> Entry:
    """Enter the same company later, under another spelling of its name, with fewer of its facts."""
    days = (as_of - first.created).days
    created = first.created + timedelta(days=rng.randint(0, days))
    account = replace(first.account, is_customer=first.account.is_customer and rng.random() < 0.5)
    return replace(first, account=account, name=spell_name(rng, account), created=created, again=True)


def _lines(rows: list[dict[str, str]]) -> list[bytes]:
    """Return the report as lines, the header first; a line may hold line breaks inside its cells."""
    lines = []
    for cells in (list(HEADERS), *([row[header] for header in HEADERS] for row in rows)):
        line = io.StringIO(newline="")
        csv.writer(line, quoting=csv.QUOTE_ALL, lineterminator="\n").writerow(cells)
        lines.append(line.getvalue().encode())
    return lines
