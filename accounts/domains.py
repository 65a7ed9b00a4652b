"""A website, an e-mail address or a domain as text -> the registrable domain that identifies a company.

Nothing is asked of a network: suffixes come from the Public Suffix List that tldextract carries.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING, NamedTuple

import idna

from segue.accounts.data_files import data_lines
from segue.accounts.readings import Fault
from segue.accounts.spelling import words
from segue.accounts.texts import clean_text, is_absent

if TYPE_CHECKING:
    import tldextract

DOMAIN_EXPECTED = "a company's own domain, such as acme.com"

_SCHEME = re.compile(r"^\s*(?:[a-z][a-z0-9+.-]*:/+|(?:https?|ftp)\s*[:;]?\s*/+|//|mailto:)\s*", re.I)
_SIMPLE = re.compile(
    r"(?:https?://)?(?:www\.)?(?P<host>[a-z0-9-]{1,63}\.[a-z]{2,24})(?:/(?P<path>[!-+.-:<-?A-{}~-]*))?",
    re.I | re.ASCII,
)
"""The common case of a text: a host of two labels, perhaps with a path that parts nothing."""
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_ASIDE = re.compile(r"\([^()]*\)|\[[^\[\]:]*\]")
_PORT = re.compile(r":\d{0,5}$")
_SPLIT = re.compile(r"[,;|\s]+")
_PATH = re.compile(r"[?#\\]")
_RESERVED = ("example", "test")
"""Top-level domains that RFC 2606 keeps for documentation and tests: sample files are full of them."""

_SHARED_REGISTRIES = words(
    """ae.org biz.at br.com cn.com co.ca co.com co.nl co.no com.de com.se de.com eu.com eu.org gb.net gr.com
    hu.net in.net info.at jp.net jpn.com mex.com priv.at ru.com sa.com se.net uk.com uk.net us.com us.org
    za.bz za.com"""
)
"""Private suffixes that sell names as a registry does: acme.uk.com is Acme's own."""


class DomainReading(NamedTuple):
    """What a text says about a company's domain. Without domain and fault, it says nothing.

    The domain is registrable, in lower case, internationalised names in their ASCII form. `mail` tells
    that the text is an e-mail address. With FREE_MAIL, DISPOSABLE or PLATFORM, `detail` names the host.
    """

    domain: str | None = None
    fault: Fault | None = None
    detail: str | None = None
    mail: bool = False


@lru_cache(maxsize=65_536)
def read_domain(text: str) -> DomainReading:
    """Return the registrable domain that a text names, or why it names none.

    Read are bare domains, URLs with ports, paths and user names, and e-mail addresses; several are
    fine when they agree, and what stands in brackets is an aside. A page on a platform
    (linkedin.com/company/acme, acme.github.io) is not its company's domain. Free and disposable mail
    domains identify nobody; `data/companies.txt` lists companies that such lists dispute. Never raises.
    """
    simple = _SIMPLE.fullmatch(text)
    if simple is not None and _is_plain(host := simple["host"].lower()):
        return _judged(host, host, simple["path"] or "", mail=False)
    cleaned = clean_text(text)
    if cleaned is None:
        return DomainReading(fault=Fault.REFUSED_TEXT)
    if is_absent(cleaned):
        return DomainReading()
    plain = _SCHEME.sub("", cleaned)
    if _SPLIT.search(plain) is None:
        return _one(plain)
    parts = [part for part in _SPLIT.split(_ASIDE.sub(" ", plain)) if part and not part.startswith("/")]
    readings = list(dict.fromkeys(_one(_SCHEME.sub("", part)) for part in parts))
    if len(readings) < 2:
        return readings[0] if readings else DomainReading(fault=Fault.NOT_A_DOMAIN)
    if any(reading.fault is Fault.NOT_A_DOMAIN for reading in readings):
        return DomainReading(fault=Fault.NOT_A_DOMAIN)
    found = dict.fromkeys(reading.domain for reading in readings if reading.domain)
    if len(found) == 1:
        return next(reading for reading in readings if reading.domain)
    return DomainReading(fault=Fault.SEVERAL, detail=", ".join(found)) if found else readings[0]


def _one(part: str) -> DomainReading:
    host, _, path = _PATH.sub("/", part, count=1).partition("/")
    user, at, host = host.rpartition("@")
    if at and not user:
        return DomainReading(fault=Fault.NOT_A_DOMAIN)
    ascii_host = _ascii(_PORT.sub("", host).strip("."))
    if ascii_host is None:
        return DomainReading(fault=Fault.NOT_A_DOMAIN)
    bare = ascii_host.removeprefix("www.") if ascii_host.count(".") > 1 else ascii_host
    if bare.count(".") == 1 and _is_plain(bare):
        return _judged(bare, bare, path, mail=bool(at) and not path)
    found = _extract(bare)
    name, mail = f"{found.domain}.{found.suffix}", bool(at) and not path
    if not found.suffix or not _LABEL.fullmatch(found.domain):
        return _suffix_itself(bare, found, mail=mail)
    if found.is_private and found.suffix not in _SHARED_REGISTRIES:
        return DomainReading(fault=Fault.PLATFORM, detail=found.suffix)
    return _judged(bare, name, path, mail=mail)


def _judged(host: str, name: str, path: str, *, mail: bool) -> DomainReading:
    """A registrable name, unless it is a platform's page or a mail service's."""
    if _is_page(host, name, path.strip("/")):
        return DomainReading(fault=Fault.PLATFORM, detail=name)
    fault = mail_fault(host, name)
    return DomainReading(None, fault, name, mail) if fault else DomainReading(name, mail=mail)


def _is_plain(host: str) -> bool:
    """True for acme.com: the list need not be walked for a name right under a suffix of one label."""
    name, _, suffix = host.partition(".")
    suffixes = _suffixes()
    return (
        suffix in suffixes
        and host not in suffixes
        and f"*.{suffix}" not in suffixes
        and bool(_LABEL.fullmatch(name))
    )


def _suffix_itself(bare: str, found: tldextract.tldextract.ExtractResult, *, mail: bool) -> DomainReading:
    """A private suffix without anything before it is the site of the company that runs it."""
    if not found.is_private or found.domain:
        return DomainReading(fault=Fault.NOT_A_DOMAIN)
    if bare.count(".") > 1:
        return DomainReading(fault=Fault.PLATFORM, detail=bare)
    return _judged(bare, bare, "", mail=mail)


def mail_fault(host: str, registrable: str) -> Fault | None:
    """Return FREE_MAIL or DISPOSABLE when a host belongs to such a mail service, else None."""
    if registrable in _companies():
        return None
    free, disposable = _mail_domains("free_mail.txt"), _mail_domains("disposable_mail.txt")
    while True:
        if host in free:
            return Fault.FREE_MAIL
        if host in disposable:
            return Fault.DISPOSABLE
        if host == registrable or "." not in host:
            return None
        host = host.partition(".")[2]


def _ascii(host: str) -> str | None:
    """The host in lower case ASCII, or None for an address, a single word or what IDNA refuses."""
    host = host.lower()
    if not host.isascii() or "xn--" in host:
        try:
            host = idna.encode(host, uts46=True).decode("ascii")
            idna.decode(host)
        except (idna.IDNAError, UnicodeError):
            return None
    address = ":" in host or host.rpartition(".")[2].isdigit()
    return None if address or "." not in host or len(host) > 253 or ".." in host else host


def _is_page(host: str, name: str, path: str) -> bool:
    by_path, by_host = _platforms()
    return (path != "" and name in by_path) or (host != name and (name in by_host or host in by_host))


@cache
def _platforms() -> tuple[frozenset[str], frozenset[str]]:
    found: dict[str, set[str]] = {"path": set(), "host": set()}
    for line in data_lines("platforms.txt"):
        kind, *hosts = line.split()
        found[kind].update(hosts)
    return frozenset(found["path"]), frozenset(found["host"])


@cache
def _mail_domains(name: str) -> frozenset[str]:
    found: set[str] = set()
    for line in data_lines(name):
        suffix, *names = line.split()
        found.update(f"{before}.{suffix}" for before in names)
    return frozenset(found)


@cache
def _companies() -> frozenset[str]:
    return frozenset(line.split()[0] for line in data_lines("companies.txt"))


@cache
def _extractor() -> tldextract.TLDExtract:
    import tldextract  # brings an HTTP client along, which an account's id has no use for

    return tldextract.TLDExtract(
        cache_dir=None, suffix_list_urls=(), extra_suffixes=_RESERVED, include_psl_private_domains=True
    )


@cache
def _suffixes() -> frozenset[str]:
    return frozenset(_extractor().tlds)


def _extract(host: str) -> tldextract.tldextract.ExtractResult:
    return _extractor().extract_str(host)
