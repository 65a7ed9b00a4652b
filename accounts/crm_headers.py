"""The columns of Salesforce and HubSpot account exports, and what other files call the same things.

Written as `field: header, header, ...`, the better source first. Headers are compared by spelling, so
"Number of Employees", "NumberOfEmployees" and "numberofemployees" are one.
"""

from __future__ import annotations

from enum import StrEnum
from functools import cache
from typing import NamedTuple

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


_SALESFORCE = """
account_id: Account ID, 18 Character Account ID, Account ID (18), CaseSafeID, AccountId, Id, Account 18 Digit ID
name: Account Name, Name
owner: Account Owner Email, Owner Email, Owner.Email, Account Owner, Owner.Name, Owner Full Name, Owner Name,
  Account Owner Full Name, Account Owner Alias, Owner.Alias, OwnerId, Owner ID
parent: ParentId, Parent Account ID, Parent.Id, Parent Account, Parent Account Name, Parent.Name
domain: Domain, Primary Domain, Email Domain, Website Domain
website: Website
email: Account Email, Email, Person Account Email, PersonEmail
open_opportunity_owner: Open Opportunity Owner, Open Opportunity Owner Email
industry: Industry
employees: NumberOfEmployees, Employees, Employee Count, No. of Employees
annual_revenue: AnnualRevenue, Annual Revenue (converted)
country: BillingCountryCode, BillingCountry, Billing Country/Territory, Billing Country (text only), Country,
  ShippingCountryCode, ShippingCountry, Shipping Country/Territory
state: BillingStateCode, BillingState, Billing State/Province, Billing State/Province (text only), State/Province,
  ShippingStateCode, ShippingState, Shipping State/Province
city: BillingCity, City, ShippingCity
is_customer: Is Customer
is_customer customer_type: Type, Account Type
founded_year: YearStarted, Year Founded, Founded Year
has_open_opportunity: Has Open Opportunity, Has Open Opportunities
has_open_opportunity open_count: Open Opportunities, Number of Open Opportunities, Open Opportunity Count,
  No. of Open Opportunities, Open Opps
last_activity: LastActivityDate, Last Activity, LastModifiedDate
created: CreatedDate, Created Date
currency: CurrencyIsoCode, Account Currency, AnnualRevenue Currency, Annual Revenue (converted) Currency
tech: Tech Stack, Technologies
"""
_HUBSPOT = """
account_id: Record ID, hs_object_id, id, Company ID, companyId, Record ID - Company
name: Company name, name
domain: Company Domain Name, domain, hs_email_domain
website: Website URL, website
owner: Company owner email, HubSpot owner email, Company owner, HubSpot owner, HubSpot Owner Name, hubspot_owner_id
parent: hs_parent_company_id, Parent Company ID, Parent Company, Parent Company Name
open_opportunity_owner: Open Deal Owner, Open Deal Owner Email
industry: Industry
employees: Number of Employees, numberofemployees
annual_revenue: Annual Revenue, annualrevenue
country: hs_country_code, Country/Region Code, Country/Region, Country
state: hs_state_code, State/Region Code, State/Region, State
city: City
is_customer lifecycle_stage: Lifecycle Stage
is_customer customer_type: Type
founded_year: Year Founded, founded_year
has_open_opportunity open_count: Number of open deals, hs_num_open_deals, num_open_deals
last_activity: Last Activity Date, notes_last_updated, Last Contacted, notes_last_contacted, Last Modified Date,
  hs_lastmodifieddate
created: Create Date, createdate
currency: hs_annual_revenue_currency_code, Annual Revenue Currency, Company currency
tech: Web Technologies, web_technologies
"""
_ANY = """
account_id: Account ID, Company ID, CRM ID, External ID, Record ID, ID
name: Company, Company Name, Account, Account Name, Organization, Organisation, Business Name, Legal Name, Name
domain: Domain, Company Domain, Primary Domain, Email Domain, Web Domain, Domain Name
website: Website, Web Site, Website URL, Company Website, Company URL, URL, Homepage, Web Page, Web
email: Email, E-mail, Email Address, Work Email, Business Email, Contact Email
owner: Owner Email, Account Owner Email, Owner, Account Owner, Account Executive, Account Manager, Sales Rep, Rep
parent: Parent ID, Parent, Parent Account, Parent Company, Ultimate Parent
open_opportunity_owner: Open Opportunity Owner, Opportunity Owner, Deal Owner
industry: Industry, Sector, Industries, Vertical
employees: Employees, Number of Employees, Employee Count, Headcount, No. of Employees, Staff, FTE, Company Size
annual_revenue: Annual Revenue, Revenue, Turnover, Annual Turnover, Yearly Revenue
country: Country Code, Country, HQ Country, Country Name, Headquarters Country, Billing Country
state: State, Province, State/Province, HQ State, Billing State
city: City, Town, HQ City, Billing City
is_customer: Is Customer, Existing Customer
is_customer lifecycle_stage: Lifecycle Stage
founded_year: Founded Year, Year Founded, Founded, Foundation Year
has_open_opportunity: Has Open Opportunity, Open Opportunity, Open Deal
has_open_opportunity open_count: Open Opportunities, Number of Open Opportunities, Open Deals, Number of Open Deals
renewal_at: Renewal Date, Contract Renewal Date, Renewal
incumbent_vendor: Incumbent, Incumbent Vendor, Current Vendor
intent: Intent Score, Intent
last_activity: Last Activity, Last Activity Date, Last Touch, Last Contacted
created: Created, Created At, Created Date, Create Date
currency: Currency, Currency Code
tech: Tech, Tech Stack, Technologies, Technology
"""

_TELLING = {
    Crm.SALESFORCE: """Account Name, Account Owner, BillingCountry, BillingCity, BillingState, Billing State/Province,
        ShippingCountry, ParentId, Parent Account, NumberOfEmployees, AnnualRevenue, OwnerId, AccountId, Account ID,
        Account Owner Alias, CurrencyIsoCode, CreatedById, LastModifiedById, SystemModstamp, AccountSource, Account Source,
        Owner.Name, Billing Street, Billing Zip/Postal Code, IsDeleted, BillingStreet, BillingPostalCode, Rating, SicDesc""",
    Crm.HUBSPOT: """Record ID, hs_object_id, Company name, Company Domain Name, Company owner, Lifecycle Stage,
        Country/Region, State/Region, Create Date, createdate, hubspot_owner_id, hs_lastmodifieddate, Website URL,
        numberofemployees, Number of Associated Contacts, Associated Contact, Number of open deals, Lead Status,
        hs_lead_status, Web Technologies, notes_last_updated, Last Activity Date, Year Founded, lifecyclestage""",
}  # fmt: skip
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
    counts = {crm: len(keys & telling) for crm, telling in _telling().items()}
    best = max(counts, key=lambda crm: counts[crm])
    other = min(counts, key=lambda crm: counts[crm])
    return best if counts[best] >= 2 and counts[best] > counts[other] else None


def known_headers(crm: Crm | None) -> dict[str, list[KnownHeader]]:
    """Return what each header key means in exports of a system, or in any file for None."""
    return _tables()[crm]


@cache
def _telling() -> dict[Crm, frozenset[str]]:
    keys = {crm: frozenset(spelling_key(name) for name in listed.split(",")) for crm, listed in _TELLING.items()}
    return keys


@cache
def _tables() -> dict[Crm | None, dict[str, list[KnownHeader]]]:
    return {Crm.SALESFORCE: _table(_SALESFORCE), Crm.HUBSPOT: _table(_HUBSPOT), None: _table(_ANY)}


def _table(text: str) -> dict[str, list[KnownHeader]]:
    found: dict[str, list[KnownHeader]] = {}
    for line in text.replace("\n  ", " ").strip().splitlines():
        target, listed = line.split(":", 1)
        field, _, reads = target.partition(" ")
        for header in listed.split(","):
            key = spelling_key(header)
            known = found.setdefault(key, [])
            if not any(entry.field == field for entry in known):
                known.append(KnownHeader(field, Reads(reads or "value"), len(found)))
    return found
