"""The guard against private addresses."""

from __future__ import annotations

import asyncio
import socket

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from archive.fetch.address import Gate, GuardedResolver, PrivateAddressError, is_odd_number, is_public


@pytest.mark.parametrize(
    "address",
    ["8.8.8.8", "2001:4860:4860::8888", "::ffff:8.8.8.8", "64:ff9b::808:808", "9.9.9.9", "2001:470::5efe:8.8.8.8"],
)
def test_public(address: str) -> None:
    assert is_public(address)
    Gate().check(address)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.255.0.3",
        "0.0.0.0",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "192.0.0.170",
        "192.0.0.192",
        "192.88.99.1",
        "168.63.129.16",
        "100.100.100.200",
        "192.0.2.1",
        "198.18.0.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::127.0.0.1",
        "::ffff:127.0.0.1",
        "::ffff:a00:1",
        "64:ff9b::7f00:1",
        "64:ff9b:1::7f00:1",
        "2002:7f00:1::",
        "2001:0:7f00:1::",
        "2001:db8::1",
        "2001:470::5efe:7f00:1",
        "2001:470::200:5efe:10.0.0.1",
        "::ffff:0:127.0.0.1",
        "3fff::1",
        "4000::1",
        "5f00::1",
        "100::1",
        "fc00::1",
        "fd00:ec2::254",
        "fe80::1",
        "fe80::1%eth0",
        "fec0::1",
        "ff02::1",
    ],
)
def test_not_public(address: str) -> None:
    assert not is_public(address)
    with pytest.raises(PrivateAddressError, match="is not on the public internet"):
        Gate().check(address)
    Gate(everything=True).check(address)


@pytest.mark.parametrize(
    ("host", "odd"),
    [
        ("2130706433", True),
        ("0x7f000001", True),
        ("0x7f.1", True),
        ("127.1", True),
        ("0177.0.0.1", True),
        ("1.2.3.256", True),
        ("127.0.0.1", False),
        ("::1", False),
        ("example.org", False),
        ("1.2.3.4.example", False),
        ("example.0xg", False),
    ],
)
def test_numbers_that_are_no_plain_address(host: str, odd: bool) -> None:
    assert is_odd_number(host) is odd


class Fixed(AbstractResolver):
    """Looks names up in a table."""

    def __init__(self, *addresses: str) -> None:
        self.addresses = addresses

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        return [
            ResolveResult(hostname=host, host=address, port=port, family=socket.AF_INET, proto=0, flags=0)
            for address in self.addresses
        ]

    async def close(self) -> None:
        return None


def test_a_name_keeps_its_public_addresses_alone() -> None:
    found = asyncio.run(GuardedResolver(Fixed("10.0.0.1", "8.8.8.8", "::1"), Gate()).resolve("mixed.example", 80))
    assert [result["host"] for result in found] == ["8.8.8.8"]


def test_a_name_without_a_public_address_is_refused() -> None:
    with pytest.raises(PrivateAddressError, match=r"^inside\.example stands for 10\.0\.0\.1, which is not on"):
        asyncio.run(GuardedResolver(Fixed("10.0.0.1", "::1"), Gate()).resolve("inside.example", 80))
