"""Who visits the demo site, and what the vendor's CRM knows of their companies. All of them are invented."""

from __future__ import annotations

from dataclasses import dataclass

COMPANIES = (
    "Account ID,Account Name,Account Owner,Website,Employees,Industry,Billing Country,Tech Stack,Is Customer\n"
    "D-100,Northwind Robotics,avery.cole@example.com,northwind-robotics.com,900,Software,United States,Salesforce,no\n"
    "D-200,Klinikverbund Elbtal,lena.vogel@example.com,klinikverbund-elbtal.de,2400,Healthcare,Germany,HubSpot,no\n"
    "D-300,Larkspur Studio,,larkspur-studio.com,14,Professional Services,United States,,no\n"
    "D-400,Bellweather Freight,jordan.reyes@example.com,bellweather-freight.com,1200,Software,United States,"
    "Salesforce,yes\n"
)
"""The file that is imported at the start, as a CRM exports one."""


@dataclass(frozen=True, slots=True)
class Persona:
    """Somebody as whom the site can be visited. `email` is empty for who is nobody in particular."""

    key: str
    name: str
    title: str
    company: str
    note: str
    """What to look for, in a few words."""
    email: str = ""
    earlier: tuple[str, ...] = ()
    """Pages that a colleague looked at yesterday."""

    @property
    def user_id(self) -> str:
        """The id by which the vendor's backend knows them."""
        return f"demo-{self.key}"

    @property
    def domain(self) -> str:
        """The domain of their company."""
        return self.email.partition("@")[2]


PERSONAS = (
    Persona(
        "anonymous", "A new visitor", "Nobody in particular", "Nothing is known",
        "The page as everybody gets it",
    ),
    Persona(
        "ada", "Ada Moreno", "Chief Marketing Officer", "Northwind Robotics",
        "Fits well. Open the comparison: it comes into the market", "ada.moreno@northwind-robotics.com",
        ("/compare",),
    ),
    Persona(
        "jonas", "Jonas Weber", "Chief Information Security Officer", "Klinikverbund Elbtal",
        "In the EU: without consent, nobody writes to him", "jonas.weber@klinikverbund-elbtal.de",
        ("/compare", "/docs/security"),
    ),
    Persona(
        "tom", "Tom Hale", "Founder", "Larkspur Studio",
        "Fourteen people: the product helps them best, and no rep is sent", "tom@larkspur-studio.com", ("/compare",),
    ),
    Persona(
        "priya", "Priya Nair", "Head of Revenue Operations", "Bellweather Freight",
        "A customer already: no prospecting", "priya.nair@bellweather-freight.com",
    ),
)  # fmt: skip
BY_KEY = {each.key: each for each in PERSONAS}
