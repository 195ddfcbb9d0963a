"""The guard: which network addresses may be asked (against server-side request forgery).

A feed's address comes from a stranger, or from a stranger's redirect. Unless the operator allows it, nothing in a
private network may be reached through one: the host is looked up once, what it stands for is checked, and the
connection goes to exactly the address that was checked, so that a name that changes its mind gains nothing.
"""

from __future__ import annotations

import re
import socket
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

from aiohttp.abc import AbstractResolver, ResolveResult

_NAT64 = IPv6Network("64:ff9b::/96")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*", re.ASCII | re.IGNORECASE)


class PrivateAddressError(OSError):
    """The host stands for no address of the public internet."""

    def __init__(self, host: str, address: str) -> None:
        super().__init__(
            f"{host} is not on the public internet"
            if address == host
            else f"{host} stands for {address}, which is not on the public internet"
        )


class GuardedResolver(AbstractResolver):
    """Looks names up with another resolver, and lets only public addresses through."""

    def __init__(self, inner: AbstractResolver) -> None:
        self._inner = inner

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """The public addresses of a host; raises `PrivateAddressError` if it has others only."""
        found = await self._inner.resolve(host, port, family)
        public = [result for result in found if is_public(result["host"])]
        if found and not public:
            raise PrivateAddressError(host, found[0]["host"])
        return public

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
    if isinstance(ip, IPv6Address):
        wrapped = _wrapped(ip)
        if wrapped is not None:
            return is_public(str(wrapped))
        if ip.is_site_local:
            return False
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


def is_near(host: str) -> bool:
    """Whether a host is this machine or one of its network, so far as its name tells without looking it up."""
    name = host.lower().removesuffix(".")
    return name == "localhost" or name.endswith(".localhost") or (_is_ip(name) and not is_public(name))


def check_literal(host: str) -> None:
    """Raise `PrivateAddressError` if the host is an IP address that is not public; names are for the resolver."""
    if _is_ip(host) and not is_public(host):
        raise PrivateAddressError(host, host)


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


def _wrapped(ip: IPv6Address) -> IPv4Address | None:
    """The IPv4 address that an IPv6 address leads to: IPv4-mapped, 6to4, or NAT64 (RFC 6052)."""
    if ip in _NAT64:
        return IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip.ipv4_mapped or ip.sixtofour
