"""What two stored accounts that may be one have in common, as keys; and the families that share by right. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from segue.accounts.company_names import company_key


class SharedBy(StrEnum):
    """What accounts have in common, the surest first. Append, never rename."""

    CRM_ID = "crm_id"
    """The same record of Salesforce: its id in 15 characters and in 18."""
    DOMAIN = "domain"
    """The same registrable domain."""
    SUBSIDIARY = "subsidiary"
    """Of one parent, under the same domain and name."""
    COUNTRY_DOMAIN = "country_domain"
    """The same domain of two countries, as acme.com and acme.de, and no two names."""
    PEOPLE = "people"
    """Contacts whose links, by work e-mail, group or hand, lead to both."""
    NAME = "name"
    """The same name, spelling and legal form aside, in the same country."""


RANKS = {each: rank for rank, each in enumerate(SharedBy)}

_SALESFORCE = re.compile(r"(001[A-Za-z0-9]{12})(?:[A-Z0-5]{3})?")
_COUNTRY = re.compile(r"[a-z]{2}|(?:com?|org|net|ac|gov)\.[a-z]{2}")
_LEAST_STEM = 3


@dataclass(frozen=True, slots=True)
class AccountNames:
    """What an account is called, as it is stored."""

    account_id: str
    domain: str | None = None
    name: str | None = None
    country: str | None = None
    parent: str | None = None
    """As it was stated: an id, a domain or a name."""

    @property
    def is_subsidiary(self) -> bool:
        """True where it names a parent that is not itself."""
        if self.parent is None or self.parent in (self.account_id, self.domain):
            return False
        return company_key(self.parent) != company_key(self.name or "")


def keys_of(account: AccountNames) -> Iterator[tuple[SharedBy, str]]:
    """Give what an account shares with those that may be it.

    A subsidiary shares its group's domain by right, and is a duplicate only of one of the same parent,
    domain and name.
    """
    record = _SALESFORCE.fullmatch(account.account_id)
    if record is not None:
        yield SharedBy.CRM_ID, record[1]
    name = company_key(account.name) if account.name else ""
    if account.is_subsidiary:
        parent = company_key(account.parent or "")
        yield SharedBy.SUBSIDIARY, f"{account.domain or ''}|{parent}|{name}"
        return
    if account.domain:
        yield SharedBy.DOMAIN, account.domain
        stem, _, suffix = account.domain.partition(".")
        if len(stem) >= _LEAST_STEM and (_COUNTRY.fullmatch(suffix) or suffix == "com"):
            yield SharedBy.COUNTRY_DOMAIN, stem
    if name:
        yield SharedBy.NAME, f"{name}|{account.country or ''}"


def is_one_name(names: list[str | None]) -> bool:
    """Return True where companies of one stem are called no two names: such as have none say nothing."""
    return len({key for name in names if name and (key := company_key(name))}) <= 1
