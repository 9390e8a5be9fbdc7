"""One request as it goes on the wire: its address split strictly, its exact headers."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from apps.common.egress import PORTS, AddressRefused
from apps.common.version import VERSION

type Headers = Mapping[str, str] | Iterable[tuple[str, str]]

USER_AGENT = f"Tandem/{VERSION}"

OUR_HEADERS = frozenset(
    {
        "connection",
        "content-length",
        "expect",
        "host",
        "keep-alive",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
"""About the connection, not the message; and Host belongs to the address. In lower case."""

_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f\ud800-\udfff]")  # Half of a surrogate pair has no bytes.
_BODY_METHODS = frozenset({"POST", "PUT", "PATCH"})


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an address points, and what follows the host in it."""

    scheme: str
    host: str
    port: int
    target: str

    @property
    def name(self) -> str:
        """Host and port, for messages."""
        return f"{self.bracketed}:{self.port}"

    @property
    def bracketed(self) -> str:
        """The host as an address spells it: IPv6 in brackets."""
        return f"[{self.host}]" if ":" in self.host else self.host


def parse_url(url: str) -> Origin:
    """Split an address strictly; what parsers read in different ways is refused, not repaired."""
    if not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        raise AddressRefused("The address has characters that must be percent-encoded.", code="bad_url")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise AddressRefused("The address can't be read.", code="bad_url") from None
    if parts.scheme not in PORTS or not parts.hostname:
        raise AddressRefused("The address must begin with https:// or http:// and a host.", code="bad_url")
    if "@" in parts.netloc:
        raise AddressRefused("The address carries a user or password before its host.", code="bad_url")
    target = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
    return Origin(parts.scheme, parts.hostname, PORTS[parts.scheme] if port is None else port, target)


def request_headers(method: str, origin: Origin, given: Headers, body: bytes) -> list[tuple[bytes, bytes]]:
    """Return the exact headers of a request: Host, the caller's, and what it left out."""
    if not (method.isascii() and method.isalpha() and method.isupper()):
        raise AddressRefused(f"“{method[:20]}” is not a method of HTTP.", code="bad_header")
    host = origin.bracketed
    if origin.port != PORTS[origin.scheme]:
        host = f"{host}:{origin.port}"
    pairs = given.items() if isinstance(given, Mapping) else given
    kept = [(name, value) for name, value in pairs if name.lower() not in OUR_HEADERS]
    names = {name.lower() for name, _ in kept}
    if "user-agent" not in names:
        kept.append(("User-Agent", USER_AGENT))
    if "accept-encoding" not in names:
        kept.append(("Accept-Encoding", "identity"))
    if body or method in _BODY_METHODS:
        kept.append(("Content-Length", str(len(body))))
    return [_header(name, value) for name, value in [("Host", host), *kept]]


def _header(name: str, value: str) -> tuple[bytes, bytes]:
    if not _TOKEN.fullmatch(name):
        raise AddressRefused("A header has a name that HTTP does not allow.", code="bad_header")
    if _CONTROL.search(value):
        raise AddressRefused(f"The value of the header {name} has a line break.", code="bad_header")
    return name.encode(), value.strip(" \t").encode()
