"""Addresses made of literal and filled parts: what a template may fill, and how it is written. Pure.

Scheme, host and port are always literal. A filled value takes a path segment
(encoded whole), a query value or a header's value; it can never add a segment,
a parameter or a header of its own.
"""

import ipaddress
import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote, urlsplit

from apps.common import egress
from apps.common.http_request import OUR_HEADERS

MAX_BASE = 300
MAX_URL = 8_000
MAX_HEADER_VALUE = 8_000

PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9_]*)\}")
"""A part of a path that is filled: `/customers/{customer}`."""

_LITERAL_SAFE = "!$&'()*+,;=:@~"  # What RFC 3986 allows in a segment besides letters and digits.
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
_LOCAL_NAMES = ("localhost", ".localhost", ".local", ".internal", ".home.arpa", ".lan")


class BadPartError(ValueError):
    """A part of a request that must not be sent as it is. `message` names no value."""

    def __init__(self, message: str, *, code: str, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.remedy = remedy


def clean_base(text: str) -> str:
    """Return `scheme://host[:port][/prefix]` without a slash at its end; raises `BadPartError`.

    Only http and https; no user, query, fragment, escape or `..`; whatever
    parsers read in different ways is refused.
    """
    base = text.strip().rstrip("/")
    form = "Write https://, the host and, if need be, a port and a path, such as https://api.example.com/v1."
    odd = not base.isascii() or not base.isprintable() or any(sign in base for sign in ' \\?#@%{}"<>')
    try:
        parts = urlsplit(base)
        port = parts.port
    except ValueError:
        raise BadPartError("The address can't be read.", code="bad_base", remedy=form) from None
    scheme = parts.scheme.lower()
    if (
        odd
        or len(base) > MAX_BASE
        or scheme not in egress.PORTS
        or not parts.hostname
        or parts.netloc.endswith(":")
    ):
        raise BadPartError("The address can't be used as it is written.", code="bad_base", remedy=form)
    if any(segment in {"", ".", ".."} for segment in parts.path.split("/")[1:]):
        raise BadPartError(
            "The path of the address has an empty part or leads up.", code="bad_base", remedy=form
        )
    try:
        key = egress.allow_key(parts.hostname, egress.PORTS[scheme] if port is None else port)
        egress.parse_allow([key])
    except ValueError:
        raise BadPartError("The host of the address can't be called.", code="bad_base", remedy=form) from None
    return f"{scheme}://{parts.netloc.lower()}{parts.path}"


def why_not_public(base: str) -> str:
    """Return why the guard will surely refuse this address, "" where only a look-up can tell."""
    host = (urlsplit(base).hostname or "").lower()
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        local = host == "localhost" or host.endswith(_LOCAL_NAMES)
        return f"{host} is a name of this machine or its own network." if local else ""
    return "" if egress.is_public(address) else f"{host} is not a public address."


def placeholders(path: str) -> tuple[str, ...]:
    """Return the names of the parts of a path that are filled, each once, in order."""
    return tuple(dict.fromkeys(PLACEHOLDER.findall(path)))


def fill_path(path: str, values: Mapping[str, Any]) -> str:
    """Return the path with every `{name}` filled, encoded whole; raises `BadPartError` naming the part."""
    return PLACEHOLDER.sub(lambda found: segment(values.get(found[1]), name=found[1]), path)


def segment(value: Any, *, name: str = "") -> str:
    """Return text or a whole number as one path segment; raises `BadPartError` for none, `.` and `..`."""
    usable = isinstance(value, str | int) and not isinstance(value, bool)
    text = str(value) if usable else ""
    part = f"The part {{{name}}} of the path" if name else "A part of the path"
    if not text.strip():
        raise BadPartError(
            f"{part} has no usable value.", code="empty_segment", remedy="Give it text or a whole number."
        )
    if text in {".", ".."} or _CONTROL.search(text):
        raise BadPartError(
            f"{part} would lead elsewhere.", code="bad_segment", remedy="Give it the plain identifier."
        )
    return quote(text, safe="")


def literal_segment(text: str) -> str:
    """Return a segment that the author of the path wrote, its usual signs as they are."""
    if text in {".", ".."} or _CONTROL.search(text):
        raise BadPartError("The path must not lead up.", code="bad_segment", remedy="Remove “.” and “..”.")
    return quote(text, safe=_LITERAL_SAFE)


def with_query(url: str, pairs: Iterable[tuple[str, str]]) -> str:
    """Return the address with these parameters behind it, encoded whole; raises `BadPartError`."""
    query = "&".join(f"{_query_part(name)}={_query_part(value)}" for name, value in pairs)
    whole = url if not query else f"{url}{'&' if '?' in url else '?'}{query}"
    if len(whole) > MAX_URL:
        raise BadPartError(
            f"The address is longer than {MAX_URL:,} characters.",
            code="url_too_long",
            remedy="Send long values in the body.",
        )
    return whole


def _query_part(text: str) -> str:
    if "\x00" in text or re.search(r"[\ud800-\udfff]", text):
        raise BadPartError(
            "A value of the address has a character that can't be sent.",
            code="bad_query",
            remedy="Remove characters that can't be seen.",
        )
    return quote(text, safe="")


def check_header_name(name: str) -> str:
    """Return the name of a header that a request may carry; raises `BadPartError`."""
    if not _TOKEN.fullmatch(name):
        raise BadPartError(
            "A header has a name that HTTP does not allow.",
            code="bad_header_name",
            remedy="Use letters, digits and hyphens, such as X-Api-Key.",
        )
    if name.lower() in OUR_HEADERS:
        raise BadPartError(
            f"The header {name} is set by the sender itself.", code="bad_header_name", remedy="Remove it."
        )
    return name


def check_header_value(name: str, value: str) -> str:
    """Return the value of a header; raises `BadPartError` for line breaks, NUL and what is too long."""
    if _CONTROL.search(value.replace("\t", " ")) or len(value) > MAX_HEADER_VALUE:
        raise BadPartError(
            f"The value of the header {name} has a line break or is too long.",
            code="bad_header_value",
            remedy="Send such text in the body.",
        )
    return value
