"""Invented companies and what is true of them, before a CRM makes a mess of it.

The shares are those of a vendor of business software: a quarter of the companies are in the industries it
seeks and of the right size, one in twelve buys already, and those too small show as much interest as the
rest.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from segue.evals.samples.markets import MARKETS, STEM_ENDS, STEM_MIDDLES, STEM_STARTS, Market

_SOUGHT = {
    "Software": 30,
    "SaaS": 8,
    "Technology": 10,
    "Financial Technology": 14,
    "Healthcare": 12,
    "Banking": 6,
    "Insurance": 6,
    "Finance": 4,
    "Consulting": 10,
}
_OTHERS = {
    "Manufacturing": 18,
    "Retail": 14,
    "Transportation": 9,
    "Construction": 9,
    "Education": 8,
    "Government": 7,
    "Media": 6,
    "Energy": 6,
    "Hospitality": 6,
    "Food & Beverage": 5,
    "Telecommunications": 4,
    "Not For Profit": 4,
    "Machinery": 4,
}
_PROFILES = {
    (True, "mid"): 26,
    (True, "small"): 17,
    (True, "large"): 4,
    (False, "mid"): 26,
    (False, "small"): 27,
}
"""Industry sought or not, and size, with their weights."""
_EMPLOYEES = {"small": (4, 199), "mid": (200, 5_000), "large": (5_001, 60_000)}
_TOOLS = {
    "Salesforce": 0.46,
    "HubSpot": 0.2,
    "Microsoft Dynamics": 0.08,
    "Zoho CRM": 0.06,
    "Marketo": 0.18,
    "Slack": 0.4,
    "Snowflake": 0.2,
    "Twilio Segment": 0.12,
    "Zendesk": 0.25,
    "Okta": 0.18,
}


@dataclass(frozen=True, slots=True)
class InventedAccount:
    """One company, its place in the market and in our own pipeline. No such company exists."""

    stem: str
    """The invented part of the name."""
    trade: str
    legal_form: str
    domain: str
    """Under .example or .test, which no one can register."""
    market: Market
    city: str
    state: str
    industry: str
    """A value of Salesforce's picklist, or one that this company's administrators added to it."""
    employees: int
    revenue: int
    """A year, in the market's currency."""
    tools: tuple[str, ...]
    intent: float
    """0 to 100."""
    pricing_views: int
    active_contacts: int
    is_customer: bool
    has_open_opportunity: bool
    created: date
    last_activity: date

    @property
    def name(self) -> str:
        """The registered name."""
        return f"{self.stem} {self.trade} {self.legal_form}"


def invent_accounts(rng: random.Random, as_of: date) -> Iterator[InventedAccount]:
    """Yield companies without end, each with a domain of its own; none was active after `as_of`."""
    used: set[str] = set()
    while True:
        stem = rng.choice(STEM_STARTS) + rng.choice(STEM_MIDDLES) + rng.choice(STEM_ENDS)
        suffix = rng.choice(("", "", "", "-group", "-hq", "-online", "-co"))
        domain = f"{stem.lower()}{suffix}.{'test' if rng.random() < 0.03 else 'example'}"
        if domain not in used:
            used.add(domain)
            yield _invent(rng, stem, domain, as_of)


def _invent(rng: random.Random, stem: str, domain: str, as_of: date) -> InventedAccount:
    market = rng.choices(MARKETS, [each.share for each in MARKETS])[0]
    city, state = rng.choice(market.cities)
    (sought, size), *_ = rng.choices(list(_PROFILES), list(_PROFILES.values()))
    industries = _SOUGHT if sought else _OTHERS
    employees = _between(rng, *_EMPLOYEES[size])
    fits = sought and size == "mid"
    intent = _intent(rng, interested=rng.random() < (0.23 if fits else 0.26))
    created = as_of - timedelta(days=rng.randint(30, 2_900))
    return InventedAccount(
        stem=stem,
        trade=rng.choice(market.trades),
        legal_form=rng.choice(market.legal_forms),
        domain=domain,
        market=market,
        city=city,
        state=state,
        industry=rng.choices(list(industries), list(industries.values()))[0],
        employees=employees,
        revenue=int(round(employees * rng.uniform(60_000, 320_000), -4)),
        tools=tuple(tool for tool, share in _TOOLS.items() if rng.random() < share),
        intent=intent,
        pricing_views=_visits(rng, intent, 6),
        active_contacts=_visits(rng, intent, 4),
        is_customer=rng.random() < (0.16 if fits else 0.06),
        has_open_opportunity=rng.random() < (0.22 if intent >= 60 else 0.05),
        created=created,
        last_activity=as_of - timedelta(days=_days_idle(rng, intent, most=(as_of - created).days)),
    )


def _between(rng: random.Random, low: int, high: int) -> int:
    """Draw a whole number from `low` to `high` whose logarithm is uniform: small ones are common."""
    return min(high, int(low * (high / low) ** rng.random()))


def _intent(rng: random.Random, *, interested: bool) -> float:
    score = 60 + 40 * rng.betavariate(1.3, 2) if interested else 60 * rng.betavariate(1, 2.2)
    return round(score, 1)


def _days_idle(rng: random.Random, intent: float, most: int) -> int:
    """Draw the days since anyone last spoke with them: at most 21 while they show interest."""
    return rng.randint(0, min(most, 21) if intent >= 30 else most)


def _visits(rng: random.Random, intent: float, most: int) -> int:
    """Draw a count from 0 to `most` that rises with intent."""
    return sum(rng.random() < intent / 130 for _ in range(most))
