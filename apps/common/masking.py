"""Masks secrets in what people and logs are shown. Pure.

Two ways of knowing a secret are used together: the values that the caller
knows, wherever and however encoded they stand, and the looks of a secret (a
header's or key's name, a provider's prefix). What is masked reads `••••` plus,
where the secret is long enough that nothing is given away, its last four.
All work is linear in the size of the text.
"""

import base64
import json
import re
from collections.abc import Collection, Iterator, Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import quote, quote_plus

MASK = "••••"
MIN_SECRET = 6  # A shorter value stands in ordinary text by chance.
MIN_FOR_LAST_FOUR = 16
MIN_BASE64_CORE = 8
MAX_TEXT = 4 * 1024 * 1024  # Characters of one text that are looked at; the rest is cut.
MAX_DEPTH = 100

SENSITIVE_HEADERS = frozenset(
    {
        "authorization",
        "cookie",
        "proxy-authorization",
        "set-cookie",
        "stripe-signature",
        "x-api-key",
        "x-auth-token",
        "x-cio-signature",
        "x-csrftoken",
        "x-signature",
    }
)
_SENSITIVE_HEADER_PARTS = ("secret", "token", "api-key", "apikey", "password", "signature", "credential")
# Compared with the name in lower case without “-”, “_” and spaces.
_SENSITIVE_KEYS = frozenset(
    {
        "apikey",
        "authorization",
        "cookie",
        "credential",
        "credentials",
        "passwd",
        "password",
        "privatekey",
        "secret",
        "secretkey",
        "signingkey",
        "token",
    }
)
_SENSITIVE_KEY_ENDS = ("secret", "password", "apikey", "privatekey", "secretkey", "signingkey", "token")
# One of these stands in every such name, in lower case without “-”, “_” and spaces.
_NAMES = (
    *("secret", "password", "passwd", "apikey", "privatekey", "signingkey", "token", "authorization"),
    *("cookie", "credential"),
)
_BASE64_CHARS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=-_")

# For each secret its mask, the spellings it is found in, and its marks in base64.
type _Needles = list[tuple[str, tuple[str, ...], tuple[str, ...]]]

# What a secret looks like without knowing it, each behind a text that must stand
# in what is searched: a look for a plain text costs a hundredth of the pattern.
# Every repetition is bounded or follows a literal, so that hostile text costs no
# more than its length.
_LOOKS = tuple(
    (mark, re.compile(pattern))
    for mark, pattern in (
        ("k_live_", r"\b[sr]k_live_[A-Za-z0-9]{8,}"),  # Stripe
        ("k_test_", r"\b[sr]k_test_[A-Za-z0-9]{8,}"),
        ("whsec_", r"\bwhsec_[A-Za-z0-9+/=]{8,}"),  # Stripe's signing secrets
        ("sk-", r"\bsk-[A-Za-z0-9_-]{16,}"),  # OpenAI and Anthropic
        ("xox", r"\bxox[abeprs]-[A-Za-z0-9-]{10,}"),  # Slack
        ("://", r"(?<=://)[^\s/@:]{0,256}:[^\s/@]{1,256}(?=@)"),  # user and password of an address
        (
            "PRIVATE KEY-----",
            r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----[^-]{0,10000}(?:-----END [A-Z ]{0,40}PRIVATE KEY-----)?",
        ),
    )
)
# A digit or “=” tells a credential from “Basic authentication”.
_SCHEME = re.compile(r"\b(Bearer|Basic) +(?=[^\s0-9=]{0,400}[0-9=])([A-Za-z0-9._~+/=-]{8,})", re.IGNORECASE)


def mask_value(value: str) -> str:
    """Return the mask of one secret: `••••` and its last four where it is at least 16 long."""
    return MASK + value[-4:] if len(value) >= MIN_FOR_LAST_FOUR else MASK


def is_sensitive_header(name: str) -> bool:
    """Tell whether a header of this name carries a credential or a signature."""
    lowered = name.lower()
    return lowered in SENSITIVE_HEADERS or any(part in lowered for part in _SENSITIVE_HEADER_PARTS)


@lru_cache(maxsize=4096)
def is_sensitive_key(name: str) -> bool:
    """Tell whether a JSON key of this name holds a secret, in any of the usual spellings."""
    plain = name.lower().replace("_", "").replace("-", "").replace(" ", "")
    return plain in _SENSITIVE_KEYS or plain.endswith(_SENSITIVE_KEY_ENDS)


def mask_headers(headers: Mapping[str, str], secrets: Collection[str] = ()) -> dict[str, str]:
    """Return the headers with credentials masked; an authorization scheme stays readable."""
    needles = _needles(secrets)
    return {
        name: _mask_header(value) if is_sensitive_header(name) else _mask_text(value, needles)
        for name, value in headers.items()
    }


def mask_text(text: str, secrets: Collection[str] = ()) -> str:
    """Return the text with every known secret, and whatever looks like one, masked.

    A known secret is found as it is, percent-encoded, as a JSON string and
    inside base64, alone or as part of `user:password`. Secrets shorter than six
    characters are not looked for.
    """
    return _mask_text(text, _needles(secrets))


def mask_json(value: Any, secrets: Collection[str] = ()) -> Any:
    """Return a copy of a JSON value with secrets masked, in keys as in leaves.

    Everything under a sensitive key is masked whatever it is, except null,
    booleans and empty values, which tell nothing.
    """
    return _mask_json(value, _needles(secrets), hidden=False, depth=0)


def is_untouched(written: str, secrets: Collection[str] = ()) -> bool:
    """Tell that masking would change no text of a JSON value, in one look at all of it.

    `written` is what `json.dumps` makes of the value. False where something may be
    found, also by chance. The names of its keys are not looked at.
    """
    marks = _marks_of(tuple(secrets))
    if marks is None or len(written) > MAX_TEXT or any(mark in written for mark in marks):
        return False
    lowered = written.lower()
    if "bearer " in lowered or "basic " in lowered:
        return False
    # An escape may stand where a pattern wants the edge of a word, so a mark alone is enough.
    return not any(mark in written and (mark != "://" or pattern.search(written)) for mark, pattern in _LOOKS)


def may_name_secrets(written: str) -> bool:
    """Tell whether a JSON text may have a key that names a secret, or a text that it writes by escapes."""
    plain = written.lower().replace("_", "").replace("-", "").replace(" ", "")
    return "\\" in written or any(name in plain for name in _NAMES)


def truncate_bytes(text: str, limit: int) -> str:
    """Return at most `limit` bytes of UTF-8 of the text, marked with how much was cut.

    Mask first: half a secret is no longer recognised. The mark comes on top.
    """
    if len(text) * 4 <= limit:
        return text
    data = text.encode("utf-8", "surrogatepass")
    if len(data) <= limit:
        return text
    kept = data[:limit].decode("utf-8", "ignore")
    return f"{kept}… ({len(data) - limit:,} more bytes cut)"


def _mask_header(value: str) -> str:
    scheme, space, rest = value.partition(" ")
    if space and scheme.isalpha() and "=" not in scheme:
        # The end of a Basic credential would give away the end of a password.
        return f"{scheme} {MASK if scheme.lower() == 'basic' else mask_value(rest)}"
    return mask_value(value) if value else value


def _mask_scheme(found: re.Match[str]) -> str:
    return _mask_header(f"{found[1]} {found[2]}")


def _needles(secrets: Collection[str]) -> _Needles:
    return _needles_of(tuple(secrets))


@lru_cache(maxsize=128)
def _needles_of(secrets: tuple[str, ...]) -> _Needles:
    """Return what to look for, the longest secret first, so that no shorter one cuts it up."""
    known = sorted({secret for secret in secrets if len(secret) >= MIN_SECRET}, key=len, reverse=True)
    return [(mask_value(secret), _spellings(secret), _base64_cores(secret)) for secret in known]


@lru_cache(maxsize=128)
def _marks_of(secrets: tuple[str, ...]) -> tuple[str, ...] | None:
    """Return what tells of a secret in a JSON text; None where one is written there by escapes."""
    if any(json.dumps(secret)[1:-1] != secret for secret in secrets):
        return None
    return tuple(mark for _, spellings, cores in _needles(secrets) for mark in (*spellings, *cores))


def _mask_text(text: str, needles: _Needles) -> str:
    if len(text) > MAX_TEXT:
        text = f"{text[:MAX_TEXT]}… ({len(text) - MAX_TEXT} more characters cut)"
    for masked, spellings, cores in needles:
        for spelling in spellings:
            if spelling in text:
                text = text.replace(spelling, masked)
        for core in cores:
            if core in text:
                text = "".join(_cut_runs(text, core))
    lowered = text.lower()
    if "bearer " in lowered or "basic " in lowered:
        text = _SCHEME.sub(_mask_scheme, text)
    for mark, pattern in _LOOKS:
        if mark in text:
            text = pattern.sub(_mask_found, text)
    return text


def _mask_found(found: re.Match[str]) -> str:
    return mask_value(found.group())


@lru_cache(maxsize=128)
def _spellings(secret: str) -> tuple[str, ...]:
    """Return the secret in the forms in which text carries it, the longest first."""
    encoded = quote(secret, safe="")
    forms = {
        secret,
        encoded,
        re.sub(r"%[0-9A-F]{2}", lambda escape: escape.group().lower(), encoded),
        quote(secret),
        quote_plus(secret),
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
    }
    return tuple(sorted(forms, key=len, reverse=True))


@lru_cache(maxsize=128)
def _base64_cores(secret: str) -> tuple[str, ...]:
    """Return what base64 of any text around the secret must contain.

    Three bytes make four characters, so the secret can lie at three offsets;
    the characters that mix it with its neighbours are left off.
    """
    data = secret.encode("utf-8", "surrogatepass")
    cores = set()
    for offset in range(3):
        usable = (offset + len(data)) // 3 * 4
        first = (offset * 8 + 5) // 6
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            core = encode(b"\0" * offset + data).decode("ascii")[first:usable]
            if len(core) >= MIN_BASE64_CORE:
                cores.add(core)
    return tuple(cores)


def _cut_runs(text: str, core: str) -> Iterator[str]:
    """Yield the text with every run of base64 characters that contains `core` masked."""
    done = 0
    while (found := text.find(core, done)) >= 0:
        start, end = found, found + len(core)
        while start > done and text[start - 1] in _BASE64_CHARS:
            start -= 1
        while end < len(text) and text[end] in _BASE64_CHARS:
            end += 1
        yield text[done:start]
        yield MASK
        done = end
    yield text[done:]


def _mask_json(value: Any, needles: _Needles, *, hidden: bool, depth: int) -> Any:
    if depth > MAX_DEPTH:
        return "…"
    if isinstance(value, Mapping):
        return {
            _mask_text(str(key), needles): _mask_json(
                item, needles, hidden=hidden or is_sensitive_key(str(key)), depth=depth + 1
            )
            for key, item in value.items()
        }
    if isinstance(value, list | tuple):
        return [_mask_json(item, needles, hidden=hidden, depth=depth + 1) for item in value]
    if isinstance(value, str):
        return mask_value(value) if hidden and value else _mask_text(value, needles)
    return MASK if hidden and value is not None and not isinstance(value, bool) else value
