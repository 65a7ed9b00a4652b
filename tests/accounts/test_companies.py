"""Whose network an address is of: what counts as a company's, and a file that changes or breaks."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import Any

import pytest

from segue.accounts.companies import Companies, company_of, fields_of
from segue.accounts.events import Company
from segue.core.errors import InputError
from tests.accounts.company_files import ACCESS, ACME, BETA, CLOUD, COMPANIES, write_companies


@pytest.fixture
def companies(tmp_path: Path) -> Companies:
    """A database that is open."""
    found = Companies(str(write_companies(tmp_path / "companies.mmdb")))
    found.open()
    return found


def test_an_address_of_a_company(companies: Companies) -> None:
    assert companies.find(ACME) == companies.find(f"::ffff:{ACME}") == Company("acme.com", 1.0)
    assert companies.find(f" {BETA} ") == Company("beta.com", 1.0)
    for nobody in (
        CLOUD,
        ACCESS,
        "4.4.4.4",
        "2606:4700::1111",
        None,
        "",
        "not one",
        "8.8.4.7:443",
        "x" * 5_000,
    ):
        assert companies.find(nobody) is None


def test_private_and_reserved_addresses_are_never_looked_up(tmp_path: Path) -> None:
    record = COMPANIES["8.8.4.0/24"]
    reserved = [
        "10.0.0.0/8",
        "192.168.0.0/16",
        "127.0.0.0/8",
        "100.64.0.0/10",
        "169.254.0.0/16",
        "224.0.0.0/4",
    ]
    found = Companies(str(write_companies(tmp_path / "c.mmdb", dict.fromkeys(reserved, record))))
    found.open()
    for address in ("10.1.2.3", "192.168.1.1", "127.0.0.1", "100.64.0.1", "169.254.1.1", "224.0.0.1", "::1",
                    "fe80::1", "::ffff:10.0.0.1", "2002:0a00:0001::1"):  # fmt: skip
        assert found.find(address) is None


@pytest.mark.parametrize(
    ("record", "company"),
    [
        ({"traits": {"domain": "acme.com", "user_type": "business"}}, Company("acme.com", 1.0)),
        ({"traits": {"domain": "acme.com", "user_type": "cellular"}}, None),
        ({"traits": {"domain": "acme.com", "user_type": "content_delivery_network"}}, None),
        ({"domain": "acme.com", "type": "anything new"}, None),
        ({"domain": "acme.com", "type": "business", "privacy": {"vpn": True}}, None),
        ({"domain": "acme.com", "traits": {"is_hosting_provider": True}}, None),
        ({"domain": "acme.com"}, Company("acme.com", 1.0)),
        ({"domain": "acme.com", "isp": "Acme Telecom", "organization": "Acme Telecom"}, None),
        ({"domain": "acme.com", "isp": "Telecom", "organization": "Acme"}, Company("acme.com", 1.0)),
        ({"domain": "amazonaws.com", "type": "business"}, None),
        ({"domain": "att.com"}, None),
        ({"domain": "comcast.net"}, None),
        ({"domain": "mit.edu", "type": "business"}, None),
        ({"domain": "linkedin.com/company/acme"}, None),
        ({"domain": "", "company": {"domain": None}}, None),
        ({"domain": 7}, None),
        ({"domain": "acme.com", "confidence": 80}, Company("acme.com", 0.8)),
        ({"domain": "acme.com", "confidence": "low"}, Company("acme.com", 0.3)),
        ({"domain": "acme.com", "confidence": -4}, Company("acme.com", 0.0)),
        (["acme.com"], None),
        (None, None),
    ],
)
def test_records_of_databases_there_are(record: Any, company: Company | None) -> None:
    assert company_of(record) == company


def test_fields_can_be_named() -> None:
    fields = fields_of("domain=org.site, type=usage")
    assert company_of({"org": {"site": "acme.com"}, "usage": "business"}, fields) == Company("acme.com", 1.0)
    assert company_of({"domain": "acme.com"}, fields) is None
    with pytest.raises(InputError, match="SEGUE_COMPANY_FIELDS: expected parts such as"):
        fields_of("name")


@pytest.mark.parametrize("content", [None, b"", b"no database", b"\xab\xcd\xefMaxMind.com\xff"])
def test_a_file_that_is_none_is_one_clear_error(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "companies.mmdb"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(
        InputError, match=r"SEGUE_COMPANY_DATABASE: expected a database .* found .*companies\.mmdb"
    ):
        Companies(str(path)).open()


def test_a_file_that_changes_is_read_anew_and_a_broken_one_is_not(
    companies: Companies, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "companies.mmdb"

    def refreshed() -> None:
        asyncio.run(companies.refresh())

    assert companies.find(ACME) == Company("acme.com")
    write_companies(path, {"8.8.4.0/24": {"domain": "gamma.com", "type": "business"}})
    refreshed()
    assert companies.find(ACME) == Company("gamma.com") and not companies.stale
    whole = path.read_bytes()
    for broken in (whole[: len(whole) // 2], b"", None):
        if broken is None:
            path.unlink()
        else:
            path.write_bytes(broken)  # in its place, under the reader
        with caplog.at_level(logging.WARNING):
            refreshed()
            refreshed()
        assert companies.stale and companies.find(ACME) == Company("gamma.com")
    assert len(caplog.records) == 1, "told once"
    write_companies(path)
    refreshed()
    assert companies.find(ACME) == Company("acme.com") and not companies.stale


def test_without_a_file_no_address_is_anybody_s() -> None:
    none = Companies()
    none.open()
    asyncio.run(none.refresh())
    assert none.find(ACME) is None and not none.stale
