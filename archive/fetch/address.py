"""The guard: which network addresses may be asked (against server-side request forgery).

A feed's address comes from a stranger, or from a stranger's redirect. Unless the operator opens it, nothing in a
private network may be reached through one: the host is looked up once, what it stands for is checked, and the
connection goes to exactly the address that was checked, so that a name that changes its mind gains nothing.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Iterable
from contextlib import suppress
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

_NAT64 = IPv6Network("64:ff9b::/96")
# All that is given out to the public internet (IANA, IPv6 Global Unicast Address Assignments).
_UNICAST = IPv6Network("2000::/3")
# What some versions of Python take for public: protocol assignments, where clouds keep metadata, too (RFC 6890), relays
# of 6to4 (RFC 7526), documentation (RFC 9637), and Azure's address for the agents on its machines.
_RESERVED_4 = tuple(map(IPv4Network, ("192.0.0.0/24", "192.88.99.0/24", "168.63.129.16/32")))
_RESERVED_6 = (IPv6Network("3fff::/20"),)
# The lower half of an address of ISATAP, before the IPv4 address that it leads to (RFC 5214 section 6.1).
_ISATAP = {0x5EFE, 0x0200_5EFE}
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*", re.ASCII | re.IGNORECASE)
# Names of the own network: nobody on the public internet can say what they stand for (RFC 6761, 6762, 8375, ICANN).
_OWN = (".localhost", ".local", ".internal", ".home.arpa")


class PrivateAddressError(OSError):
    """The host stands for no address of the public internet."""

    def __init__(self, host: str, address: str) -> None:
        self.host = host
        super().__init__(
            f"{host} is not on the public internet"
            if address == host
            else f"{host} stands for {address}, which is not on the public internet"
        )


class Gate:
    """Lets the public internet pass, and what the operator opened: hosts and networks (CIDR), or everything."""

    def __init__(self, opened: Iterable[str] = (), *, everything: bool = False) -> None:
        self.everything = everything
        self._hosts: set[str] = set()
        self._networks: list[IPv4Network | IPv6Network] = []
        for one in opened:
            try:
                self._networks.append(ip_network(one, strict=False))
            except ValueError:
                self._hosts.add(_ascii(one))

    def opens(self, host: str) -> bool:
        """Whether a host may be asked whatever address it stands for."""
        return self.everything or (bool(self._hosts) and _plain(host) in self._hosts)

    def passes(self, address: str) -> bool:
        """Whether that IP address may be asked."""
        if self.everything or is_public(address):
            return True
        ip = _bare(address) if self._networks else None
        return ip is not None and any(ip in network for network in self._networks)

    def check(self, host: str) -> None:
        """Raise `PrivateAddressError` for an IP address that may not be asked; names are for the resolver."""
        if _is_ip(host) and not self.passes(host):
            raise PrivateAddressError(host, host)


class GuardedResolver(AbstractResolver):
    """Looks names up with another resolver, and lets only those addresses through that the gate does."""

    def __init__(self, inner: AbstractResolver, gate: Gate) -> None:
        self._inner = inner
        self._gate = gate

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """The addresses of a host that may be asked; raises `PrivateAddressError` if it has others only."""
        found = await self._inner.resolve(host, port, family)
        if self._gate.opens(host):
            return found
        allowed = [result for result in found if self._gate.passes(result["host"])]
        if found and not allowed:
            raise PrivateAddressError(host, found[0]["host"])
        return allowed

    async def close(self) -> None:
        """Release the inner resolver."""
        await self._inner.close()


def is_public(address: str) -> bool:
    """Whether an IP address belongs to the public internet.

    Not so: loopback, private, link-local (cloud metadata), shared (RFC 6598), multicast, reserved and documentation
    addresses (the IANA special-purpose registries, RFC 6890), and IPv6 addresses that wrap one of these.
    """
    try:
        ip = ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, IPv4Address):
        return _is_public_4(ip)
    wrapped = _wrapped(ip)
    if wrapped is not None:
        return _is_public_4(wrapped)
    return ip in _UNICAST and ip.is_global and not any(ip in network for network in _RESERVED_6)


@lru_cache(maxsize=1024)
def is_near(host: str) -> bool:
    """Whether a host is this machine or one of its network, so far as its name tells without looking it up."""
    name = _plain(host)
    if _is_ip(name):
        return not is_public(name)
    return bool(name) and ("." not in name or name.endswith(_OWN))


def is_odd_number(host: str) -> bool:
    """Whether a host is a number that is no plain IPv4 address, such as 0x7f.1 or 2130706433.

    Systems differ in what they make of these (URL Standard, "ends in a number"); nobody writes them in good faith.
    """
    last = host.removesuffix(".").rpartition(".")[2]
    return bool(_NUMBER.fullmatch(last)) and not _is_ip(host)


def _is_ip(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _bare(address: str) -> IPv4Address | IPv6Address | None:
    """The address itself, an IPv4 address without the IPv6 address that maps it, for that is where it leads."""
    try:
        ip = ip_address(address.partition("%")[0])
    except ValueError:
        return None
    return (ip.ipv4_mapped or ip) if isinstance(ip, IPv6Address) else ip


def _is_public_4(ip: IPv4Address) -> bool:
    if not ip.is_global or ip.is_multicast or ip.is_reserved:
        return False
    return not any(ip in network for network in _RESERVED_4)


def _wrapped(ip: IPv6Address) -> IPv4Address | None:
    """The IPv4 address that an IPv6 address leads to: IPv4-mapped, 6to4, ISATAP, or NAT64 (RFC 6052)."""
    if ip in _NAT64 or (int(ip) >> 32) & 0xFFFFFFFF in _ISATAP:
        return IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip.ipv4_mapped or ip.sixtofour


def _plain(host: str) -> str:
    return host.lower().removesuffix(".")


def _ascii(host: str) -> str:
    """A host as it goes on the wire (IDNA)."""
    with suppress(ValueError):
        host = URL.build(scheme="http", host=host.removesuffix(".")).raw_host or host
    return _plain(host)
