"""The addresses that a webhook's host has, and which of them may be asked.

A name server can say anything: a name that leads into this machine or its network would
let whoever answers for it make this program knock at doors that only it can reach. So
an address is looked up once, checked, and that very address is connected to.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from typing import TypeAlias

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address

OWN_NAMES = (".internal", ".local", ".localhost", ".home.arpa")
"""Ends of names that no public name server answers for (RFC 6761, 6762 and 8375, and
ICANN's reservation of 2024): whoever writes one means a private address."""
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
TRIED = 4
"""Addresses that are tried, one after the other."""


class PrivateError(ValueError):
    """A name leads to private addresses alone, and does not say so."""


def names_a_private(host: str) -> bool:
    """Whether a URL's host says by itself that it may be a private address."""
    name = host.rstrip(".").lower()
    return literal(name) is not None or "." not in name or name.endswith(OWN_NAMES)


def literal(host: str) -> Address | None:
    """The address that a host is, where it is no name."""
    try:
        return ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return None


def is_public(address: Address) -> bool:
    """Whether it is an address of the public network; an embedded one counts, too."""
    inner: Address | None = None
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    if inner is not None:
        return is_public(inner)
    return address.is_global and not address.is_multicast


async def addresses(host: str, port: int) -> tuple[str, ...]:
    """The addresses to connect to, the likeliest first.

    Raises:
        PrivateError: a name leads to private addresses alone.
        OSError: the name is not known, or nobody answers for it.
    """
    own = literal(host)
    if own is not None:
        return (str(own),)
    found = await asyncio.get_running_loop().getaddrinfo(
        host, port, type=socket.SOCK_STREAM
    )
    every = tuple(dict.fromkeys(str(each[4][0]) for each in found))
    if not names_a_private(host):
        every = tuple(
            text
            for text in every
            if (one := literal(text.partition("%")[0])) and is_public(one)
        )
        if not every:
            raise PrivateError(host)
    return every[:TRIED]
