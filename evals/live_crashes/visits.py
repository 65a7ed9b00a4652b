"""What happens at some invented accounts: who visits, what they do, and which account each event is of."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from typing import Any

_HEADINGS = "Account ID,Account Name,Account Owner,Website,Employees,Industry,Billing Country,Tech Stack"
_KINDS = (
    "900,Software,United States,Salesforce",  # a fit: sales-ready once it looks around
    "20,Retail,United States,",  # no fit: best served by the product itself
    ",,United States,",  # not known until somebody says so
    "700,FinTech,Germany,HubSpot",  # a fit whose people have not agreed to anything
)
_OWNERS = ("avery.cole@example.com", "", "lena.vogel@example.com", "", "nobody.in.slack@example.com")
_UNHEARD_OF = 5
"""One account of so many is in no file: it is heard of by its events alone."""
_WIDE, _STEP = 12, 10
"""So many accounts are active at once, and after so many events the next takes the place of the first."""
_PEOPLE = 3
_PATHS = (
    "/pricing",
    "/pricing/enterprise",
    "/compare/other-tools",
    "/docs/start",
    "/docs/api",
    "/blog/news",
    "/",
)
_AGES = (0.0,) * 12 + (0.5, 3.0, 9.0, 20.0, 70.0)
"""Days ago that an event happened: most of them now, some told late."""


def domain_of(account: int) -> str:
    """Return the domain, and the id, of an account."""
    return f"company-{account:04d}.com"


def accounts_file(accounts: int) -> str:
    """Return the CRM's export of the accounts that it knows."""
    rows = [_HEADINGS]
    for number in range(accounts):
        if is_in_crm(number):
            owner, domain = _OWNERS[number % len(_OWNERS)], domain_of(number)
            rows.append(f"{domain},Company {number},{owner},{domain},{_KINDS[number % len(_KINDS)]}")
    return "\n".join(rows) + "\n"


def is_in_crm(account: int) -> bool:
    """Return whether the CRM knows an account."""
    return account % _UNHEARD_OF != _UNHEARD_OF - 1


@dataclass(frozen=True, slots=True)
class Visit:
    """One call of an SDK, and who it is really of."""

    message_id: str
    kind: str
    """`identify`, `page`, `track` or `group`."""
    account: str
    person: str
    """The user id of whoever it is, whether the event tells it or not."""
    visitor: str
    known: bool
    """Whether the event tells the person; else it tells the visitor alone."""
    name: str | None = None
    path: str | None = None
    days_ago: float = 0.0
    says: dict[str, Any] = field(default_factory=dict)
    """Traits, or properties of a track event."""

    @property
    def ago(self) -> timedelta:
        """How long ago it happened when it is told."""
        return timedelta(days=self.days_ago)

    def to_json(self) -> dict[str, Any]:
        """Return it as plain JSON."""
        return asdict(self)


def visits(sender: int, accounts: int, seed: int) -> Iterator[Visit]:
    """Yield what happens, without end. Every visitor turns out to be one person, sooner or later."""
    chance = random.Random(seed * 1_000 + sender)  # noqa: S311 - no secret
    met: set[str] = set()
    count = sender * accounts // 2 * _STEP
    while True:
        count += 1
        account = (count // _STEP + chance.randrange(_WIDE)) % accounts
        number = chance.randrange(_PEOPLE)
        person, visitor = f"person-{account}-{number}", f"browser-{sender}-{account}-{number}"
        message_id = f"{sender}-{count:07d}"
        domain = domain_of(account)
        if visitor not in met and chance.random() < 0.6:
            met.add(visitor)
            says: dict[str, Any] = {"email": f"{person}@{domain}"}
            yield Visit(message_id, "identify", domain, person, visitor, True, says=says)
        else:
            yield _visit(
                chance, message_id, domain, person, visitor, visitor in met and chance.random() < 0.5
            )


def _visit(
    chance: random.Random, message_id: str, domain: str, person: str, visitor: str, known: bool
) -> Visit:
    days_ago = chance.choice(_AGES)
    drawn = chance.random()
    if drawn < 0.03 and known:
        says: dict[str, Any] = {"employees": chance.choice((40, 400, 4_000)), "industry": "Software"}
        return Visit(message_id, "group", domain, person, visitor, True, says=says)
    if drawn < 0.12:
        name = chance.choice(("Trial Started", "Clicked", "Demo Requested"))
        return Visit(message_id, "track", domain, person, visitor, known, name, days_ago=days_ago)
    path = chance.choice(_PATHS)
    return Visit(message_id, "page", domain, person, visitor, known, "A page", path, days_ago)
