"""The guard that every outgoing connection passes.

A host is resolved once, every address it has is checked, and the caller
connects to a checked address, never to the name again: a name that answers
differently the second time (DNS rebinding) gains nothing.

What an operator lists in EGRESS_ALLOW (`host:port`, IPv6 in brackets) may be
called although it is not public. An entry matches the host as it is written in
the address, and the port.
"""

import ipaddress
import os
import re
import socket
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

RESOLVE_SECONDS = 5.0
MAX_RESOLVERS = 32  # Look-ups under way at once; a stuck one can't be interrupted, only left behind.
PORTS = {"http": 80, "https": 443}

_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
# Resolvers read a name whose last label is a number, in any of these bases, as an IPv4 address.
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_GLOBAL_UNICAST = ipaddress.ip_network("2000::/3")
# Global by the registries and yet not for us: what wraps an IPv4 address in an
# IPv6 one (so that it can't be told where a call ends), and platform services
# that stand on public addresses.
_REFUSED = [
    ipaddress.ip_network(network)
    for network in (
        "2001::/32",  # Teredo
        "2002::/16",  # 6to4
        "192.88.99.0/24",  # 6to4 relays
        "192.0.0.0/24",  # protocol assignments, and Oracle's metadata
        "3fff::/20",  # documentation
        "168.63.129.16/32",  # Azure's metadata and wire server
    )
]
# Not even for a name in EGRESS_ALLOW, whose DNS may be in other hands; only
# where the address itself is listed.
_NEVER_BY_NAME = [
    ipaddress.ip_network(network)
    for network in ("169.254.0.0/16", "fe80::/10", "fd00:ec2::/32", "0.0.0.0/8", "::/128")
]

_resolvers = threading.Semaphore(MAX_RESOLVERS)


class EgressError(Exception):
    """A host that can't be called. `reason` names the host and is safe to show."""

    def __init__(self, reason: str, *, code: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.code = code


class AddressRefused(EgressError):  # noqa: N818 - read as a sentence where it is raised.
    """An address that this installation does not call; repeating can't help.

    `code` is bad_url, bad_host, bad_header or private_address.
    """


class ResolveFailed(EgressError):  # noqa: N818
    """The name could not be resolved now. `code` is dns."""


@dataclass(frozen=True, slots=True)
class Target:
    """A host with its checked addresses, in the resolver's order. `ip` is the first."""

    host: str
    port: int
    ips: tuple[str, ...]

    @property
    def ip(self) -> str:
        """The address to try first."""
        return self.ips[0]


def parse_allow(entries: Iterable[str]) -> frozenset[str]:
    """Return EGRESS_ALLOW in its one spelling. Raises ValueError naming the entry that is wrong."""
    return frozenset(_allow_entry(entry.strip()) for entry in entries if entry.strip())


def is_allowed(url: str, allow: frozenset[str]) -> bool:
    """Tell whether an http(s) address has its host and port in `allow`; it has no user part then."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    host = parts.hostname or ""
    if parts.scheme not in PORTS or "@" in parts.netloc or _bad_host(host):
        return False
    return allow_key(host, PORTS[parts.scheme] if port is None else port) in allow


def allow_key(host: str, port: int) -> str:
    """Return host and port as an entry of EGRESS_ALLOW is spelled."""
    address = _literal(host.lower().removeprefix("[").removesuffix("]"))
    if isinstance(address, ipaddress.IPv6Address):
        return f"[{address.compressed}]:{port}"
    return f"{host.lower()}:{port}"


def check_host(host: str, port: int, *, allow: frozenset[str], timeout: float = RESOLVE_SECONDS) -> Target:
    """Resolve a host once and return its checked addresses.

    Raises `AddressRefused` if any of its addresses is not public and the host
    is not in `allow`, `ResolveFailed` if it has none within `timeout` seconds.
    """
    plain = host.lower()
    if plain.startswith("[") and plain.endswith("]"):
        plain = plain[1:-1]
    problem = _bad_host(plain)
    if problem:
        raise AddressRefused(f"The host of the address {problem}.", code="bad_host")
    if not 0 < port < 65536:
        raise AddressRefused(f"The port {port} does not exist.", code="bad_host")
    allowed = allow_key(plain, port) in allow
    literal = _literal(plain)
    found = [literal] if literal else _resolve(plain, port, timeout)
    for address in found:
        if allowed and (literal or not _is_in(address, _NEVER_BY_NAME)):
            continue
        if not is_public(address):
            raise AddressRefused(
                f"{plain}:{port} is not a public address, and EGRESS_ALLOW does not list it.",
                code="private_address",
            )
    return Target(plain, port, tuple(dict.fromkeys(str(address) for address in found)))


def is_public(address: Address) -> bool:
    """Tell whether an address is on the public internet and means nothing but itself."""
    if isinstance(address, ipaddress.IPv6Address) and address not in _GLOBAL_UNICAST:
        return False  # Mapped, NAT64, unique local, link local, loopback, unspecified and the rest.
    if address.is_multicast or address.is_reserved or not address.is_global:
        return False
    return not _is_in(address, _REFUSED)


def _allow_entry(entry: str) -> str:
    host, colon, port = entry.rpartition(":")
    bracketed = host.startswith("[") and host.endswith("]")
    plain = host[1:-1].lower() if bracketed else host.lower()
    literal = _literal(plain)
    is_v6 = isinstance(literal, ipaddress.IPv6Address)
    right_port = port.isascii() and port.isdigit() and 0 < int(port) < 65536
    if not colon or not right_port or bracketed != is_v6 or _bad_host(plain):
        raise ValueError(
            f"“{entry}” in EGRESS_ALLOW is not host:port. Write a name or an address and its port, "
            "for example localhost:11434, 10.0.0.5:8080 or [::1]:8080."
        )
    return allow_key(plain, int(port))


def _bad_host(host: str) -> str:
    """Return what is wrong with a host as it is written, or nothing.

    Whatever resolvers and URL parsers read in different ways is refused, so
    that the host that is checked is the host that is called.
    """
    if not host:
        return "is missing"
    if not host.isascii():
        return "has letters beyond ASCII; write it in its xn-- form"
    if "%" in host:
        return "carries an IPv6 zone or an escape, which are not called"
    if host.endswith("."):
        return "ends in a dot; write it without"
    if _literal(host):
        return ""
    if len(host) > 253 or not _NAME.fullmatch(host.lower()):
        return "is neither a name nor an address"
    if _NUMBER.fullmatch(host.lower().rpartition(".")[2]):
        return "is a number in disguise; write an IPv4 address as four decimal numbers"
    return ""


def _literal(host: str) -> Address | None:
    if "%" in host:
        return None
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _is_in(address: Address, networks: Iterable[ipaddress.IPv4Network | ipaddress.IPv6Network]) -> bool:
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return any(address in network for network in networks)


def _resolve(host: str, port: int, timeout: float) -> list[Address]:
    """Ask the system's resolver in a thread of its own, for it knows no time limit."""
    failed = ResolveFailed(f"The name {host} could not be resolved.", code="dns")
    if not _resolvers.acquire(timeout=max(timeout, 0)):
        raise failed
    answers: list[Address] = []
    done = threading.Event()

    def ask() -> None:
        try:
            infos = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            answers.extend([ipaddress.ip_address(str(info[4][0])) for info in infos])
        except (OSError, ValueError):
            pass  # No answer is the answer.
        finally:
            _resolvers.release()
            done.set()

    threading.Thread(target=ask, name="resolve", daemon=True).start()
    if not done.wait(max(timeout, 0)) or not answers:
        raise failed
    return answers


def _after_fork() -> None:
    """Begin anew in a child: the parent's look-ups end in the parent."""
    global _resolvers  # noqa: PLW0603 - it is the process's.
    _resolvers = threading.Semaphore(MAX_RESOLVERS)


os.register_at_fork(after_in_child=_after_fork)
