"""How people and imports write one fact into a CRM: the spellings that a reader of it must live with."""

from __future__ import annotations

import random

from segue.evals.samples.invented_accounts import InventedAccount

_INDUSTRY_VARIANTS = {
    "Software": ("software", "Computer Software", "Software "),
    "SaaS": ("Saas", "SAAS"),
    "Financial Technology": ("FinTech", "Fintech"),
    "Healthcare": ("Health Care", "Hospitals"),
}
_TOOL_VARIANTS = {
    "Salesforce": ("SFDC", "Salesforce CRM", "salesforce"),
    "HubSpot": ("Hubspot", "HubSpot CRM"),
}
_FREE_MAIL = ("gmail.com", "gmx.de", "outlook.com", "orange.fr", "yahoo.co.uk")
_SYMBOLS = {"EUR": "€", "GBP": "£", "USD": "$"}


def spell_name(rng: random.Random, account: InventedAccount) -> str:
    """Return the name as a second person would have entered it: another form, case or remark."""
    short = f"{account.stem} {account.trade}"
    return rng.choice(
        (
            short,
            account.name.upper(),
            short.lower(),
            f"The {short}",
            f"{account.stem}, {account.legal_form}",
            f"{account.name} (old)",
            f"{account.name} - DUPLICATE",
            f'{account.stem} "{account.trade}"',
            f"{account.stem[:2]}{account.stem[3]}{account.stem[2]}{account.stem[4:]} {account.trade}",
            f"  {short}",
        )
    )


def spell_website(rng: random.Random, domain: str) -> str:
    """Return the domain as it stands in a website field."""
    forms = {
        "www.{}": 30,
        "https://www.{}": 22,
        "http://www.{}": 12,
        "{}": 20,
        "https://{}/": 6,
        "HTTP://WWW.{}": 2,
        "https://{}/en/about?utm_source=import": 4,
        "shop.{}": 2,
        " {} ": 1,
    }
    form = rng.choices(list(forms), list(forms.values()))[0]
    return form.format(domain.upper() if form.startswith("HTTP:") else domain)


def spell_wrong_website(rng: random.Random, account: InventedAccount) -> str:
    """Return what people put into a website field for want of one: no domain of the company."""
    return rng.choice(
        (
            f"https://www.linkedin.com/company/{account.stem.lower()}",
            f"linkedin.com/company/{account.stem.lower()}",
            rng.choice(_FREE_MAIL),
            f"www.{rng.choice(_FREE_MAIL)}",
            f"info@{account.domain}",
            "n/a",
            "none",
            "-",
        )
    )


def spell_employees(rng: random.Random, employees: int) -> str:
    """Return the number of employees: mostly digits, at times grouped, rounded, a range or a word."""
    draw = rng.random()
    if draw < 0.76:
        return str(employees)
    if draw < 0.92:
        return f"{employees:,}"
    if draw < 0.95:
        return next(band for most, band in _BANDS if employees <= most)
    if draw < 0.975:
        return f"~{_rounded(employees)}"
    if draw < 0.99:
        return f"{_rounded(employees)}+"
    return rng.choice(("unknown", "n/a", "?"))


_BANDS = (
    (10, "1-10"),
    (50, "11-50"),
    (200, "51-200"),
    (500, "200-500"),
    (1_000, "501-1,000"),
    (5_000, "1,001-5,000"),
    (10_000, "5,001-10,000"),
    (10**9, "10,000+"),
)


def _rounded(number: int) -> int:
    unit = int("1" + "0" * (len(str(number)) - 1))
    return number // unit * unit


def spell_revenue(rng: random.Random, account: InventedAccount) -> tuple[str, str]:
    """Return the currency column and the amount: plain, grouped, or with its own sign and unit."""
    currency, revenue = account.market.currency, account.revenue
    draw = rng.random()
    if draw < 0.8:
        return currency, f"{revenue}.00"
    if draw < 0.9:
        return currency, f"{revenue:,}"
    if draw < 0.96:
        return "", f"{_SYMBOLS.get(currency, currency + ' ')}{revenue / 1e6:.1f}M"
    return "", f"{currency} {revenue / 1e6:.0f} million"


def spell_country(rng: random.Random, account: InventedAccount) -> str:
    """Return the country: mostly its usual English name, otherwise as its own people write it."""
    usual, *others = account.market.spellings
    return usual if rng.random() < 0.6 else rng.choice(others)


def spell_industry(rng: random.Random, industry: str) -> str:
    """Return the picklist value, or a spelling that an import left beside it."""
    variants = _INDUSTRY_VARIANTS.get(industry, ())
    return rng.choice(variants) if variants and rng.random() < 0.12 else industry


def spell_tools(rng: random.Random, tools: tuple[str, ...]) -> str:
    """Return the tools as a list parted by semicolons, as Salesforce writes a multi-select picklist."""
    spelled = (
        rng.choice(_TOOL_VARIANTS[tool]) if tool in _TOOL_VARIANTS and rng.random() < 0.2 else tool
        for tool in tools
    )
    return rng.choices((";", "; "), (9, 1))[0].join(spelled)


def spell_phone(rng: random.Random, account: InventedAccount) -> str:
    """Return a number from the market's range for examples, or nothing where there is no such range."""
    return "".join(str(rng.randrange(10)) if mark == "#" else mark for mark in account.market.phone)


def spell_street(rng: random.Random, account: InventedAccount) -> str:
    """Return a street; some have a second line, as an address field allows."""
    street = rng.choice(account.market.streets)
    number = rng.randint(1, 240)
    line = f"{number} {street}" if account.market.code in ("US", "GB", "CA", "AU") else f"{street} {number}"
    return f"{line}\nFloor {rng.randint(1, 12)}" if rng.random() < 0.15 else line
