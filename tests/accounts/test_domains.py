from __future__ import annotations

import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segue.accounts.data_files import data_lines
from segue.accounts.domains import DomainReading, read_domain
from segue.accounts.readings import Fault


@pytest.mark.parametrize(
    ("text", "domain"),
    [
        ("acme.com", "acme.com"), ("ACME.com", "acme.com"), ("  acme.com. ", "acme.com"), ("www.acme.com", "acme.com"),
        ("HTTPS://www.Acme.co.uk:8080/path?x=1#y", "acme.co.uk"), ("http:/acme.com", "acme.com"), ("http//acme.com", "acme.com"),
        ("//acme.com/x", "acme.com"), ("acme.com?utm=1", "acme.com"), ("http://user:pw@acme.com/x", "acme.com"),
        ("ftp://files.acme.de/a", "acme.de"), ("shop.eu.acme.com.br", "acme.com.br"), ("my_site.acme.com", "acme.com"),
        ("müller.de", "xn--mller-kva.de"), ("xn--mller-kva.de", "xn--mller-kva.de"), ("MÜLLER.DE", "xn--mller-kva.de"),
        ("straße.de", "xn--strae-oqa.de"), ("пример.рф", "xn--e1afmkfd.xn--p1ai"), ("acme。com", "acme.com"),
        ("acme.example", "acme.example"), ("www.acme.test", "acme.test"), ("acme.uk.com", "acme.uk.com"),
        ("www.acme.com, https://acme.com", "acme.com"), ("www.agc.com /english /index.html", "agc.com"),
        ("www.boy.co.jp (en)", "boy.co.jp"), ("acme.com\u200b", "acme.com"),
        ("https://www.linkedin.com", "linkedin.com"), ("google.com", "google.com"), ("wordpress.com", "wordpress.com"),
        ("github.io", "github.io"), ("verizon.com", "verizon.com"), ("bt.com", "bt.com"), ("att.com", "att.com"),
        ("angi.com", "angi.com"), ("comcast.com", "comcast.com"),
    ],
)  # fmt: skip
def test_a_companys_domain(text: str, domain: str) -> None:
    assert read_domain(text) == DomainReading(domain)


@pytest.mark.parametrize(
    ("text", "domain"),
    [("info@acme.com", "acme.com"), ("mailto:info@acme.de", "acme.de"), ("Jo@Mail.Acme.CO.UK", "acme.co.uk")],
)
def test_an_address_names_its_domain(text: str, domain: str) -> None:
    assert read_domain(text) == DomainReading(domain, mail=True)


@pytest.mark.parametrize("text", ["", " ", "-", "N/A", "n/a", "none", "unknown", "TBD", "?"])
def test_nothing_is_said(text: str) -> None:
    assert read_domain(text) == DomainReading()


@pytest.mark.parametrize(
    "text",
    ["acme", "Acme Inc.", "Official website", "localhost", "co.uk", "acme.local", "192.168.0.1", "10.0.0.1:80", "http://[::1]/",
     "2001:db8::1", "-acme.com", "acme-.com", "xn--a-.com", "a" * 64 + ".com", "@acme.com", "acme..com",
     "adva.com at the Wayback Machine", "1.2", "http://", "acme.c om", ".com"],
)  # fmt: skip
def test_what_is_no_domain(text: str) -> None:
    assert read_domain(text).fault is Fault.NOT_A_DOMAIN
    assert read_domain(text).domain is None


@pytest.mark.parametrize("text", ["acme.com\x00", "\ud800.com", "a" * 20_000])
def test_text_that_nothing_stores_is_refused(text: str) -> None:
    assert read_domain(text) == DomainReading(fault=Fault.REFUSED_TEXT)


def test_two_domains_are_not_one() -> None:
    found = read_domain("www.tesco.com www.tescoplc.com")
    assert found == DomainReading(fault=Fault.SEVERAL, detail="tesco.com, tescoplc.com")


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("linkedin.com/company/acme", "linkedin.com"), ("https://de.linkedin.com/company/acme", "linkedin.com"),
        ("facebook.com/acme", "facebook.com"), ("acme.github.io", "github.io"), ("acme.wordpress.com", "wordpress.com"),
        ("acme.myshopify.com", "myshopify.com"), ("https://sites.google.com/view/acme", "google.com"),
        ("medium.com/@acme", "medium.com"), ("acme.medium.com", "medium.com"), ("bit.ly/3x", "bit.ly"),
    ],
)  # fmt: skip
def test_a_page_on_a_platform_is_not_the_companys_domain(text: str, host: str) -> None:
    assert read_domain(text) == DomainReading(fault=Fault.PLATFORM, detail=host)


@pytest.mark.parametrize(
    ("text", "fault", "host", "mail"),
    [
        ("gmail.com", Fault.FREE_MAIL, "gmail.com", False), ("jo@gmail.com", Fault.FREE_MAIL, "gmail.com", True),
        ("https://www.gmx.de/", Fault.FREE_MAIL, "gmx.de", False), ("jo@vip.qq.com", Fault.FREE_MAIL, "qq.com", True),
        ("yahoo.co.uk", Fault.FREE_MAIL, "yahoo.co.uk", False), ("att.net", Fault.FREE_MAIL, "att.net", False),
        ("mailinator.com", Fault.DISPOSABLE, "mailinator.com", False), ("x@yopmail.com", Fault.DISPOSABLE, "yopmail.com", True),
    ],
)  # fmt: skip
def test_mail_services_are_nobodys_domain(text: str, fault: Fault, host: str, mail: bool) -> None:
    assert read_domain(text) == DomainReading(None, fault, host, mail)


def test_every_listed_mail_domain_is_found_and_every_exception_is_not() -> None:
    companies = {line.split()[0] for line in data_lines("companies.txt")}
    anonymous = (Fault.FREE_MAIL, Fault.DISPOSABLE, Fault.PLATFORM, Fault.NOT_A_DOMAIN)
    for name in ("free_mail.txt", "disposable_mail.txt"):
        listed = [f"{before}.{line.split()[0]}" for line in data_lines(name) for before in line.split()[1:]]
        assert len(listed) > 4_000
        for domain in listed[:: max(1, len(listed) // 2_000)]:
            if domain not in companies:
                assert read_domain(f"x@{domain}").fault in anonymous, domain
    for domain in companies:
        assert read_domain(domain).domain == domain


def test_no_network_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    assert read_domain("https://never-seen-before.acme.co.uk").domain == "acme.co.uk"


_LABEL = st.from_regex(r"[a-z][a-z0-9]{4,20}q", fullmatch=True)


@given(
    _LABEL,
    st.sampled_from(["com", "co.uk", "de", "com.br", "example"]),
    st.sampled_from(["", "www.", "shop.", "a.b."]),
)
def test_whatever_surrounds_it_the_domain_is_the_same(name: str, suffix: str, before: str) -> None:
    domain = f"{name}.{suffix}"
    for text in (
        f"{before}{domain}",
        f"https://{before}{domain}:443/a/b?c=d",
        f"{before}{domain}/",
        f"{before}{domain}.".upper(),
    ):
        assert read_domain(text).domain == domain
    assert read_domain(f"jo@{before}{domain}") == DomainReading(domain, mail=True)


@given(st.text(max_size=80))
def test_never_raises(text: str) -> None:
    found = read_domain(text)
    assert found.domain is None or (found.fault is None and found.domain.isascii() and "." in found.domain)


@given(st.text("abc.:/@?#[]()-_ ,;öxn%\\0123", max_size=40))
def test_never_raises_on_what_looks_like_domains(text: str) -> None:
    found = read_domain(text)
    assert found.domain is None or read_domain(found.domain).domain == found.domain
