"""Where a call may go: the hosts of the document, those that were listed, and no private address by accident."""

import ipaddress
import socket
from collections.abc import Iterable
from typing import NamedTuple
from urllib.parse import urlsplit

_PORTS = {"http": 80, "https": 443}
_TRANSLATED = ipaddress.ip_network("64:ff9b::/96")  # an IPv4 address in IPv6's clothes

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class HostRefused(Exception):
    """A call would go where calls may not go; the message is for the model."""


class Origin(NamedTuple):
    """Scheme, host and port."""

    scheme: str
    host: str
    port: int


class Target(NamedTuple):
    """A host that was checked, and the addresses it had then: the connection goes to one of those."""

    origin: Origin
    addresses: tuple[str, ...]


def origin_of(url: str) -> Origin:
    """Raises HostRefused when the URL is no plain http(s) URL."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as exc:
        raise HostRefused(f"'{url}' is not a URL") from exc
    if parts.scheme not in _PORTS or not host or parts.username is not None:
        raise HostRefused(f"'{url}' is not a plain http(s) URL")
    return Origin(parts.scheme, host.rstrip(".").lower(), port or _PORTS[parts.scheme])


class HostRules:
    """`servers` are the document's URLs; `listed` are hosts, "host" for any port or "host:port"."""

    def __init__(self, servers: Iterable[str], listed: Iterable[str]) -> None:
        self._servers = {origin_of(server)[1:] for server in servers}
        self._listed = {host.lower() for host in listed}

    def check(self, url: str) -> Target:
        """Resolve the host, once, and judge its addresses. Raises HostRefused."""
        origin = origin_of(url)
        is_listed = self._is_listed(origin)
        if not is_listed and origin[1:] not in self._servers:
            raise HostRefused(f"the host '{origin.host}:{origin.port}' is not one of the document's servers")
        addresses = _resolve(origin)
        private = next((address for address in addresses if not is_public(address)), None)
        if private is not None and not is_listed:
            raise HostRefused(f"'{origin.host}' has the private address {private}, and the host is not listed")
        return Target(origin, tuple(dict.fromkeys(map(str, addresses))))

    def _is_listed(self, origin: Origin) -> bool:
        shown = f"[{origin.host}]" if ":" in origin.host else origin.host
        return not self._listed.isdisjoint({origin.host, shown, f"{shown}:{origin.port}"})


def _resolve(origin: Origin) -> list[Address]:
    try:
        found = socket.getaddrinfo(origin.host, origin.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as exc:
        raise HostRefused(f"the host '{origin.host}' cannot be resolved") from exc
    return [ipaddress.ip_address(str(entry[4][0]).split("%")[0]) for entry in found]


def is_public(address: Address) -> bool:
    """Whether an address is one of the internet's: not this machine's, its network's, or any other special one."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        if inner is None and address in _TRANSLATED:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None and not is_public(inner):
            return False
        if address.ipv4_mapped is not None:
            return True
    return address.is_global and not address.is_multicast and not address.is_reserved
