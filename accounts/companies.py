"""Whose network an address is of: a company database in MaxMind's format (MMDB), read from a file.

Cloud, hosting and access providers are nobody's company: their addresses say nothing of who uses them.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import shutil
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import maxminddb

from segue.accounts.data_files import data_lines
from segue.accounts.events import Company
from segue.accounts.links import work_domain
from segue.core.errors import InputError

_log = logging.getLogger(__name__)

FIELDS: Mapping[str, tuple[str, ...]] = {
    "domain": ("company.domain", "company_domain", "domain", "traits.domain"),
    "type": (
        "company.type", "company_type", "type", "user_type", "traits.user_type", "usage_type", "traits.usage_type",
    ),
    "confidence": ("company.confidence", "confidence"),
}  # fmt: skip
"""What is read of a record, and where it stands in the databases there are: the first that is there counts."""
_BUSINESS = frozenset(
    {"business", "company", "commercial", "corporate", "enterprise", "government", "military", "organization"}
)
"""What databases call the network of somebody who has people at work there; any other type is nobody's company."""
_NEVER = (
    "is_hosting_provider", "is_anonymous", "is_anonymous_vpn", "is_public_proxy", "is_residential_proxy",
    "is_tor_exit_node", "hosting", "vpn", "proxy", "tor", "relay", "is_hosting", "is_mobile", "mobile",
)  # fmt: skip
"""Marks of a record, or of its `traits` and `privacy`, that say the same."""
_MOST_KEPT = 65_536
"""Addresses whose company is kept until the file changes."""


class Companies:
    """The companies of addresses. Without a file no address is anybody's."""

    def __init__(self, path: str = "", fields: str = "") -> None:
        self._path = Path(path) if path else None
        self._fields = fields_of(fields)
        self._reader: maxminddb.Reader | None = None
        self._seen: tuple[int, int, int] | None = None
        self._tried: tuple[int, int, int] | None = None
        """What cannot be read is not read again as long as it stays the same."""
        self._kept: dict[str, Company | None] = {}
        self.stale = False
        """Whether the file as it is now cannot be read, so that the last one that could goes on serving."""
        self.broken_records = 0
        """Addresses whose record could not be read."""

    def open(self) -> None:
        """Read the file.

        Raises:
            InputError: there is none, or it is no MMDB.
        """
        if self._path is None:
            return
        try:
            self._read()
        except (OSError, ValueError, maxminddb.InvalidDatabaseError) as error:
            raise InputError(
                f"SEGUE_COMPANY_DATABASE: expected a database in MaxMind's format (.mmdb), found {self._path}:"
                f" {_why(error)}"
            ) from None

    async def refresh(self) -> None:
        """Read the file anew where it changed; one that cannot be read changes nothing, and is told once."""
        if self._path is None:
            return
        try:
            found = _version(self._path)
            if found not in (self._seen, self._tried):
                self._tried = found
                await asyncio.to_thread(self._read)
            self.stale = found != self._seen
        except (OSError, ValueError, maxminddb.InvalidDatabaseError) as error:
            if not self.stale:
                _log.warning("SEGUE_COMPANY_DATABASE cannot be read, the last one goes on: %s", _why(error))
            self.stale = True

    def find(self, address: str | None) -> Company | None:
        """Return whose network a public address is of; None for one of nobody's, or what is no address."""
        reader = self._reader
        if reader is None or not address or len(address) > 60:
            return None
        text = address.strip()
        if text in self._kept:
            return self._kept[text]
        found = self._find(reader, text)
        if len(self._kept) >= _MOST_KEPT:
            self._kept.clear()
        self._kept[text] = found
        return found

    def close(self) -> None:
        """Let go of the file."""
        if self._reader is not None:
            self._reader.close()
            self._reader = None

    def _find(self, reader: maxminddb.Reader, text: str) -> Company | None:
        try:
            address = ipaddress.ip_address(text)
            if isinstance(address, ipaddress.IPv6Address):
                address = address.ipv4_mapped or address.sixtofour or address
            if not address.is_global or address.is_multicast:
                return None
            record = reader.get(address)
        except maxminddb.InvalidDatabaseError:
            self.broken_records += 1
            return None
        except ValueError:  # no address, or one of IPv6 in a database of IPv4
            return None
        return company_of(record, self._fields)

    def _read(self) -> None:
        """Read a copy of the file: what is written over under a reader takes its process along."""
        assert self._path is not None
        seen = _version(self._path)
        with tempfile.TemporaryDirectory(prefix="segue-companies-") as folder:
            copy = Path(folder) / "companies.mmdb"
            shutil.copyfile(self._path, copy)
            reader = maxminddb.open_database(copy)
            reader.get("192.0.2.1" if reader.metadata().ip_version == 4 else "2001:db8::1")
        # the one before is let go of by whoever still reads it
        self._reader, self._kept, self._seen = reader, {}, seen


def company_of(record: Any, fields: Mapping[str, tuple[str, ...]] = FIELDS) -> Company | None:
    """Return the company that a record of a database names, or None where it is nobody's network of their own."""
    if not isinstance(record, Mapping):
        return None
    for part in (record, record.get("traits"), record.get("privacy")):
        if isinstance(part, Mapping) and any(part.get(name) in (True, "true", 1) for name in _NEVER):
            return None
    kind = _first(record, fields["type"])
    if isinstance(kind, str) and kind.strip() and kind.strip().lower() not in _BUSINESS:
        return None
    named = _first(record, fields["domain"])
    domain = work_domain(named) if isinstance(named, str) else None
    if domain is None or domain in _providers():
        return None
    isp, organization = (
        _first(record, ("isp", "traits.isp")),
        _first(record, ("organization", "traits.organization")),
    )
    if kind is None and isp is not None and isp == organization:
        return None  # the provider's own name: the address is one of those that it hands out
    return Company(domain, _share(_first(record, fields["confidence"])))


def fields_of(text: str) -> Mapping[str, tuple[str, ...]]:
    """Return where in a record things stand: `domain=company.website type=usage` over what is usual.

    Raises:
        InputError: it says something else.
    """
    found = dict(FIELDS)
    for each in text.replace(",", " ").split():
        name, mark, place = each.partition("=")
        if name not in FIELDS or not mark or not place.strip("."):
            raise InputError(
                f"SEGUE_COMPANY_FIELDS: expected parts such as domain=company.domain, of {', '.join(FIELDS)};"
                f" found {each[:80]!r}"
            )
        found[name] = (place,)
    return found


def _first(record: Mapping[str, Any], places: tuple[str, ...]) -> Any:
    for place in places:
        value: Any = record
        for part in place.split("."):
            value = value.get(part) if isinstance(value, Mapping) else None
        if value is not None:
            return value
    return None


def _share(value: Any) -> float:
    """Return a confidence as a share: databases say 0 to 1, 1 to 100, or a word; nothing said is certain."""
    if isinstance(value, str):
        words = {"very high": 1.0, "high": 1.0, "medium": 0.6, "low": 0.3, "very low": 0.1}
        return words.get(value.strip().lower().replace("_", " "), 0.3)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return 1.0
    return min(max(value / 100 if value > 1 else float(value), 0.0), 1.0)


def _version(path: Path) -> tuple[int, int, int]:
    found = path.stat()
    return found.st_ino, found.st_size, found.st_mtime_ns


def _why(error: Exception) -> str:
    if isinstance(error, OSError):
        return error.strerror or type(error).__name__
    return "its content is none"


@cache
def _providers() -> frozenset[str]:
    return frozenset(line.split()[0] for line in data_lines("providers.txt"))
