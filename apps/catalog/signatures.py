"""How a delivery proves who sent it: the usual schemes, for apps that are declared and not coded. Pure.

A scheme is chosen by name. Every stored secret is compared, each in constant
time. Nothing falls back to no verification: an empty secret refuses.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

from pydantic import Field as Constrained

from apps.catalog.errors import SignatureError
from apps.catalog.spec import Spec, Verified

_DIGITS = re.compile(r"[0-9]{1,14}")
_MILLISECONDS = 100_000_000_000  # A larger time is in milliseconds.
_ALGORITHMS = {"sha256": hashlib.sha256, "sha1": hashlib.sha1, "sha512": hashlib.sha512}
_MANY = 16  # More signatures than a header can rightly have; rolling a secret makes two.
_HEADER = r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}"
_PREFIX = r"^[^\x00-\x1f\x7f-\x9f]*$"


class NoVerification(Spec):
    """Anybody who knows the address can send events. Chosen by name, never fallen back to."""

    kind: Literal["none"] = "none"


class SharedSecret(Spec):
    """A header that carries the secret itself, behind `prefix` ("Bearer ") where there is one."""

    kind: Literal["shared_secret"] = "shared_secret"
    header: Annotated[str, Constrained(pattern=rf"^{_HEADER}$")] = "X-Webhook-Secret"
    prefix: Annotated[str, Constrained(max_length=40, pattern=_PREFIX)] = ""


class Hmac(Spec):
    """A header with a digest of the body under the secret.

    `prefix` stands before the digest ("sha256="); several signatures are parted
    by commas or spaces. With `timestamp_header`, what is signed is `signed` with
    `{timestamp}` and `{body}` filled in, and a time further than `tolerance`
    seconds from now is refused. Without it the body alone is signed, and of any age.
    """

    kind: Literal["hmac"] = "hmac"
    header: Annotated[str, Constrained(pattern=rf"^{_HEADER}$")] = "X-Signature"
    algorithm: Literal["sha256", "sha1", "sha512"] = "sha256"
    encoding: Literal["hex", "base64"] = "hex"
    prefix: Annotated[str, Constrained(max_length=40, pattern=_PREFIX)] = ""
    timestamp_header: Annotated[str, Constrained(pattern=rf"^(?:{_HEADER})?$")] = ""
    signed: Annotated[str, Constrained(pattern=r"^[^{}\x00-\x1f]*\{timestamp\}[^{}\x00-\x1f]*\{body\}$")] = (
        "{timestamp}.{body}"
    )
    tolerance: Annotated[int, Constrained(ge=1, le=86_400)] = 300


Scheme = NoVerification | SharedSecret | Hmac


def verify(
    scheme: Scheme, headers: Mapping[str, str], body: bytes, secrets: Sequence[str], now: float
) -> Verified:
    """Accept a delivery that one of the secrets vouches for. `headers` have lower-case names.

    Raises `SignatureError`: missing_header, malformed_header, no_match, too_old,
    in_future, no_secret.
    """
    if isinstance(scheme, NoVerification):
        return Verified()
    usable = [(index, secret) for index, secret in enumerate(secrets) if secret.strip()]
    if not usable:
        raise SignatureError("No signing secret is stored for this address.", code="no_secret")
    given = headers.get(scheme.header.lower(), "").strip()
    if not given:
        raise SignatureError(f"The header {scheme.header} is missing.", code="missing_header")
    if isinstance(scheme, SharedSecret):
        matching = _carried(scheme, given, usable)
    else:
        matching = _signed(scheme, headers, given, body, usable)
    if not matching:
        raise SignatureError("No signing secret matches this body.", code="no_match")
    if isinstance(scheme, Hmac) and scheme.timestamp_header:
        _check_time(scheme, _seconds(_stamp(scheme, headers)), now)
    return Verified(secret_index=matching[0])


def sign(scheme: Scheme, body: bytes, secret: str, now: int) -> dict[str, str]:
    """Return the headers that the provider would send with this body at `now` (unix seconds)."""
    if isinstance(scheme, NoVerification):
        return {}
    if isinstance(scheme, SharedSecret):
        return {scheme.header: f"{scheme.prefix}{secret.strip()}"}
    stamp = str(now)
    headers = {scheme.header: scheme.prefix + _digest(scheme, secret.strip(), stamp, body)}
    return {**headers, scheme.timestamp_header: stamp} if scheme.timestamp_header else headers


def _carried(scheme: SharedSecret, given: str, usable: Sequence[tuple[int, str]]) -> list[int]:
    told = given.encode("utf-8", "surrogateescape")
    # A list, not a search: every comparison is made, so the time taken tells nothing.
    return [
        index
        for index, secret in usable
        if hmac.compare_digest(f"{scheme.prefix}{secret.strip()}".strip().encode(), told)
    ]


def _signed(
    scheme: Hmac, headers: Mapping[str, str], given: str, body: bytes, usable: Sequence[tuple[int, str]]
) -> list[int]:
    stamp = _stamp(scheme, headers)
    told = _told(scheme, given)
    if not told:
        raise SignatureError(f"The header {scheme.header} can't be read.", code="malformed_header")
    digests = [(index, _digest(scheme, secret.strip(), stamp, body).encode()) for index, secret in usable]
    return [index for index, digest in digests if sum(hmac.compare_digest(digest, each) for each in told) > 0]


def _told(scheme: Hmac, given: str) -> list[bytes]:
    parts = [part for part in re.split(r"[,\s]+", given, maxsplit=_MANY)[:_MANY] if part]
    digests = [
        part.removeprefix(scheme.prefix.strip())
        for part in parts
        if part.startswith(scheme.prefix.strip()) and part != scheme.prefix.strip()
    ]
    if scheme.encoding == "hex":
        digests = [digest.lower() for digest in digests]
    return [digest.encode("utf-8", "surrogateescape") for digest in digests]


def _digest(scheme: Hmac, secret: str, stamp: str, body: bytes) -> str:
    signed = body
    if scheme.timestamp_header:
        before = scheme.signed.removesuffix("{body}").replace("{timestamp}", stamp)
        signed = before.encode("utf-8", "surrogateescape") + body
    made = hmac.new(secret.encode(), signed, _ALGORITHMS[scheme.algorithm])
    return made.hexdigest() if scheme.encoding == "hex" else base64.b64encode(made.digest()).decode("ascii")


def _stamp(scheme: Hmac, headers: Mapping[str, str]) -> str:
    if not scheme.timestamp_header:
        return ""
    stamp = headers.get(scheme.timestamp_header.lower(), "").strip()
    if not stamp:
        raise SignatureError(f"The header {scheme.timestamp_header} is missing.", code="missing_header")
    if not _DIGITS.fullmatch(stamp):
        raise SignatureError(f"The header {scheme.timestamp_header} can't be read.", code="malformed_header")
    return stamp


def _seconds(stamp: str) -> float:
    number = int(stamp)
    return number / 1000 if number >= _MILLISECONDS else number


def _check_time(scheme: Hmac, stamp: float, now: float) -> None:
    if now - stamp > scheme.tolerance:
        raise SignatureError(f"The signature is more than {scheme.tolerance} seconds old.", code="too_old")
    if stamp - now > scheme.tolerance:
        raise SignatureError(
            f"The signature is dated more than {scheme.tolerance} seconds in the future.", code="in_future"
        )
