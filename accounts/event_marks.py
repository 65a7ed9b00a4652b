"""Events that are no sign of interest: those of crawlers, and those of one's own people."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from segue.accounts.domains import read_domain
from segue.accounts.events import Mark
from segue.core.errors import InputError

_Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class InternalTraffic:
    """The domains and networks of one's own people."""

    domains: frozenset[str] = frozenset()
    networks: tuple[_Network, ...] = ()

    @classmethod
    def of(cls, domains: str, addresses: str) -> InternalTraffic:
        """Read two lists parted by commas or spaces.

        Raises:
            InputError: something in them is no domain, no address and no network.
        """
        networks: list[_Network] = []
        for text in _items(addresses):
            try:
                networks.append(ipaddress.ip_network(text, strict=False))
            except ValueError:
                raise InputError(
                    f"expected an address or a network such as 192.0.2.0/24, found {text!r}"
                ) from None
        for text in _items(domains):
            if "." not in text:
                raise InputError(f"expected a domain such as example.com, found {text!r}")
        return cls(frozenset(each.lower() for each in _items(domains)), tuple(networks))

    def has_domain(self, text: str | None) -> bool:
        """Return True for a host, a mail address or a domain of one's own."""
        if not self.domains or not text:
            return False
        host = text.rpartition("@")[2].strip().lower()
        return host in self.domains or read_domain(host).domain in self.domains

    def has_address(self, text: str | None) -> bool:
        """Return True for an address of one's own; a text that is none is not."""
        if not self.networks or not text:
            return False
        try:
            address = ipaddress.ip_address(text.strip())
        except ValueError:
            return False
        return any(address in network for network in self.networks)


@lru_cache(maxsize=65_536)
def is_bot(user_agent: str) -> bool:
    """Return True for the user agent of a known crawler."""
    return _crawlers().search(user_agent) is not None


def mark_of(
    internal: InternalTraffic, user_agent: str | None, address: str | None, names: Sequence[str | None]
) -> Mark | None:
    """Return why an event moves no label: of a user agent, an address, and what it calls the person or company."""
    if user_agent and is_bot(user_agent[:1_000]):
        return Mark.BOT
    if internal.networks and internal.has_address(address):
        return Mark.INTERNAL
    if internal.domains and any(map(internal.has_domain, names)):
        return Mark.INTERNAL
    return None


@cache
def _crawlers() -> re.Pattern[str]:
    from crawleruseragents import CRAWLER_USER_AGENTS_DATA  # read from a file as it is imported

    return re.compile("|".join(f"(?:{each['pattern']})" for each in CRAWLER_USER_AGENTS_DATA))


def _items(text: str) -> list[str]:
    return [each for each in re.split(r"[,\s]+", text) if each]
