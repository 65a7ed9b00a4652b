"""One row of a Salesforce account report: its labels, and how a company's facts come to stand under them."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, timedelta

from segue.evals.samples.crm_spelling import (
    spell_country,
    spell_employees,
    spell_industry,
    spell_phone,
    spell_revenue,
    spell_street,
    spell_tools,
    spell_website,
    spell_wrong_website,
)
from segue.evals.samples.invented_accounts import InventedAccount
from segue.evals.samples.markets import MARKETS

HEADERS = (
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
    "Lifecycle Stage",
    "Has Open Opportunity",
    "Renewal Date",
    "Tech Stack",
    "Intent Score",
    "Pricing Page Views (14d)",
    "Active Contacts (7d)",
    "Marketing Consent",
    "Generated Sample",
)
"""Salesforce's own labels up to Account Description, then columns that administrators added."""

_DESCRIPTIONS = (
    "Met at the spring fair.\nAsked for a call after Q3.",
    'Says: "we decide in January".',
    "Formerly another account; see parent, do not merge",
    "Prefers e-mail; speaks French, German",
    'Notes:\n- budget "frozen"\n- champion left',
)
_SOURCES = ("Web", "Partner Referral", "Trade Show", "Purchased List", "Phone Inquiry", "Other", "")
_NOT_CUSTOMERS = {
    "Prospect": 68,
    "": 18,
    "Other": 6,
    "Former Customer": 2,
    "Technology Partner": 3,
    "Channel Partner / Reseller": 3,
}
_CITIES = tuple(city for market in MARKETS for city, _ in market.cities)
"""What stands in the few rows whose city and country contradict each other."""
_STAGES = {"Engaged": 40, "Lead": 30, "": 28, "Customer": 2}


@dataclass(frozen=True, slots=True)
class Entry:
    """One company as one person entered it."""

    account: InventedAccount
    name: str
    domain: str
    created: date
    parent: str = ""
    """The parent account's name, where there is one."""
    again: bool = False
    """True when another entry had the company already."""


def report_row(rng: random.Random, account_id: str, entry: Entry, as_of: date) -> dict[str, str]:
    """Return the cells of one row by header; an empty cell is an empty text.

    One row in fourteen is a stub from a purchased list: a name, a website and a country, and nothing else.
    """
    stub = rng.random() < 0.07
    blank = _Blank(rng, 4.0 if entry.again else 1.0, stub=stub)
    return {
        "Account ID": account_id,
        "Account Name": entry.name,
        "Account Owner": _owner(rng, entry.account),
        "Website": _website(rng, entry),
        "Parent Account": entry.parent,
        "Account Source": "Purchased List" if stub else rng.choice(_SOURCES),
        "Created Date": _us_date(entry.created),
        "Account Description": rng.choice(_DESCRIPTIONS) if rng.random() < 0.1 else "",
        "Generated Sample": "1",
        **_firmographics(rng, entry.account, blank),
        **_pipeline(rng, entry, as_of),
        **_signals(rng, entry.account, blank),
    }


@dataclass(frozen=True, slots=True)
class _Blank:
    """Leaves cells out: at their own rate, more often in a careless entry, always in a stub."""

    rng: random.Random
    factor: float
    stub: bool

    def __call__(self, rate: float, cell: str) -> str:
        return "" if self.stub or self.rng.random() < min(0.9, rate * self.factor) else cell


def _firmographics(rng: random.Random, account: InventedAccount, blank: _Blank) -> dict[str, str]:
    currency, revenue = spell_revenue(rng, account)
    known = blank(0.35, revenue)
    city = account.city if rng.random() < 0.985 else rng.choice(_CITIES)
    return {
        "Industry": blank(0.07, spell_industry(rng, account.industry)),
        "Employees": blank(0.06, spell_employees(rng, account.employees)),
        "Annual Revenue Currency": currency if known else "",
        "Annual Revenue": known,
        "Phone": blank(0.3, spell_phone(rng, account)),
        "Billing Street": blank(0.3, spell_street(rng, account)),
        "Billing City": blank(0.1, city),
        "Billing State/Province": blank(0.1, account.state),
        "Billing Country": spell_country(rng, account) if rng.random() < 0.95 else "",
        "Tech Stack": blank(0.3, spell_tools(rng, account.tools)),
    }


def _signals(rng: random.Random, account: InventedAccount, blank: _Blank) -> dict[str, str]:
    tracked = blank(0.07, "yes")
    return {
        "Intent Score": f"{account.intent:.1f}" if tracked else "",
        "Pricing Page Views (14d)": str(account.pricing_views) if tracked else "",
        "Active Contacts (7d)": str(account.active_contacts) if tracked else "",
        "Marketing Consent": blank(0.5, rng.choices(("1", "0"), (2, 3))[0]),
    }


def _pipeline(rng: random.Random, entry: Entry, as_of: date) -> dict[str, str]:
    """Return type, stage and dates. At times the stage says otherwise than the type."""
    account = entry.account
    if account.is_customer:
        kind = rng.choices(("Customer - Direct", "Customer - Channel", "Customer"), (7, 2, 1))[0]
        stage = "Open Opportunity" if rng.random() < 0.08 else "Customer"
        renewal = _us_date(as_of + timedelta(days=rng.randint(-20, 400))) if rng.random() < 0.7 else ""
    else:
        kind, renewal = rng.choices(list(_NOT_CUSTOMERS), list(_NOT_CUSTOMERS.values()))[0], ""
        stage = (
            "Open Opportunity"
            if account.has_open_opportunity
            else rng.choices(list(_STAGES), list(_STAGES.values()))[0]
        )
    is_open = account.has_open_opportunity and not entry.again
    active = max(account.last_activity, entry.created)
    return {
        "Type": kind,
        "Lifecycle Stage": stage,
        "Renewal Date": renewal,
        "Has Open Opportunity": "1" if is_open else "0",
        "Last Activity": _us_date(active) if rng.random() < 0.7 else "",
    }


def _website(rng: random.Random, entry: Entry) -> str:
    draw = rng.random()
    if draw < 0.05 and not entry.again:
        return ""
    if draw < 0.085 and not entry.again:
        return spell_wrong_website(rng, entry.account)
    return spell_website(rng, entry.domain)


def _owner(rng: random.Random, account: InventedAccount) -> str:
    draw = rng.random()
    if draw < 0.06:
        return "Marketing Operations"
    return "Dana Whitfield (left)" if draw < 0.1 else rng.choice(account.market.owners)


def _us_date(day: date) -> str:
    return f"{day.month}/{day.day}/{day.year}"
