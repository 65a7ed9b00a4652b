from __future__ import annotations

import asyncio
import socket
from ipaddress import ip_address
from typing import Any

import pytest

from segue.activation.addresses import PrivateTargets, checked_addresses, is_public
from segue.activation.connectors.connector import RefusedError, TryAgainError

PRIVATE = [
    "127.0.0.1", "127.1.2.3", "10.0.0.1", "172.16.5.4", "192.168.1.1", "169.254.169.254", "100.100.100.200", "0.0.0.0",
    "192.0.2.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255",
    "::", "::1", "fe80::1", "fc00::1", "fd00:ec2::254", "fec0::1", "ff02::1", "2001:db8::1",
    "::ffff:127.0.0.1", "::ffff:169.254.169.254", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "::7f00:1",
    "2001:0:0:0:0:0:80ff:fffe",
]  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
def test_no_address_that_is_not_of_the_internet_is_public(address: str) -> None:
    assert not is_public(ip_address(address))
    with pytest.raises(RefusedError, match="which is not public"):
        asyncio.run(checked_addresses(address, 443, PrivateTargets()))


@pytest.mark.parametrize(
    "address", ["93.184.215.14", "2606:4700::1111", "::ffff:93.184.215.14", "64:ff9b::5db8:d70e"]
)
def test_an_address_of_the_internet_is(address: str) -> None:
    assert is_public(ip_address(address))
    assert asyncio.run(checked_addresses(address, 443, PrivateTargets())) == [str(ip_address(address))]


@pytest.mark.parametrize(
    ("named", "host", "may"),
    [
        ("127.0.0.1", "127.0.0.1", True), ("127.0.0.0/8, other", "127.9.9.9", True), ("LOCALHOST", "localhost", True),
        ("127.0.0.2", "127.0.0.1", False), ("local", "localhost", False), ("10.0.0.0/8", "127.0.0.1", False),
    ],
)  # fmt: skip
def test_what_the_operator_names_may_be_reached(named: str, host: str, may: bool) -> None:
    private = PrivateTargets.read(named)
    if may:
        assert all(ip_address(each).is_loopback for each in asyncio.run(checked_addresses(host, 80, private)))
    else:
        with pytest.raises(RefusedError):
            asyncio.run(checked_addresses(host, 80, private))


def test_one_private_address_among_several_refuses_the_host(monkeypatch: pytest.MonkeyPatch) -> None:
    async def found(loop: Any, *_: Any, **__: Any) -> list[Any]:
        return [(0, 0, 0, "", (each, 443)) for each in ("93.184.215.14", "10.0.0.1")]

    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", found)
    with pytest.raises(RefusedError, match=r"hooks\.example is at 10\.0\.0\.1"):
        asyncio.run(checked_addresses("hooks.example", 443, PrivateTargets()))


def test_a_name_that_does_not_resolve_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    async def found(loop: Any, *_: Any, **__: Any) -> list[Any]:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", found)
    with pytest.raises(TryAgainError, match="hooks\\.example does not resolve"):
        asyncio.run(checked_addresses("hooks.example", 443, PrivateTargets()))
