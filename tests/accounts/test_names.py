from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segue.accounts.company_names import company_key
from segue.accounts.crm_headers import Reads
from segue.accounts.crm_values import special_reader
from segue.accounts.readings import ABSENT, Fault, Reading
from segue.accounts.spelling import spelling_key


@pytest.mark.parametrize(
    "spellings",
    [
        ("Acme", "ACME, Inc.", "Acme Inc", "acme incorporated", "Acme Co., Ltd.", "Acme (Inc.)", "ACME  CORP"),
        ("Müller", "Muller GmbH", "Müller GmbH & Co. KG", "MULLER AG"), ("Foo & Bar", "Foo and Bar Ltd"), ("Société X", "Societe X S.A."),
        ("日本電気", "日本電気 KK"), ("C++ Systems", "c++ systems llc"), ("Co", "CO"), ("A.O. Smith", "AO Smith Corporation"),
    ],
)  # fmt: skip
def test_spellings_of_one_company(spellings: tuple[str, ...]) -> None:
    keys = {company_key(spelling) for spelling in spellings}
    assert len(keys) == 1 and keys != {""}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Acme", "Acme Bank"),
        ("Acme North", "Acme South"),
        ("C", "C++"),
        ("Inc", "Co"),
        ("Mitsui & Co.", "Mitsui Chemicals"),
    ],
)
def test_two_companies(one: str, other: str) -> None:
    assert company_key(one) != company_key(other)


@given(st.text(max_size=40))
def test_a_key_is_its_own_key(name: str) -> None:
    key = spelling_key(name)
    assert spelling_key(key) == key
    assert not set(key) & set(" \t\n_.,;")
    company_key(name)


@pytest.mark.parametrize(
    ("reads", "cell", "found"),
    [
        (Reads.CUSTOMER_TYPE, "Customer - Direct", Reading(True)), (Reads.CUSTOMER_TYPE, "customer", Reading(True)),
        (Reads.CUSTOMER_TYPE, "Customer - Channel", Reading(True)), (Reads.CUSTOMER_TYPE, "Prospect", Reading(False)),
        (Reads.CUSTOMER_TYPE, "Channel Partner / Reseller", Reading(False)), (Reads.CUSTOMER_TYPE, "Former Customer", Reading(False)),
        (Reads.CUSTOMER_TYPE, "Other", ABSENT), (Reads.CUSTOMER_TYPE, "", ABSENT), (Reads.CUSTOMER_TYPE, None, ABSENT),
        (Reads.CUSTOMER_TYPE, "Friend", Reading(fault=Fault.UNKNOWN_SPELLING)), (Reads.CUSTOMER_TYPE, True, Reading(fault=Fault.UNREADABLE)),
        (Reads.CUSTOMER_TYPE, "Customer\x00", Reading(fault=Fault.REFUSED_TEXT)),
        (Reads.LIFECYCLE_STAGE, "customer", Reading(True)), (Reads.LIFECYCLE_STAGE, "Evangelist", Reading(True)),
        (Reads.LIFECYCLE_STAGE, "marketingqualifiedlead", Reading(False)), (Reads.LIFECYCLE_STAGE, "Opportunity", Reading(False)),
        (Reads.LIFECYCLE_STAGE, "other", ABSENT), (Reads.LIFECYCLE_STAGE, "1234567", Reading(fault=Fault.UNKNOWN_SPELLING)),
        (Reads.OPEN_COUNT, "0", Reading(False)), (Reads.OPEN_COUNT, "2", Reading(True)), (Reads.OPEN_COUNT, 1, Reading(True)),
        (Reads.OPEN_COUNT, "", ABSENT), (Reads.OPEN_COUNT, "yes", Reading(True)), (Reads.OPEN_COUNT, "some", Reading(fault=Fault.UNREADABLE)),
        (Reads.OPEN_COUNT, "-1", Reading(fault=Fault.UNREADABLE)),
    ],
)  # fmt: skip
def test_what_a_crms_codes_say(reads: Reads, cell: object, found: Reading) -> None:
    reader = special_reader(reads)
    assert reader is not None
    assert reader.read(cell) == found
    assert reader.expected


def test_a_plain_column_has_no_code() -> None:
    assert special_reader(Reads.VALUE) is None
