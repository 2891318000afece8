"""Where posts may go: to the internet, and within one's own network where the operator says so.

An address is written by a colleague, and may lead to machines that trust whoever is inside (a
database's console, a cloud's metadata). So a name is resolved first, every address it has is looked
at, and the connection goes to an address that was looked at: a name that means something else a
moment later changes nothing.
"""

from __future__ import annotations

import http.client
import socket
import ssl
from collections.abc import Collection
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

IP = IPv4Address | IPv6Address
_NAT64 = ip_network("64:ff9b::/96")
MOST_ADDRESSES = 3
"""So many addresses of one name are tried."""


class Internal(Exception):  # noqa: N818 - says what the destination is
    """The name leads to an address that is not of the internet, and is not listed."""


def is_internal(address: IP) -> bool:
    """Whether an address is not of the public internet: private, loopback, link-local, reserved,
    or an IPv6 form of such an IPv4 address.

    >>> [is_internal(ip_address(a)) for a in ("10.1.2.3", "127.0.0.1", "169.254.169.254", "::1",
    ...  "::ffff:10.0.0.1", "64:ff9b::7f00:1", "fe80::1", "0.0.0.0", "100.64.0.1", "224.0.0.1")]
    [True, True, True, True, True, True, True, True, True, True]
    >>> [is_internal(ip_address(a)) for a in ("93.184.216.34", "2606:2800:220:1::1")]
    [False, False]
    """
    inner = _embedded(address)
    if inner is not None:
        return is_internal(inner)
    return not address.is_global or address.is_multicast


def _embedded(address: IP) -> IPv4Address | None:
    """The IPv4 address that an IPv6 one stands for."""
    if isinstance(address, IPv4Address):
        return None
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]


def is_listed(host: str, address: IP, listed: Collection[str]) -> bool:
    """Whether the operator listed the name, the address, or a network that holds it."""
    return any(entry.lower() == host.lower() or _holds(entry, address) for entry in listed)


def _holds(entry: str, address: IP) -> bool:
    try:
        return address in ip_network(entry, strict=False)
    except ValueError:
        return False


def resolve(host: str, port: int, listed: Collection[str]) -> list[str]:
    """The addresses of ``host``, all of them good; Internal if one is not, OSError if there are
    none now."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = list(dict.fromkeys(str(entry[4][0]).partition("%")[0] for entry in found))
    for text in addresses:
        address = ip_address(text)
        if is_internal(address) and not is_listed(host, address, listed):
            raise Internal(host)
    return addresses[:MOST_ADDRESSES]


def connect(
    scheme: str, host: str, port: int, timeout: float, listed: Collection[str]
) -> http.client.HTTPConnection:
    """A connection to one of the good addresses of ``host``; Internal, or OSError if none takes
    it."""
    failed: OSError = OSError("it has no address")
    for address in resolve(host, port, listed):
        connection = http.client.HTTPConnection(host, port, timeout=timeout)
        try:
            connection.sock = _socket(scheme, host, address, port, timeout)
        except OSError as error:
            failed = error
        else:
            return connection
    raise failed


def _socket(scheme: str, host: str, address: str, port: int, timeout: float) -> socket.socket:
    plain = socket.create_connection((address, port), timeout)
    if scheme != "https":
        return plain
    try:
        return ssl.create_default_context().wrap_socket(plain, server_hostname=host)
    except BaseException:
        plain.close()
        raise
