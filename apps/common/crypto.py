"""Encryption at rest and keyed hashes.

An envelope is AES-256-GCM under a key of its own, derived from one of
FIELD_KEYS. It names that key, so keys rotate: the first of the list encrypts,
all decrypt. It authenticates what it is bound to, so that a blob which is
copied to another row, field or origin does not open there.

    version (1) | key id (4) | salt (16) | nonce (12) | AES-GCM(binding tag (16) | data)
"""

import hashlib
import hmac
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from apps.common import packing

VERSION = b"\x01"
KEY_ID = slice(1, 5)
SALT = slice(5, 21)
NONCE = slice(21, 33)
HEADER_BYTES = 33
TAG_BYTES = 16
WORKING_STATE = "working-state"

type Blob = bytes | memoryview  # PostgreSQL's driver hands out the latter.


class SealError(Exception):
    """A blob that does not open. `code` is unknown_key, tampered or wrong_binding.

    `key_id` is the id of the key that sealed it, as eight hex digits, where
    the blob is long enough to tell.
    """

    def __init__(self, message: str, *, code: str, key_id: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.key_id = key_id


@dataclass(frozen=True, slots=True, repr=False)
class _Key:
    """One of FIELD_KEYS, derived for its two uses."""

    id: bytes
    seal: bytes
    bind: bytes


def seal(data: bytes, *, bound_to: str) -> bytes:
    """Encrypt with the first of FIELD_KEYS. Only the same `bound_to` opens it again."""
    key = next(iter(_ring().values()))
    salt, nonce = secrets.token_bytes(16), secrets.token_bytes(12)
    header = VERSION + key.id + salt + nonce
    plain = _binding_tag(key, bound_to) + data
    return header + _cipher(key, salt).encrypt(nonce, plain, header)


def unseal(blob: Blob, *, bound_to: str) -> bytes:
    """Return what was sealed. Raises `SealError`."""
    blob = bytes(blob)
    key = _key_of(blob)
    header = blob[:HEADER_BYTES]
    try:
        plain = _cipher(key, blob[SALT]).decrypt(blob[NONCE], blob[HEADER_BYTES:], header)
    except InvalidTag:
        raise _tampered(key.id.hex()) from None
    if not hmac.compare_digest(plain[:TAG_BYTES], _binding_tag(key, bound_to)):
        raise SealError(
            "The stored secret belongs to another record, field or address, and is not opened here. "
            "Enter it again.",
            code="wrong_binding",
            key_id=key.id.hex(),
        )
    return plain[TAG_BYTES:]


def seal_json(value: Any, *, bound_to: str) -> bytes:
    """Seal a JSON value; `unseal_json` gives it back."""
    return seal(_to_json(value), bound_to=bound_to)


def unseal_json(blob: Blob, *, bound_to: str) -> Any:
    """Return the JSON value that was sealed. Raises `SealError`."""
    return json.loads(unseal(blob, bound_to=bound_to))


def pack(value: Any, *, bound_to: str = WORKING_STATE) -> bytes:
    """Compress and seal a JSON value: the form of working state."""
    return pack_bytes(_to_json(value), bound_to=bound_to)


def unpack(blob: Blob, *, bound_to: str = WORKING_STATE) -> Any:
    """Return the JSON value that was packed. Raises `SealError`."""
    return json.loads(unpack_bytes(blob, bound_to=bound_to))


def pack_bytes(data: bytes, *, bound_to: str = WORKING_STATE) -> bytes:
    """Compress and seal bytes as they are: the form of a delivery's body."""
    return seal(packing.compress(data), bound_to=bound_to)


def unpack_bytes(blob: Blob, *, bound_to: str = WORKING_STATE) -> bytes:
    """Return the bytes that were packed. Raises `SealError`."""
    return packing.decompress(unseal(blob, bound_to=bound_to))


def key_id_of(blob: Blob) -> str:
    """Return the id, eight hex digits, of the key that sealed the blob, whether it is known or not."""
    return bytes(blob[KEY_ID]).hex()


def current_key_id() -> str:
    """Return the id of the key that encrypts now."""
    return next(iter(_ring())).hex()


def known_key_ids() -> list[str]:
    """Return the ids of all of FIELD_KEYS, the encrypting one first."""
    return [key_id.hex() for key_id in _ring()]


def search_hash(value: str, *, kind: str, workspace: str) -> bytes:
    """Return the 32-byte keyed hash by which a value is stored for search.

    Values are trimmed and, for the kind `email`, lower-cased first. Hashes of
    different kinds or workspaces never match.
    """
    return _search_hash(_search_ring()[0], value, kind, workspace)


def search_hashes(value: str, *, kind: str, workspace: str) -> list[bytes]:
    """Return the hash under each of SEARCH_KEYS, the current first, to look up what older keys stored."""
    return [_search_hash(key, value, kind, workspace) for key in _search_ring()]


def key_id(text: str) -> bytes:
    """Return the id of a key: the first four bytes of its SHA-256."""
    return hashlib.sha256(b"tandem key id\0" + text.encode()).digest()[:4]


def _key_of(blob: bytes) -> _Key:
    if len(blob) < HEADER_BYTES + 2 * TAG_BYTES or blob[:1] != VERSION:
        raise _tampered(blob[KEY_ID].hex())
    key = _ring().get(blob[KEY_ID])
    if key is None:
        name = blob[KEY_ID].hex()
        raise SealError(
            f"The stored secret was sealed with the key {name}, which is not among FIELD_KEYS. "
            "Put that key back at the end of FIELD_KEYS, or enter the secret again.",
            code="unknown_key",
            key_id=name,
        )
    return key


def _tampered(key_id: str) -> SealError:
    return SealError(
        "The stored secret is damaged: it does not open with the key that sealed it. Enter it again.",
        code="tampered",
        key_id=key_id,
    )


def _cipher(key: _Key, salt: bytes) -> AESGCM:
    """Return the cipher of one envelope; a key for each keeps random nonces safe at any volume."""
    return AESGCM(hmac.digest(key.seal, salt, "sha256"))


def _binding_tag(key: _Key, bound_to: str) -> bytes:
    return hmac.digest(key.bind, bound_to.encode(), "sha256")[:TAG_BYTES]


def _search_hash(key: bytes, value: str, kind: str, workspace: str) -> bytes:
    plain = value.strip().lower() if kind == "email" else value.strip()
    # Lengths first, so that no two triples make the same message.
    parts = [part.encode("utf-8", "surrogatepass") for part in (workspace, kind, plain)]
    message = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
    return hmac.digest(key, message, "sha256")


def _to_json(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":"), allow_nan=False).encode("ascii")


def _ring() -> dict[bytes, _Key]:
    return _derive_ring(_texts("FIELD_KEYS", settings.FIELD_KEYS))


def _search_ring() -> tuple[bytes, ...]:
    return _derive_search(_texts("SEARCH_KEYS", settings.SEARCH_KEYS))


def _texts(name: str, keys: Sequence[str]) -> tuple[str, ...]:
    texts = tuple(text for key in keys if (text := key.strip()))
    if not texts:
        raise ImproperlyConfigured(
            f"{name} is empty: set it to one or more random texts, 32 characters or longer."
        )
    return texts


@lru_cache(maxsize=8)
def _derive_ring(keys: tuple[str, ...]) -> dict[bytes, _Key]:
    ring: dict[bytes, _Key] = {}
    for text in keys:
        derived = _Key(key_id(text), _derive(text, "field seal"), _derive(text, "field binding"))
        ring.setdefault(derived.id, derived)
    return ring


@lru_cache(maxsize=8)
def _derive_search(keys: tuple[str, ...]) -> tuple[bytes, ...]:
    return tuple(_derive(text, "search") for text in keys)


def _derive(text: str, purpose: str) -> bytes:
    info = f"tandem 1 {purpose}".encode()
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(text.encode())
