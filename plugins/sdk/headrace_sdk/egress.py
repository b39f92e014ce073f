"""Decides where Headrace may connect to on behalf of an account, and to which address exactly.

A name is resolved once, every address it has is judged, and the caller connects to an address that was judged.
Source: IANA special-purpose address registries; RFC 6890, RFC 4291, RFC 6052, RFC 3056, RFC 4380.
"""

import ipaddress
import re
import socket
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolver = Callable[[str, int], Iterable[str]]

NOT_PUBLIC_V4 = tuple(
    ipaddress.IPv4Network(network)
    for network in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
        "224.0.0.0/4", "240.0.0.0/4",
    )
)  # fmt: skip
UNICAST_V6 = ipaddress.IPv6Network("2000::/3")
NOT_PUBLIC_V6 = tuple(
    ipaddress.IPv6Network(network) for network in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")
)
ORDINARY_PORTS = {"http": 80, "https": 443, "ssh": 22}
WEB_PORTS = frozenset({80, 443, 8080, 8443, 9000})
HOST_NAME = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9._-]{0,252})")


class EgressRefused(Exception):
    """A connection is not allowed. The text says to what, and who may allow it."""


class HostUnknown(EgressRefused):
    """A name has no address, or no name server answered."""


@dataclass(frozen=True, slots=True)
class Target:
    """What a URL points to. `host` is a name or an address without brackets."""

    scheme: str
    host: str
    port: int


def resolve_host(host: str, port: int) -> list[str]:
    """Return the addresses of `host`. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    return list(dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in found))


@dataclass(frozen=True, slots=True)
class Egress:
    """The operator's word on outgoing connections.

    Shapes: each of `allowed` is a host name, "*.name", an address or a network, with ":port" if only that port is
    meant. `refused_hosts` are names that are never allowed, such as this server's own.
    """

    allowed: tuple[str, ...] = ()
    refused_hosts: frozenset[str] = frozenset()
    ports: frozenset[int] = WEB_PORTS
    resolve: Resolver = field(default=resolve_host)

    def target(self, url: str, schemes: tuple[str, ...] = ("https", "http")) -> Target:
        """Take a URL apart, strictly. Raises EgressRefused."""
        if any(ord(character) <= 32 or ord(character) == 127 for character in url) or "\\" in url:
            raise EgressRefused("The URL has a space, a backslash or a control character in it.")
        try:
            parts = urlsplit(url)
            host, port = parts.hostname or "", parts.port
        except ValueError:
            raise EgressRefused("The URL cannot be read.") from None
        if parts.scheme not in schemes:
            raise EgressRefused(f"The URL must begin with {' or '.join(f'{scheme}://' for scheme in schemes)}.")
        if "@" in parts.netloc and parts.scheme != "ssh":
            raise EgressRefused("The URL has a user name or a password in it. Take it out.")
        return Target(parts.scheme, checked_host(host), ORDINARY_PORTS[parts.scheme] if port is None else port)

    def addresses(self, host: str, port: int, ports: frozenset[int] | None = None) -> tuple[str, ...]:
        """Resolve `host` once and return its addresses if every one may be connected to. Raises EgressRefused."""
        host = checked_host(host)
        named = self.names(host, port)
        if host.lower().rstrip(".") in self.refused_hosts or not 0 < port < 65536:
            raise EgressRefused(f"Connections to {host} on port {port} are not allowed.")
        try:
            found = tuple(self.resolve(host, port))
        except (OSError, UnicodeError):
            raise HostUnknown(f"The name {host} cannot be resolved.") from None
        for text in found:
            address = unwrapped(text)
            if named or self._allows_address(address, port):
                continue
            if not is_public(address):
                raise EgressRefused(f"{host} has the address {text}, which is not public. An operator may allow it.")
            if port not in (self.ports if ports is None else ports):
                raise EgressRefused(f"Port {port} of {host} is not allowed. An operator may allow it.")
        if not found:
            raise HostUnknown(f"The name {host} has no address.")
        return found

    def names(self, host: str, port: int) -> bool:
        """Say whether the operator's list names this host."""
        host = host.lower().rstrip(".")
        return any(
            entry_port in (None, port) and (host == name or (name.startswith("*.") and host.endswith(name[1:])))
            for name, entry_port in map(_split_entry, self.allowed)
        )

    def _allows_address(self, address: Address, port: int) -> bool:
        for name, entry_port in map(_split_entry, self.allowed):
            try:
                network = ipaddress.ip_network(name, strict=False)
            except ValueError:
                continue  # a host name
            if entry_port in (None, port) and address.version == network.version and address in network:
                return True
        return False


def checked_host(host: str) -> str:
    """Return `host` if it is a plain ASCII name or an address. Raises EgressRefused."""
    if HOST_NAME.fullmatch(host):
        return host
    try:
        return str(ipaddress.IPv6Address(host)) if "%" not in host else _refuse(host)
    except ValueError:
        return _refuse(host)


def _refuse(host: str) -> str:
    raise EgressRefused(f"The host name {host[:80]!r} is not a plain ASCII name.")


def unwrapped(text: str) -> Address:
    """Return the address that is meant: the IPv4 one inside an IPv4-mapped IPv6 one."""
    address = ipaddress.ip_address(text.partition("%")[0])
    return address.ipv4_mapped or address if isinstance(address, ipaddress.IPv6Address) else address


def is_public(address: Address) -> bool:
    """Say whether this is an ordinary unicast address of the public internet, by our own table."""
    if isinstance(address, ipaddress.IPv4Address):
        return not any(address in network for network in NOT_PUBLIC_V4)
    return address in UNICAST_V6 and not any(address in network for network in NOT_PUBLIC_V6)


def _split_entry(entry: str) -> tuple[str, int | None]:
    name, colon, port = entry.strip().lower().rpartition(":")
    if colon and port.isdigit() and (":" not in name or name.startswith("[")):
        return name.strip("[]"), int(port)
    return entry.strip().lower().strip("[]"), None
