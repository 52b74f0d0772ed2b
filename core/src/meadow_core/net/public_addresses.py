"""Which addresses a URL that somebody gave us may lead to: public ones, and the networks that are allowed by name.

Whoever may name a URL that we then open could otherwise read or change what only this machine can reach: metadata
services, stores without a password, administration pages.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

import httpx

from meadow_core.net.errors import HostUnknownError, UrlRefusedError

RESOLVE_SECONDS = 5.0
MAX_URL_CHARACTERS = 2048

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
Resolver = Callable[[str, int], Awaitable[Sequence[str]]]
"""Host and port -> addresses, as text."""

_IPV6_UNICAST = IPv6Network("2000::/3")
"""All that is assigned for global use; mapped, translated (NAT64) and local addresses lie outside it."""

_SPECIAL = (
    # Relays and protocol assignments that `ipaddress` takes for ordinary addresses, or did in some Python versions.
    IPv4Network("192.0.0.0/24"),
    IPv4Network("192.88.99.0/24"),
    # Teredo and other protocol assignments, documentation, and 6to4, which carries any IPv4 address.
    IPv6Network("2001::/23"),
    IPv6Network("2001:db8::/32"),
    IPv6Network("2002::/16"),
    IPv6Network("3fff::/20"),
)


async def resolve_by_system(host: str, port: int) -> list[str]:
    """Ask the system's resolver."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class PublicAddresses:
    """Checks URLs and the addresses behind them."""

    def __init__(self, allowed: Sequence[Network] = (), *, resolver: Resolver = resolve_by_system) -> None:
        self._allowed = tuple(allowed)
        self._resolver = resolver

    async def resolve(self, url: httpx.URL) -> list[Address]:
        """Return the addresses that the URL leads to, all of them allowed.

        They are to be connected to as they are: the same name may resolve to something else the next time.

        Raises:
            UrlRefusedError: Not a URL that we open, a host without address, or one with an address that is not allowed.
        """
        check_form(url)
        host, port = url.raw_host.decode("ascii"), url.port or (443 if url.scheme == "https" else 80)
        try:
            async with asyncio.timeout(RESOLVE_SECONDS):
                found = await self._resolver(host, port)
        except (OSError, UnicodeError, TimeoutError) as error:
            raise HostUnknownError(f"The host {host!r} cannot be resolved to an address.") from error
        addresses = [ip_address(text) for text in found]
        if not addresses:
            raise HostUnknownError(f"The host {host!r} has no address.")
        for address in addresses:
            if not self.allows(address):
                raise UrlRefusedError(f"The host {host!r} is at {address}, which is not a public address.")
        return addresses

    def allows(self, address: Address) -> bool:
        """Whether the address is public, or in a network that is allowed by name."""
        return is_public(address) or any(address in network for network in self._allowed)


def check_form(url: httpx.URL) -> None:
    """Check what can be told from the URL alone.

    Raises:
        UrlRefusedError: It is not of http or https, has no host, or carries a user's name or password.
    """
    if url.scheme not in {"http", "https"} or not url.raw_host:
        raise UrlRefusedError("A full URL is needed that starts with https:// or http://.")
    if url.userinfo:
        raise UrlRefusedError("A URL with a user name or password in it is not opened.")
    if len(str(url)) > MAX_URL_CHARACTERS:
        raise UrlRefusedError(f"A URL has at most {MAX_URL_CHARACTERS} characters.")


def is_public(address: Address) -> bool:
    """Whether an address belongs to one machine on the internet."""
    if any(address in network for network in _SPECIAL):
        return False
    if isinstance(address, IPv6Address):
        return address in _IPV6_UNICAST
    return address.is_global and not (address.is_multicast or address.is_reserved)


def parse_url(text: str) -> httpx.URL:
    """Read a URL.

    Raises:
        UrlRefusedError: It is none.
    """
    try:
        return httpx.URL(text)
    except httpx.InvalidURL as error:
        raise UrlRefusedError(f"This is not a URL: {error}.") from error


def parse_networks(text: str) -> list[Network]:
    """Read comma-separated networks in CIDR notation.

    Raises:
        ValueError: A part is no network; the message names it.
    """
    return [ip_network(part) for part in (piece.strip() for piece in text.split(",")) if part]
