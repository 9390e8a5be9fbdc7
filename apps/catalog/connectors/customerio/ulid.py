"""Deterministic ULIDs: the same event and key always make the same id.

Customer.io drops an event whose `id` it has seen, and accepts only ULIDs
(https://github.com/ulid/spec): 48 bits of time in milliseconds and 80 further
bits, written as 26 characters of Crockford's base32.
"""

import re

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LENGTH = 26
_TIME_LENGTH = 10
_MAX_TIME = (1 << 48) - 1
_KEY_HEX = 20  # 80 bits.

ULID_PATTERN = r"[0-7][0-9A-HJKMNP-TV-Z]{25}"


def derive(event_time: int, key: str) -> str:
    """Return the ULID of the event at `event_time` (unix seconds) under the derived `key`.

    `key` is hexadecimal with at least 20 characters; the first 80 bits are
    used. A time outside of what 48 bits hold is cut to the nearest end: the key
    alone still tells events apart.
    """
    moment = min(max(event_time * 1000, 0), _MAX_TIME)
    if len(key) < _KEY_HEX:
        raise ValueError("a key of at least 20 hexadecimal characters is needed")
    number = moment << 80 | int(key[:_KEY_HEX], 16)
    return "".join(_ALPHABET[number >> 5 * place & 31] for place in reversed(range(_LENGTH)))


def seconds_of(text: str) -> int | None:
    """Return the moment inside a ULID in unix seconds, or None for any other text."""
    if not re.fullmatch(ULID_PATTERN, text.upper()):
        return None
    moment = 0
    for character in text.upper()[:_TIME_LENGTH]:
        moment = moment * 32 + _ALPHABET.index(character)
    return moment // 1000
