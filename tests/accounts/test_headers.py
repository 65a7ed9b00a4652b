from __future__ import annotations

from collections.abc import Mapping

import pytest

from segue.accounts.crm_headers import Crm, Reads, header_key, recognise
from segue.accounts.headers import HeaderMap, MappingRule, map_headers
from segue.core.errors import InputError
from segue.policies.models.traits import Layer, Trait

SALESFORCE_REPORT = [
    "Account ID", "Account Name", "Account Owner", "Billing Country", "Employees", "Annual Revenue", "Annual Revenue Currency",
    "Website", "Parent Account", "Type", "Industry", "Tech_Stack__c", "Last Activity", "Created Date", "Fax", "Fit", "Persona",
]  # fmt: skip
SALESFORCE_API = [
    "Id", "Name", "OwnerId", "Owner.Email", "BillingCountryCode", "BillingCountry", "NumberOfEmployees", "AnnualRevenue",
    "CurrencyIsoCode", "Website", "ParentId", "Type", "Industry", "YearStarted",
]  # fmt: skip
HUBSPOT_LABELS = [
    "Record ID", "Company name", "Company Domain Name", "Company owner", "Number of Employees", "Annual Revenue", "Country/Region",
    "Lifecycle Stage", "Industry", "Number of open deals", "Website URL", "Year Founded", "Web Technologies",
]  # fmt: skip
HUBSPOT_API = [
    "id", "properties.hs_object_id", "properties.name", "properties.domain", "properties.numberofemployees",
    "properties.annualrevenue", "properties.country", "properties.lifecyclestage", "properties.hubspot_owner_id", "properties.createdate",
]  # fmt: skip


def fields(found: HeaderMap) -> dict[str, str]:
    return {
        name: found.columns_of(name)[0].column for name in dict.fromkeys(each.field for each in found.mapped)
    }


def test_a_salesforce_report(traits: dict[str, Trait]) -> None:
    found = map_headers(SALESFORCE_REPORT, traits)
    assert found.crm is Crm.SALESFORCE
    assert fields(found) == {
        "account_id": "Account ID", "name": "Account Name", "owner": "Account Owner", "country": "Billing Country",
        "employees": "Employees", "annual_revenue": "Annual Revenue", "currency": "Annual Revenue Currency", "website": "Website",
        "parent": "Parent Account", "is_customer": "Type", "industry": "Industry", "tech": "Tech_Stack__c",
        "last_activity": "Last Activity", "created": "Created Date",
    }  # fmt: skip
    assert found.columns_of("is_customer")[0].reads is Reads.CUSTOMER_TYPE
    assert {each.column: each.why for each in found.unmapped} == {
        "Fax": "no field or trait of this name",
        "Fit": "fit is computed by sql: a file cannot state it",
        "Persona": "persona is a trait of a contact: a file of accounts cannot state it",
    }


def test_salesforce_field_names(traits: dict[str, Trait]) -> None:
    found = map_headers(SALESFORCE_API, traits)
    assert found.crm is Crm.SALESFORCE
    assert fields(found) == {
        "account_id": "Id", "name": "Name", "owner": "Owner.Email", "country": "BillingCountryCode", "employees": "NumberOfEmployees",
        "annual_revenue": "AnnualRevenue", "currency": "CurrencyIsoCode", "website": "Website", "parent": "ParentId",
        "is_customer": "Type", "industry": "Industry", "founded_year": "YearStarted",
    }  # fmt: skip
    assert found.unmapped == ()
    assert {name: [each.column for each in columns] for name, columns in found.shared.items()} == {
        "owner": ["Owner.Email", "OwnerId"],
        "country": ["BillingCountryCode", "BillingCountry"],
    }


def test_a_hubspot_export(traits: dict[str, Trait]) -> None:
    found = map_headers(HUBSPOT_LABELS, traits)
    assert found.crm is Crm.HUBSPOT
    assert fields(found) == {
        "account_id": "Record ID", "name": "Company name", "domain": "Company Domain Name", "owner": "Company owner",
        "employees": "Number of Employees", "annual_revenue": "Annual Revenue", "country": "Country/Region",
        "is_customer": "Lifecycle Stage", "industry": "Industry", "has_open_opportunity": "Number of open deals",
        "website": "Website URL", "founded_year": "Year Founded", "tech": "Web Technologies",
    }  # fmt: skip
    assert found.columns_of("is_customer")[0].reads is Reads.LIFECYCLE_STAGE
    assert found.columns_of("has_open_opportunity")[0].reads is Reads.OPEN_COUNT


def test_hubspot_api_objects(traits: dict[str, Trait]) -> None:
    found = map_headers(HUBSPOT_API, traits)
    assert found.crm is Crm.HUBSPOT
    assert fields(found) == {
        "account_id": "properties.hs_object_id", "name": "properties.name", "domain": "properties.domain",
        "employees": "properties.numberofemployees", "annual_revenue": "properties.annualrevenue", "country": "properties.country",
        "is_customer": "properties.lifecyclestage", "owner": "properties.hubspot_owner_id", "created": "properties.createdate",
    }  # fmt: skip


def test_any_other_file(traits: dict[str, Trait]) -> None:
    found = map_headers(
        ["company", "URL", "headcount", "turnover", "HQ Country", "Renewal Date", "E-mail", "notes"], traits
    )
    assert found.crm is None
    assert fields(found) == {
        "name": "company", "website": "URL", "employees": "headcount", "annual_revenue": "turnover", "country": "HQ Country",
        "renewal_at": "Renewal Date", "email": "E-mail",
    }  # fmt: skip
    assert found.columns_of("renewal_at")[0].rule is MappingRule.TRAIT_TITLE


@pytest.mark.parametrize(
    ("header", "rule"),
    [
        ("breach_history", MappingRule.TRAIT_NAME), ("Breach History", MappingRule.TRAIT_NAME), ("Known breaches", MappingRule.TRAIT_TITLE),
        ("KNOWN  BREACHES", MappingRule.TRAIT_TITLE), ("Breach_History__c", MappingRule.CUSTOM_FIELD),
        ("acme__Known_Breaches__c", MappingRule.CUSTOM_FIELD), ("Account: Known breaches", MappingRule.TRAIT_TITLE),
    ],
)  # fmt: skip
def test_a_column_of_a_packs_own_trait(header: str, rule: MappingRule) -> None:
    traits = {"breach_history": Trait(type="boolean", layer=Layer.CONTEXTUAL, title="Known breaches")}
    found = map_headers(["Name", header], traits)
    assert [(each.field, each.rule) for each in found.mapped if each.column == header] == [
        ("breach_history", rule)
    ]


def test_what_is_recognised_but_not_declared_is_said() -> None:
    found = map_headers(SALESFORCE_REPORT, {})
    reasons = {each.column: each.why for each in found.unmapped}
    assert reasons["Employees"] == "reads as employees, which the pack does not declare"
    assert reasons["Type"] == "reads as is_customer, which the pack does not declare"
    assert "Billing Country" not in reasons, "the country tells duplicates apart"


def test_one_column_may_feed_two() -> None:
    traits = {
        "is_customer": Trait(type="boolean", layer=Layer.CONTEXTUAL),
        "account_type": Trait(type="text", layer=Layer.CONTEXTUAL, title="Type"),
    }
    found = map_headers(["Account Name", "Account Owner", "Type"], traits)
    assert [each.field for each in found.mapped if each.column == "Type"] == ["is_customer", "account_type"]


def test_two_columns_of_one_trait_have_an_order(traits: dict[str, Trait]) -> None:
    found = map_headers(
        ["Shipping Country", "Account Name", "Billing Country", "Account Owner", "Country"], traits
    )
    assert [each.column for each in found.shared["country"]] == [
        "Billing Country",
        "Country",
        "Shipping Country",
    ]
    twice = map_headers(["Website", "Website", "Name"], traits)
    assert [each.index for each in twice.shared["website"]] == [0, 1]


@pytest.mark.parametrize(
    ("named", "field", "column"),
    [
        ({"Fax": "employees"}, "employees", "Fax"), ({"fax": "employees"}, "employees", "Fax"), ({"Fax": "name"}, "name", "Fax"),
        ({"Industry": "tech"}, "tech", "Industry"),
    ],
)  # fmt: skip
def test_the_users_word_is_the_last(
    named: Mapping[str, str], field: str, column: str, traits: dict[str, Trait]
) -> None:
    found = map_headers(SALESFORCE_REPORT, traits, named)
    assert [(each.column, each.rule) for each in found.columns_of(field)] == [
        (column, MappingRule.NAMED_BY_USER)
    ]
    assert [each.field for each in found.mapped if each.column == column] == [field]


def test_the_user_may_leave_a_column_out(traits: dict[str, Trait]) -> None:
    found = map_headers(SALESFORCE_REPORT, traits, {"Type": ""})
    assert found.columns_of("is_customer") == ()
    assert ("Type", "left out as asked") in {(each.column, each.why) for each in found.unmapped}


def test_a_column_that_the_user_names_is_read_as_its_system_writes_it(traits: dict[str, Trait]) -> None:
    found = map_headers(["Name", "Type"], traits, {"Type": "is_customer"})
    assert found.columns_of("is_customer")[0].reads is Reads.CUSTOMER_TYPE
    other = map_headers(["Name", "Kunde?"], traits, {"Kunde?": "is_customer"})
    assert other.columns_of("is_customer")[0].reads is Reads.VALUE


@pytest.mark.parametrize(
    ("named", "message"),
    [
        ({"Employes": "employees"}, "the file has no column 'Employes'; did you mean 'Employees'?"),
        ({"Fax": "employes"}, "there is no trait or field 'employes'; did you mean 'employees'?"),
        ({"Fax": "fit"}, "fit is computed by sql"), ({"Fax": "persona"}, "persona is a trait of a contact"),
    ],
)  # fmt: skip
def test_a_users_mistake_is_named(named: Mapping[str, str], message: str, traits: dict[str, Trait]) -> None:
    with pytest.raises(InputError) as caught:
        map_headers(SALESFORCE_REPORT, traits, named)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("headers", "crm"),
    [
        (SALESFORCE_REPORT, Crm.SALESFORCE), (SALESFORCE_API, Crm.SALESFORCE), (HUBSPOT_LABELS, Crm.HUBSPOT), (HUBSPOT_API, Crm.HUBSPOT),
        (["name", "website", "country"], None), (["Account Name"], None), ([], None), (["", "  "], None),
    ],
)  # fmt: skip
def test_which_system_wrote_the_headers(headers: list[str], crm: Crm | None) -> None:
    assert recognise(headers) is crm


def test_spellings_of_a_header_are_one() -> None:
    assert (
        len(
            {
                header_key(name)
                for name in (
                    "Number of Employees",
                    "NumberOfEmployees",
                    "numberofemployees",
                    "Number_Of_Employees__c",
                )
            }
        )
        == 1
    )
