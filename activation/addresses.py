"""Where requests may be sent: to public addresses, and to the private ones that the operator names."""

from __future__ import annotations

import asyncio
import socket
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from segue.activation.connectors.connector import RefusedError, TryAgainError

Address = IPv4Address | IPv6Address

_EMBEDS_V4 = (ip_network("64:ff9b::/96"), ip_network("::/96"))
"""Networks whose addresses end in one of IPv4, to which they lead."""


@dataclass(frozen=True, slots=True)
class PrivateTargets:
    """The private hosts and networks that may be reached all the same."""

    hosts: frozenset[str] = frozenset()
    networks: tuple[IPv4Network | IPv6Network, ...] = ()

    @classmethod
    def read(cls, text: str) -> PrivateTargets:
        """Read names, addresses and networks, separated by spaces or commas."""
        hosts, networks = set(), []
        for each in text.replace(",", " ").split():
            try:
                networks.append(ip_network(each, strict=False))
            except ValueError:
                hosts.add(each.lower())
        return cls(frozenset(hosts), tuple(networks))

    def name(self, host: str, address: Address) -> bool:
        """Return True when they name the host, or a network that the address is of."""
        return host.lower() in self.hosts or any(address in network for network in self.networks)


def is_public(address: Address) -> bool:
    """Return True for an address of the internet, however it is written; no other may be reached unasked."""
    if isinstance(address, IPv6Address):
        inside = address.ipv4_mapped or address.sixtofour
        if inside is None and address.teredo is not None:
            inside = address.teredo[1]
        if inside is None and any(address in network for network in _EMBEDS_V4):
            inside = IPv4Address(int(address) & 0xFFFFFFFF)
        if inside is not None:
            return is_public(inside)
        if address.is_site_local:
            return False
    return address.is_global and not address.is_multicast and not address.is_reserved


async def checked_addresses(host: str, port: int, private: PrivateTargets) -> list[str]:
    """Resolve a host and return the addresses to connect to, each of them checked, in the order to try them.

    Raises:
        RefusedError: it is, or one of its addresses is, private, loopback, link-local, the metadata
            service of a cloud or anything else that is not public, and nobody named it.
        TryAgainError: the name does not resolve now.
    """
    addresses = await _addresses(host, port)
    for address in addresses:
        if not is_public(address) and not private.name(host, address):
            raise RefusedError(
                f"{host} is at {address}, which is not public; SEGUE_ALLOW_PRIVATE_TARGETS names what may be"
            )
    return [str(each) for each in addresses]


async def _addresses(host: str, port: int) -> list[Address]:
    try:
        return [ip_address(host)]
    except ValueError:
        pass
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise TryAgainError(f"{host} does not resolve: {error.strerror or error}") from None
    addresses = list(dict.fromkeys(ip_address(str(each[4][0]).partition("%")[0]) for each in found))
    if not addresses:
        raise TryAgainError(f"{host} does not resolve")
    return addresses
